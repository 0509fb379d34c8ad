// Three engines: the host's, and two workers in network namespaces behind mutual TLS.
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "api/registry/base64.h"
#include "tests/integration/worker.h"
#include "tests/integration/world.h"

namespace nekoplane::integration {
namespace {

constexpr char kNodes[] = "/apis/nekoplane.dev/v1alpha1/browsernodes";
constexpr char kSecrets[] = "/api/v1/namespaces/nekoplane-system/secrets";

constexpr char kBustle[] = "bustle-";

// Who a container is, and since when it runs: the same after trouble means that it was left alone.
using Lives = std::map<std::string, std::string>;

class WorkersTest : public IntegrationTest {
 protected:
  void SetUp() override {
    IntegrationTest::SetUp();
    if (HasFatalFailure()) return;
    for (int i = 0; i < 2; ++i) workers_.push_back(std::make_unique<Worker>(i, papers_));
    // What nekoplane finds under the name of ssh: a forwarder to sockets of this machine.
    tools_ = (std::filesystem::temp_directory_path() / "nekoplane-tools-XXXXXX").string();
    ASSERT_NE(mkdtemp(tools_.data()), nullptr);
    std::filesystem::create_symlink(NEKO_SOURCE_DIR "/tests/support/fake_ssh.py", tools_ + "/ssh");
    path_ = std::getenv("PATH");
    setenv("PATH", (tools_ + ":" + path_).c_str(), 1);
    neko_ = std::make_unique<Nekoplane>(
        *engine_,
        NekoplaneOptions{.flags = {"--worker-core-floor", "0", "--gc-interval", "5s", "--gc-grace",
                                   "1s", "--node-lost-after", "6s", "--node-loss-grace", "2s",
                                   "--placement-policy", "spread"}});
    for (const auto& worker : workers_) worker->AwaitUp();
  }

  void TearDown() override {
    if (!path_.empty()) setenv("PATH", path_.c_str(), 1);
    if (!tools_.empty()) std::filesystem::remove_all(tools_);
    if (neko_ == nullptr) return;
    // Nothing of ours is left anywhere, once nobody wants anything any more.
    for (const json& session : neko_->Sessions()) {
      EXPECT_TRUE(
          neko_->Delete("browsersessions/" + session["metadata"]["name"].get<std::string>()));
    }
    for (Engine* engine : Engines()) {
      EXPECT_TRUE(Eventually(seconds(30), [&] {
        return engine->Containers(neko_->label()).empty() &&
               engine->Volumes(neko_->label()).empty();
      })) << json(engine->Containers(neko_->label())).dump(1);
    }
    neko_.reset();
  }

  std::vector<Engine*> Engines() {
    std::vector<Engine*> engines = {engine_.get()};
    for (const auto& worker : workers_) engines.push_back(&worker->engine());
    return engines;
  }

