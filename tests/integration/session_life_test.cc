// One session's life on a real engine: what heals, what is left alone, what
// waits.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/integration/world.h"

namespace nekoplane::integration {
namespace {

class SessionLifeTest : public IntegrationTest {};

// What must survive everything but deletion.
struct Identity {
  json ports;
  std::string volume, node;
};

Identity IdentityOf(const json& session) {
  return {session["status"]["ports"], session["status"].value("volume", ""),
          session["status"].value("nodeName", "")};
}

void ExpectSame(const Identity& a, const json& session) {
  EXPECT_EQ(a.ports, session["status"]["ports"]);
  EXPECT_EQ(a.volume, session["status"].value("volume", ""));
  EXPECT_EQ(a.node, session["status"].value("nodeName", ""));
}

std::string MountedVolume(const json& inspected) {
  for (const json& mount : inspected["Mounts"]) {
    if (mount.value("Destination", "") == "/home/neko") return mount.value("Name", "");
  }
  return "";
}

TEST_F(SessionLifeTest, DeclaredSessionRunsAndDeletionRemovesEverything) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  const json session = neko.AwaitReady("one");
  EXPECT_EQ(session["status"]["nodeName"], "host");
  EXPECT_EQ(session["status"]["phase"], "Running");
  const auto containers = neko.Containers();
  ASSERT_EQ(containers.size(), 1u);
  const json inspected = engine_->Inspect(containers[0]["Id"]);
  EXPECT_EQ(inspected["Name"], "/nekoplane-" + session["metadata"]["uid"].get<std::string>());
  EXPECT_EQ(inspected["HostConfig"]["RestartPolicy"]["Name"], "no");
  EXPECT_EQ(inspected["HostConfig"]["Privileged"], false);
  EXPECT_EQ(inspected["HostConfig"]["AutoRemove"], false);
  EXPECT_EQ(inspected["HostConfig"]["SecurityOpt"], json::array({"no-new-privileges"}));
  EXPECT_EQ(MountedVolume(inspected), session["status"]["volume"]);
  // No secret in what anybody may read.
  const auto env = inspected["Config"]["Env"].get<std::vector<std::string>>();
  for (const std::string& variable : env) {
    if (variable.find("PASSWORD=") == std::string::npos &&
        variable.find("API_TOKEN=") == std::string::npos)
      continue;
    const std::string secret = variable.substr(variable.find('=') + 1);
    ASSERT_GE(secret.size(), 22u) << variable.substr(0, variable.find('='));
    EXPECT_EQ(session.dump().find(secret), std::string::npos);
    EXPECT_EQ(neko.LogTail().find(secret), std::string::npos);
    EXPECT_EQ(neko.Http("GET", "/metrics").second.find(secret), std::string::npos);
  }
  ASSERT_TRUE(neko.Delete("browsersessions/one"));
  EXPECT_TRUE(neko.AwaitGone("one"));
  neko.ExpectExactly({}, seconds(5));
}

TEST_F(SessionLifeTest, KilledContainerReturnsWithTheSamePortsAndVolume) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  const json before = neko.AwaitReady("one");
  const std::string id = neko.Containers().at(0)["Id"];
  engine_->Kill(id);
  ASSERT_TRUE(Eventually(seconds(30), [&] {
    const auto now = neko.Get("browsersessions/one");
    return now && neko.Condition(*now, "Ready") == "True" &&
           (*now)["status"]["instance"].value("restarts", 0) == 1;
  })) << neko.Get("browsersessions/one")->dump(1);
  ExpectSame(IdentityOf(before), *neko.Get("browsersessions/one"));
  ASSERT_EQ(neko.Containers().size(), 1u);
  EXPECT_EQ(MountedVolume(engine_->Inspect(neko.Containers()[0]["Id"])),
            before["status"]["volume"]);
}

TEST_F(SessionLifeTest, ContainerRemovedBehindOurBackReturns) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  const json before = neko.AwaitReady("one");
  const std::string id = neko.Containers().at(0)["Id"];
  engine_->Remove(id);
  ASSERT_TRUE(Eventually(seconds(30), [&] {
    const auto containers = neko.Containers();
    return containers.size() == 1 && containers[0]["Id"] != id;
  }));
  ExpectSame(IdentityOf(before), neko.AwaitReady("one"));
}

