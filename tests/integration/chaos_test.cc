// Faults of the whole machine: our own death, the engine's, and neighbours on
// the same engine.
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "tests/integration/world.h"

namespace nekoplane::integration {
namespace {

class ChaosTest : public IntegrationTest {};

TEST_F(ChaosTest, KilledAtRandomMomentsItConvergesToExactlyWhatIsDeclared) {
  const char* given = std::getenv("NEKO_CHAOS_SEED");
  const unsigned seed =
      given != nullptr ? static_cast<unsigned>(std::atoi(given)) : std::random_device{}();
  std::cout << "NEKO_CHAOS_SEED=" << seed << '\n';
  std::mt19937 random(seed);
  Nekoplane neko(*engine_);
  std::set<std::string> declared;
  std::atomic<bool> stop = false;
  std::atomic<int> kills = 0;
  constexpr int kKills = 50;
  // Users: 20 creates, then deletes of all but the last few and 20 more in
  // between, retried until answered, while the process dies under them.
  const auto until_done = [&](const auto& call) {
    for (;;) {
      const Result<json> done = call();
      if (done || done.is(Code::kAlreadyExists) || done.is(Code::kNotFound)) return;
      std::this_thread::sleep_for(milliseconds(20));
    }
  };
  auto api = [&] {
    std::ifstream in(neko.kubeconfig());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return *ctl::ParseKubeconfig(text, "kubeconfig", neko.data());
  }();
  std::thread users([&] {
    SystemClock clock;
    ctl::ApiClient client(clock, api);
    const std::string base = "/apis/nekoplane.dev/v1alpha1/namespaces/default/browsersessions";
    std::mt19937 mine(seed + 1);
    const auto pause = [&] { std::this_thread::sleep_for(milliseconds(mine() % 700)); };
    for (int i = 0; i < 20; ++i) {
      const std::string name = "c" + std::to_string(i);
      until_done([&] {
        return client.Send("POST", base,
                           {{"apiVersion", "nekoplane.dev/v1alpha1"},
                            {"kind", "BrowserSession"},
                            {"metadata", {{"name", name}}},
                            {"spec", {{"url", "about:blank"}}}});
      });
      pause();
      // Deletes lag behind by six: containers are in every state when theirs
      // comes.
      if (i >= 6)
        until_done([&] {
          return client.Send("DELETE", base + "/c" + std::to_string(i - 6), json::object());
        });
      pause();
    }
    for (int i = 14; i < 20; ++i) {
      until_done(
          [&] { return client.Send("DELETE", base + "/c" + std::to_string(i), json::object()); });
      pause();
    }
    for (int i = 20; i < 24; ++i) {
      until_done([&] {
        return client.Send("POST", base,
                           {{"apiVersion", "nekoplane.dev/v1alpha1"},
                            {"kind", "BrowserSession"},
                            {"metadata", {{"name", "c" + std::to_string(i)}}},
                            {"spec", {{"url", "about:blank"}}}});
      });
    }
    stop = true;
  });
  while (kills < kKills) {
    std::this_thread::sleep_for(milliseconds(random() % 900));
    neko.Kill();
    ++kills;
    neko.Start();
  }
  users.join();
  EXPECT_TRUE(stop);
  neko.ExpectExactly({"c20", "c21", "c22", "c23"}, seconds(120));
  std::cout << kills << " kills\n";
}

TEST_F(ChaosTest, EngineStoppedAndRestartedInTheMiddleOfEverything) {
  Nekoplane neko(*engine_);
  for (int i = 0; i < 4; ++i) neko.CreateSession("e" + std::to_string(i));
  neko.AwaitReady("e0");
  ASSERT_TRUE(neko.Delete("browsersessions/e3"));
  neko.CreateSession("e4");
  engine_->Stop();
  ASSERT_TRUE(neko.Delete("browsersessions/e2"));
  neko.CreateSession("e5");
  ASSERT_TRUE(Eventually(seconds(30), [&] {
    const auto now = neko.Get("browsersessions/e0");
    return now && neko.Condition(*now, "Healthy", "reason") == "EngineUnavailable";
  })) << neko.Get("browsersessions/e0")->dump(1);
  engine_->Start();
  neko.ExpectExactly({"e0", "e1", "e4", "e5"}, seconds(120));
}

TEST_F(ChaosTest, DeletionWaitsForADeadEngineAndCompletesWhenItIsBack) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  neko.AwaitReady("one");
  engine_->Stop();
  ASSERT_TRUE(neko.Delete("browsersessions/one"));
  ASSERT_TRUE(Eventually(seconds(20), [&] {
    const auto now = neko.Get("browsersessions/one");
    return now && (*now)["status"]["phase"] == "Terminating" &&
           now->dump().find("EngineUnavailable") != std::string::npos;
  })) << neko.Get("browsersessions/one")->dump(1);
  EXPECT_FALSE(neko.AwaitGone("one", seconds(2))) << "gone while nobody could know";
  engine_->Start();
  EXPECT_TRUE(neko.AwaitGone("one", seconds(60)));
  neko.ExpectExactly({}, seconds(10));
}

TEST_F(ChaosTest, TwoInstallationsOnOneEngineLeaveEachOtherAlone) {
  Nekoplane a(*engine_, {.flags = {"--gc-interval", "1s", "--gc-grace", "1s"}});
  Nekoplane b(*engine_, {.flags = {"--gc-interval", "1s", "--gc-grace", "1s"}});
  ASSERT_NE(a.label(), b.label());
  a.CreateSession("same");
  b.CreateSession("same");
  a.AwaitReady("same");
  b.AwaitReady("same");
  const std::string of_b = b.Containers().at(0)["Id"];
  ASSERT_TRUE(a.Delete("browsersessions/same"));
  ASSERT_TRUE(a.AwaitGone("same"));
  std::this_thread::sleep_for(seconds(4));  // several rounds of both collectors
  ASSERT_EQ(b.Containers().size(), 1u);
  EXPECT_EQ(b.Containers()[0]["Id"], of_b);
  EXPECT_EQ(b.Containers()[0]["State"], "running");
  a.ExpectExactly({}, seconds(10));
}

TEST_F(ChaosTest, OrphansGoAndForeignersStay) {
  Nekoplane neko(*engine_, {.flags = {"--gc-interval", "6s", "--gc-grace", "1s"}});
  const std::string installation = neko.label().substr(neko.label().find('=') + 1);
  const std::string gone_uid = "00000000-0000-4000-8000-000000000000";
  const std::string orphan = engine_->RunForeign(
      "nekoplane-" + gone_uid,
      {{"Labels",
        {{"nekoplane.dev/installation", installation}, {"nekoplane.dev/session-uid", gone_uid}}}});
  const std::string foreign =
      engine_->RunForeign("foreign-" + installation.substr(0, 8), json::object());
  EXPECT_TRUE(Eventually(seconds(5), [&] {
    const RunResult dry = neko.Ctl({"gc", "--dry-run"});
    return dry.exit_code == 0 && dry.out.find("nekoplane-" + gone_uid) != std::string::npos &&
           dry.out.find("does not exist") != std::string::npos;
  })) << neko.Ctl({"gc", "--dry-run"}).out;
  EXPECT_FALSE(engine_->Inspect(orphan).is_null()) << "a dry run removed something";
  EXPECT_TRUE(Eventually(seconds(30), [&] { return engine_->Inspect(orphan).is_null(); }))
      << "the orphan is still there";
  EXPECT_EQ(engine_->Inspect(foreign)["State"]["Running"], true);
  engine_->Remove(foreign);
}

}  // namespace
}  // namespace nekoplane::integration