  static json SecretOf(const std::string& name, const std::string& ca,
                       const auth::Identity& client) {
    using registry::Base64Encode;
    return {{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata", {{"name", name}}},
            {"data",
             {{"ca.crt", Base64Encode(ca)},
              {"tls.crt", Base64Encode(client.certificate)},
              {"tls.key", Base64Encode(client.key)}}}};
  }

  void PutSecret(const std::string& name, const std::string& ca, const auth::Identity& client) {
    const json secret = SecretOf(name, ca, client);
    const auto put =
        neko_->Raw("PATCH", std::string(kSecrets) + "/" + name, {{"data", secret["data"]}});
    if (put.is(Code::kNotFound)) {
      const auto made = neko_->Raw("POST", kSecrets, secret);
      ASSERT_TRUE(made) << made.error().ToString();
      return;
    }
    ASSERT_TRUE(put) << put.error().ToString();
  }

  void CreateNode(const std::string& name, const Worker& worker, const json& docker,
                  const json& labels = json::object()) {
    const auto made = neko_->Raw("POST", kNodes,
                                 {{"apiVersion", "nekoplane.dev/v1alpha1"},
                                  {"kind", "BrowserNode"},
                                  {"metadata", {{"name", name}, {"labels", labels}}},
                                  {"spec", {{"docker", docker}, {"address", worker.address()}}}});
    ASSERT_TRUE(made) << made.error().ToString();
  }

  json Node(const std::string& name) {
    const auto node = neko_->Raw("GET", std::string(kNodes) + "/" + name);
    return node ? *node : json();
  }

  // The node is (not) Ready, and a message of it holds `words`.
  testing::AssertionResult Becomes(const std::string& name, bool ready,
                                   const std::string& words = "", seconds timeout = seconds(30)) {
    json node;
    const bool done = Eventually(timeout, [&] {
      node = Node(name);
      return !node.is_null() && (neko_->Condition(node, "Ready") == "True") == ready &&
             neko_->Condition(node, "Ready", "message").find(words) != std::string::npos;
    });
    if (done) return testing::AssertionSuccess();
    return testing::AssertionFailure() << name << ": " << node["status"].dump(1);
  }

  void AddBothWorkers() {
    for (int i = 0; i < 2; ++i) {
      const std::string name = "w" + std::to_string(i + 1);
      PutSecret(name + "-keys", papers_.ca(), papers_.Client());
      CreateNode(name, *workers_[i],
                 {{"endpoint", workers_[i]->endpoint()},
                  {"tls", {{"secretRef", {{"name", name + "-keys"}}}}}},
                 {{"room", i == 0 ? "attic" : "cellar"}});
    }
    ASSERT_TRUE(Becomes("w1", true));
    ASSERT_TRUE(Becomes("w2", true));
  }

  // Of the sessions that stay, not those of a Bustle.
  Lives LivesOn(Engine& engine) {
    Lives lives;
    for (const json& container : engine.Containers(neko_->label())) {
      const auto session = container["Labels"].value("nekoplane.dev/session", "");
      if (session.find(kBustle) != std::string::npos) continue;
      const json seen = engine.Inspect(container["Id"]);
      if (!seen.contains("State")) continue;  // it went since
      lives[seen["Id"]] = seen["State"]["StartedAt"];
    }
    return lives;
  }

  std::string tools_, path_;
  Papers papers_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Nekoplane> neko_;
};

// Makes and deletes sessions on a node for as long as it lives.
class Bustle {
 public:
  static constexpr const char* kAny = "any";  // wherever there is room

  Bustle(Nekoplane& neko, const std::string& node)
      : thread_([this, &neko, node] {
          for (int i = 0; !stop_; ++i) {
            const std::string name = kBustle + node + "-" + std::to_string(i);
            neko.CreateSession(name, node == kAny ? json::object() : json{{"nodeName", node}});
            neko.AwaitReady(name, seconds(60));
            EXPECT_TRUE(neko.Delete("browsersessions/" + name));
            EXPECT_TRUE(neko.AwaitGone(name, seconds(60)));
            ++rounds_;
          }
        }) {}

  ~Bustle() { Stop(); }