TEST_F(SessionLifeTest, CrashingBrowserBacksOffAndSaysSo) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  neko.AwaitReady("one");
  // The first restart after a stable run is immediate; the second waits.
  for (int i = 0; i < 2; ++i) {
    std::string id;
    ASSERT_TRUE(Eventually(seconds(30), [&] {
      for (const json& c : neko.Containers()) {
        if (c["State"] == "running" && c["Id"] != id) return id = c["Id"], true;
      }
      return false;
    }));
    engine_->Kill(id);
    ASSERT_TRUE(Eventually(seconds(30), [&] {
      const auto now = neko.Get("browsersessions/one");
      return now && (*now)["status"].value("failures", 0) == i + 1;
    })) << neko.Get("browsersessions/one")->dump(1);
  }
  ASSERT_TRUE(Eventually(seconds(10), [&] {
    const auto now = neko.Get("browsersessions/one");
    return now && neko.Condition(*now, "Started", "reason") == "CrashLoopBackOff";
  })) << neko.Get("browsersessions/one")->dump(1);
  EXPECT_FALSE((*neko.Get("browsersessions/one"))["status"].value("nextAttemptTime", "").empty());
}

TEST_F(SessionLifeTest, SuspendStopsTheContainerAndKeepsTheProfile) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  const json before = neko.AwaitReady("one");
  ASSERT_TRUE(neko.Patch("browsersessions/one", {{"spec", {{"operatingMode", "Suspended"}}}}));
  ASSERT_TRUE(Eventually(seconds(40), [&] {
    const auto now = neko.Get("browsersessions/one");
    return now && neko.Condition(*now, "Suspended") == "True";
  })) << neko.Get("browsersessions/one")->dump(1);
  for (const json& container : neko.Containers()) EXPECT_NE(container["State"], "running");
  EXPECT_EQ(neko.Volumes(), std::vector<std::string>{before["status"]["volume"]});
  EXPECT_EQ(neko.Condition(*neko.Get("browsersessions/one"), "Ready"), "False");
  ASSERT_TRUE(neko.Patch("browsersessions/one", {{"spec", {{"operatingMode", "Running"}}}}));
  const json after = neko.AwaitReady("one");
  EXPECT_EQ(after["status"]["volume"], before["status"]["volume"]);
  EXPECT_EQ(neko.Condition(after, "Suspended"), "False");
}

TEST_F(SessionLifeTest, OnlyAChangeThatNeedsANewContainerMakesOne) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  const json before = neko.AwaitReady("one");
  const std::string first = neko.Containers().at(0)["Id"];
  ASSERT_TRUE(
      neko.Patch("browsersessions/one", {{"spec", {{"lifecycle", {{"maxIdleDuration", "1h"}}}}},
                                         {"metadata", {{"labels", {{"team", "blue"}}}}}}));
  ASSERT_TRUE(Eventually(seconds(10), [&] {
    const auto now = neko.Get("browsersessions/one");
    return now && (*now)["status"]["observedGeneration"] == (*now)["metadata"]["generation"];
  }));
  EXPECT_EQ(neko.Containers().at(0)["Id"], first);
  ASSERT_TRUE(neko.Patch("browsersessions/one",
                         {{"spec", {{"env", {{{"name", "TZ"}, {"value", "Europe/Madrid"}}}}}}}));
  ASSERT_TRUE(Eventually(seconds(40), [&] {
    const auto containers = neko.Containers();
    return containers.size() == 1 && containers[0]["Id"] != first &&
           containers[0]["State"] == "running";
  }));
  const json after = neko.AwaitReady("one");
  ExpectSame(IdentityOf(before), after);
  const json inspected = engine_->Inspect(neko.Containers().at(0)["Id"]);
  EXPECT_NE(inspected["Config"]["Env"].dump().find("TZ=Europe/Madrid"), std::string::npos);
}

TEST_F(SessionLifeTest, TerminateLeavesContainersAndARestartAdoptsThem) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  const json before = neko.AwaitReady("one");
  const json container = neko.Containers().at(0);
  EXPECT_EQ(neko.Terminate(seconds(5)), 0) << "SIGTERM must end it within 5 s";
  ASSERT_EQ(neko.Containers().size(), 1u);
  EXPECT_EQ(neko.Containers()[0]["State"], "running");
  neko.Start();
  const json after = neko.AwaitReady("one");
  ExpectSame(IdentityOf(before), after);
  EXPECT_EQ(neko.Containers().at(0)["Id"], container["Id"]);
  EXPECT_EQ(engine_->Inspect(container["Id"])["RestartCount"], 0);
  EXPECT_EQ(after["status"]["instance"].value("restarts", 0), 0);
}

TEST_F(SessionLifeTest, NamedProfileOutlivesItsSession) {
  Nekoplane neko(*engine_);
  ASSERT_TRUE(neko.Create("browserprofiles", {{"apiVersion", "nekoplane.dev/v1alpha1"},
                                              {"kind", "BrowserProfile"},
                                              {"metadata", {{"name", "mine"}}}}));
  neko.CreateSession("one", {{"profileRef", {{"name", "mine"}}}});
  const json first = neko.AwaitReady("one");
  neko.CreateSession("two", {{"profileRef", {{"name", "mine"}}}});
  ASSERT_TRUE(Eventually(seconds(10), [&] {
    const auto now = neko.Get("browsersessions/two");
    return now && neko.Condition(*now, "ProfileBound", "reason") == "ProfileInUse";
  })) << neko.Get("browsersessions/two")->dump(1);
  ASSERT_TRUE(neko.Delete("browsersessions/one"));
  ASSERT_TRUE(neko.AwaitGone("one"));
  // The waiting one gets it as soon as it is free.
  const json second = neko.AwaitReady("two", seconds(45));
  EXPECT_EQ(first["status"]["volume"], second["status"]["volume"]);
  ASSERT_TRUE(neko.Delete("browsersessions/two"));
  ASSERT_TRUE(neko.AwaitGone("two"));
  EXPECT_EQ(neko.Volumes(), std::vector<std::string>{first["status"]["volume"]});
}

TEST_F(SessionLifeTest, ForeignContainerOnAClaimedPortLeadsToANewPort) {
  NekoplaneOptions options;
  options.http_ports = "17100-17120";
  options.media_ports = "17200-17220";
  Nekoplane neko(*engine_, options);
  const std::string foreign = engine_->RunForeign(
      "foreign-port-holder",
      {{"ExposedPorts", {{"8080/tcp", json::object()}}},
       {"HostConfig", {{"PortBindings", {{"8080/tcp", {{{"HostPort", "17100"}}}}}}}}});
  neko.CreateSession("one");
  const json session = neko.AwaitReady("one", seconds(45));
  EXPECT_GT(session["status"]["ports"]["http"], 17100);
  EXPECT_LE(session["status"]["ports"]["http"], 17120);
  // It was claimed, tried and found taken; not passed over.
  const auto events = neko.Raw("GET", "/api/v1/namespaces/default/events");
  ASSERT_TRUE(events);
  EXPECT_NE(events->dump().find("17100"), std::string::npos) << events->dump(1);
  EXPECT_EQ(engine_->Inspect(foreign)["State"]["Running"], true)
      << "a foreign container was touched";
  engine_->Remove(foreign);
}

TEST_F(SessionLifeTest, SessionsBeyondTheNodesRoomWaitWithAReasonAndStartAsRoomAppears) {
  Nekoplane neko(*engine_);
  // Room for ten: every session asks for 1 Gi of a node that claims to have 10.
  ASSERT_TRUE(neko.Raw("PATCH", "/apis/nekoplane.dev/v1alpha1/browsernodes/host",
                       {{"spec", {{"capacity", {{"memory", "10Gi"}, {"cpu", "100"}}}}}}));
  ASSERT_TRUE(Eventually(seconds(20), [&] {
    const auto node = neko.Raw("GET", "/apis/nekoplane.dev/v1alpha1/browsernodes/host");
    return node && node->value("/status/allocatable/memory"_json_pointer, "") == "10Gi";
  }));
  for (int i = 0; i < 30; ++i) {
    neko.CreateSession("s" + std::to_string(i),
                       {{"resources", {{"requests", {{"memory", "1Gi"}, {"cpu", "10m"}}}}}});
  }
  const auto count = [&](const std::string& type, const std::string& status) {
    int n = 0;
    for (const json& session : neko.Sessions())
      n += neko.Condition(session, type) == status ? 1 : 0;
    return n;
  };
  ASSERT_TRUE(
      Eventually(seconds(90),
                 [&] { return count("Ready", "True") == 10 && count("Scheduled", "False") == 20; }))
      << count("Ready", "True") << " ready, " << count("Scheduled", "False") << " refused";
  std::vector<std::string> running;
  for (const json& session : neko.Sessions()) {
    if (neko.Condition(session, "Ready") == "True") {
      running.push_back(session["metadata"]["name"]);
      continue;
    }
    EXPECT_EQ(session["status"]["phase"], "Pending");
    EXPECT_EQ(neko.Condition(session, "Scheduled", "reason"), "Unschedulable");
    EXPECT_TRUE(neko.Condition(session, "Scheduled", "message")
                    .starts_with("0/1 nodes are available: 1 Insufficient memory. It is number "))
        << neko.Condition(session, "Scheduled", "message");
  }
  EXPECT_EQ(neko.Containers().size(), 10u);
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(neko.Delete("browsersessions/" + running[static_cast<std::size_t>(i)]));
  EXPECT_TRUE(Eventually(
      seconds(60), [&] { return count("Ready", "True") == 10 && neko.Sessions().size() == 25; }))
      << count("Ready", "True") << " ready of " << neko.Sessions().size();
  EXPECT_EQ(neko.Containers().size(), 10u);
}

}  // namespace
}  // namespace nekoplane::integration