  int Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return rounds_;
  }

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> rounds_ = 0;
  std::thread thread_;
};

TEST_F(WorkersTest, BrowsersRunOnThreeEnginesAndCertificatesComeAndGo) {
  ASSERT_NO_FATAL_FAILURE(AddBothWorkers());
  neko_->CreateSession("here", {{"nodeName", "host"}});
  neko_->CreateSession("named", {{"nodeName", "w2"}});
  neko_->CreateSession("chosen", {{"nodeSelector", {{"room", "attic"}}}});
  for (const auto& [name, node] : {std::pair{"here", "host"}, {"named", "w2"}, {"chosen", "w1"}}) {
    const json session = neko_->AwaitReady(name);
    EXPECT_EQ(session["status"]["nodeName"], node);
  }
  for (Engine* engine : Engines()) EXPECT_EQ(LivesOn(*engine).size(), 1U);
  const Lives before = LivesOn(workers_[0]->engine());

  // What follows happens to w1, while sessions are made and deleted there and elsewhere.
  Bustle on_w2(*neko_, "w2");
  Bustle anywhere(*neko_, Bustle::kAny);
  Papers strangers;
  const auto make_good = [&] {
    PutSecret("w1-keys", papers_.ca(), papers_.Client());
    EXPECT_TRUE(Becomes("w1", true));
  };
  PutSecret("w1-keys", papers_.ca(), strangers.Client());
  EXPECT_TRUE(Becomes("w1", false, "certificate"));
  make_good();
  PutSecret("w1-keys", papers_.ca(), papers_.Client(seconds(7200)));
  EXPECT_TRUE(Becomes("w1", false, "expired on"));
  make_good();
  PutSecret("w1-keys", strangers.ca(), papers_.Client());
  EXPECT_TRUE(Becomes("w1", false, "certificate"));
  make_good();
  ASSERT_TRUE(neko_->Raw("DELETE", std::string(kSecrets) + "/w1-keys"));
  EXPECT_TRUE(Becomes("w1", false, "there is no Secret nekoplane-system/w1-keys"));
  make_good();
  // A new certificate in place of a good one is used without a moment's pause.
  {
    Bustle on_w1(*neko_, "w1");
    for (int i = 0; i < 5; ++i) {
      PutSecret("w1-keys", papers_.ca(), papers_.Client());
      std::this_thread::sleep_for(milliseconds(300));
    }
    EXPECT_GT(on_w1.Stop(), 0);
  }
  EXPECT_GT(on_w2.Stop(), 0);
  EXPECT_GT(anywhere.Stop(), 0);
  neko_->AwaitReady("chosen");
  EXPECT_EQ(LivesOn(workers_[0]->engine()), before) << "the browser lived through all of it";
  EXPECT_EQ(neko_->LogTail().find("PRIVATE KEY"), std::string::npos);
}

TEST_F(WorkersTest, ACutLinkARestartedEngineAndANodeThatLeaves) {
  ASSERT_NO_FATAL_FAILURE(AddBothWorkers());
  for (const char* name : {"a", "b"}) neko_->CreateSession(name, {{"nodeName", "w1"}});
  neko_->CreateSession("c", {{"nodeName", "w2"}});
  for (const char* name : {"a", "b", "c"}) neko_->AwaitReady(name);
  const Lives before = LivesOn(workers_[0]->engine());
  ASSERT_EQ(before.size(), 2U);

  Bustle on_host(*neko_, "host");
  Bustle anywhere(*neko_, Bustle::kAny);
  workers_[0]->Link(false);
  // Meanwhile the engine of w2 comes back as another machine's would, with other papers; its
  // browsers ended with it.
  Papers renewed;
  workers_[1]->Restart(renewed);
  EXPECT_TRUE(Becomes("w2", false, "certificate"));
  PutSecret("w2-keys", renewed.ca(), renewed.Client());
  EXPECT_TRUE(Becomes("w2", true));
  EXPECT_TRUE(Becomes("w1", false));
  neko_->CreateSession("d", {{"nodeName", "host"}});
  neko_->AwaitReady("d");
  neko_->AwaitReady("c");
  EXPECT_EQ(LivesOn(workers_[1]->engine()).size(), 1U);

  workers_[0]->Link(true);
  EXPECT_TRUE(Becomes("w1", true));
  for (const char* name : {"a", "b"}) neko_->AwaitReady(name);
  EXPECT_EQ(LivesOn(workers_[0]->engine()), before) << "nothing was restarted or made twice";

  ASSERT_TRUE(neko_->Delete("browsersessions/c"));
  ASSERT_TRUE(neko_->AwaitGone("c"));
  ASSERT_TRUE(neko_->Raw("DELETE", std::string(kNodes) + "/w2"));
  EXPECT_TRUE(Eventually(seconds(30), [&] { return Node("w2").is_null(); }));
  EXPECT_TRUE(workers_[1]->engine().Containers(neko_->label()).empty());
  neko_->AwaitReady("a");
  EXPECT_GT(on_host.Stop(), 0);
  EXPECT_GT(anywhere.Stop(), 0);
}

// While browsers come and go on all three: cordon, loss, failover, return, drain, deletion.
TEST_F(WorkersTest, MachinesComeAndGoWhileBrowsersDo) {
  ASSERT_NO_FATAL_FAILURE(AddBothWorkers());
  Bustle bustle(*neko_, "host");
  const auto set = [&](const std::string& node, const json& spec) {
    const auto done = neko_->Raw("PATCH", std::string(kNodes) + "/" + node, {{"spec", spec}});
    EXPECT_TRUE(done) << done.error().ToString();
  };
  const auto node_of = [&](const std::string& session) {
    return neko_->AwaitReady(session, seconds(60))["status"]["nodeName"].get<std::string>();
  };

  // With the others cordoned everything new lands on w1.
  for (const char* node : {"host", "w2"}) set(node, {{"schedulingPolicy", "Unschedulable"}});
  ASSERT_TRUE(neko_->Create("browserprofiles", {{"apiVersion", "nekoplane.dev/v1alpha1"},
                                                {"kind", "BrowserProfile"},
                                                {"metadata", {{"name", "kept"}}},
                                                {"spec", {{"retentionPolicy", "Delete"}}}}));
  neko_->CreateSession("moves");
  neko_->CreateSession("waits", {{"profileRef", {{"name", "kept"}}}});
  for (const char* session : {"moves", "waits"}) EXPECT_EQ(node_of(session), "w1");
  for (const char* node : {"host", "w2"}) set(node, {{"schedulingPolicy", "Schedulable"}});
  const Lives before = LivesOn(workers_[0]->engine());
  ASSERT_EQ(before.size(), 2U);

  // Silent for so long that it is given up. Then it returns, with what it ran.
  workers_[0]->Link(false);
  Bustle anywhere(*neko_, Bustle::kAny);
  EXPECT_TRUE(Becomes("w1", false, "silent for more than"));
  EXPECT_TRUE(Eventually(seconds(30), [&] {
    const auto moves = neko_->Get("browsersessions/moves");
    return moves && (*moves)["status"].value("nodeName", "w1") != "w1" &&
           neko_->Condition(*moves, "Ready") == "True";
  }));
  json waits;
  EXPECT_TRUE(Eventually(seconds(30), [&] {
    const auto now = neko_->Get("browsersessions/waits");
    waits = now ? *now : json();
    return neko_->Condition(waits, "Ready", "reason") == "NodeLost" &&
           neko_->Condition(waits, "Ready", "message").find("its profile lies there") !=
               std::string::npos;
  })) << waits.dump(1);
  workers_[0]->Link(true);
  EXPECT_TRUE(Becomes("w1", true));
  EXPECT_EQ(node_of("waits"), "w1");
  const auto kept = waits["status"]["instance"]["id"].get<std::string>();
  EXPECT_TRUE(Eventually(seconds(30), [&] {
    const Lives now = LivesOn(workers_[0]->engine());
    for (const auto& [id, since] : before) {
      const bool is_kept = kept.ends_with(id);
      const auto it = now.find(id);
      if (is_kept ? it == now.end() || it->second != since : it != now.end()) return false;
    }
    return true;
  })) << "one instance of each is left, and the one that waited was not touched";

  // Emptied for maintenance, while the others take what comes.
  set("w1", {{"drain", {{"policy", "Evict"}}}});
  EXPECT_TRUE(Eventually(seconds(30), [&] {
    return neko_->Condition(Node("w1"), "Drained") == "True" &&
           workers_[0]->engine().Containers(neko_->label()).empty();
  }));
  set("w1", {{"drain", nullptr}});
  EXPECT_EQ(node_of("waits"), "w1");

  // One that leaves for good takes nothing along.
  set("w2", {{"schedulingPolicy", "Unschedulable"}});
  ASSERT_TRUE(neko_->Raw("DELETE", std::string(kNodes) + "/w2"));
  EXPECT_TRUE(Eventually(seconds(30), [&] { return Node("w2").is_null(); }));
  EXPECT_TRUE(workers_[1]->engine().Containers(neko_->label()).empty());
  EXPECT_NE(node_of("moves"), "w2");
  EXPECT_GT(anywhere.Stop(), 0);
  EXPECT_GT(bustle.Stop(), 0);
  for (const char* session : {"moves", "waits"}) {
    EXPECT_TRUE(neko_->Delete(std::string("browsersessions/") + session));
    EXPECT_TRUE(neko_->AwaitGone(session));
  }
  EXPECT_TRUE(neko_->Delete("browserprofiles/kept"));
}

TEST_F(WorkersTest, ThroughSshAConnectionThatBreaksIsMadeAgain) {
  CreateNode("far", *workers_[0], {{"endpoint", "ssh://me@attic" + workers_[0]->socket()}});
  ASSERT_TRUE(Becomes("far", true));
  neko_->CreateSession("s", {{"nodeName", "far"}});
  neko_->AwaitReady("s");
  const Lives before = LivesOn(workers_[0]->engine());
  EXPECT_EQ(before.size(), 1U);
  const auto ssh = [&] {
    pid_t pid = 0;
    std::ifstream(neko_->data() + "/run/ssh-1.sock.pid") >> pid;
    return pid;
  };
  const pid_t first = ssh();
  ASSERT_GT(first, 0);
  ASSERT_EQ(kill(first, SIGKILL), 0);
  EXPECT_TRUE(Eventually(seconds(20), [&] { return ssh() != first; }));
  // Events come again: a browser that dies now is back soon.
  ASSERT_TRUE(Becomes("far", true));
  workers_[0]->engine().Kill(before.begin()->first);
  EXPECT_TRUE(Eventually(seconds(20), [&] {
    const Lives now = LivesOn(workers_[0]->engine());
    return now.size() == 1 && now != before;
  }));
  neko_->AwaitReady("s");
  ASSERT_TRUE(neko_->Delete("browsersessions/s"));
  ASSERT_TRUE(neko_->AwaitGone("s"));
  ASSERT_TRUE(neko_->Raw("DELETE", std::string(kNodes) + "/far"));
  EXPECT_TRUE(Eventually(seconds(20), [&] { return kill(ssh(), 0) != 0; })) << "ssh still runs";
}

}  // namespace
}  // namespace nekoplane::integration
