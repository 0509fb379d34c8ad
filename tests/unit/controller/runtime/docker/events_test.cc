#include "controller/runtime/docker/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/controller/runtime/docker/harness.h"

namespace nekoplane::runtime {
namespace {

using docker::EventReader;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeEngine;

std::string Event(const std::string& action, const std::string& uid,
                  const std::string& installation = "inst") {
  return R"({"Type":"container","Action":")" + action +
         R"(","Actor":{"ID":"x","Attributes":{"nekoplane.dev/installation":")" + installation +
         R"(","nekoplane.dev/session-uid":")" + uid + "\"}}}\n";
}

TEST(EventReaderTest, ReportsOursAcrossPiecesAndNotTheNoise) {
  std::vector<std::string> heard;
  EventReader reader("inst", [&](const Hint& hint) { heard.push_back(hint.session_uid); });
  const std::string text = Event("start", "a") + "\r\n" + Event("exec_start: ls", "b") +
                           Event("health_status: healthy", "b") + Event("die", "c", "other") +
                           Event("die", "d") +
                           R"({"Type":"network","Action":"connect"})"
                           "\n";
  for (const char c : text) ASSERT_EQ(reader.Feed({&c, 1}), EventReader::Verdict::kFine);
  EXPECT_THAT(heard, ElementsAre("a", "d"));
}

TEST(EventReaderTest, NonsenseEndsTheStream) {
  for (const std::string bad :
       {"rubbish\n", "[]\n", "{\"Action\":7}\n", "{\"Actor\":[]}\n",
        "{\"Actor\":{\"Attributes\":{\"nekoplane.dev/session-uid\":1}}}\n"}) {
    EventReader reader("inst", [](const Hint&) {});
    EXPECT_EQ(reader.Feed(bad), EventReader::Verdict::kNonsense) << bad;
  }
  EventReader endless("inst", [](const Hint&) {});
  EventReader::Verdict verdict = EventReader::Verdict::kFine;
  for (int i = 0; i < 40; ++i) verdict = endless.Feed(std::string(64 * 1024, 'x'));
  EXPECT_EQ(verdict, EventReader::Verdict::kNonsense);
}

// Waits for what another thread brings about.
template <class Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

class Heard {
 public:
  std::function<void(const Hint&)> callback() {
    return [this](const Hint& hint) {
      MutexLock lock(mu_);
      uids_.push_back(hint.session_uid);
    };
  }

  std::vector<std::string> uids() {
    MutexLock lock(mu_);
    return uids_;
  }

  std::size_t empties() {
    std::size_t count = 0;
    for (const std::string& uid : uids()) count += uid.empty() ? 1 : 0;
    return count;
  }

 private:
  Mutex mu_;
  std::vector<std::string> uids_ GUARDED_BY(mu_);
};

TEST(EventWatcherTest, CutStreamComesBackWithAnEmptyHint) {
  Harness h;
  Heard heard;
  auto watch = h.driver.Watch(heard.callback());
  ASSERT_TRUE(Eventually([&] { return h.engine.listeners() == 1; }));
  EXPECT_EQ(heard.empties(), 1u);
  h.engine.Emit(Event("die", "a"));
  ASSERT_TRUE(Eventually([&] { return heard.uids().size() == 2; }));
  h.engine.CutStreams();
  ASSERT_TRUE(Eventually([&] { return heard.empties() == 2; }));
  h.engine.Emit(Event("die", "b"));
  ASSERT_TRUE(Eventually([&] { return heard.uids().size() == 4; }));
  EXPECT_THAT(heard.uids(), ElementsAre("", "a", "", "b"));
}

TEST(EventWatcherTest, RubbishInTheStreamMeansANewStream) {
  Harness h;
  Heard heard;
  auto watch = h.driver.Watch(heard.callback());
  ASSERT_TRUE(Eventually([&] { return h.engine.listeners() == 1; }));
  h.engine.SetPlan([&](std::uint64_t, const http::ClientRequest& request) {
    // The rubbish must not be replayed for ever.
    if (request.url.find("/_ping") != std::string::npos) h.engine.CutStreams();
    return FakeEngine::Fault::kNone;
  });
  h.engine.Emit("\x01\x02{{{\n");
  ASSERT_TRUE(Eventually([&] { return heard.empties() >= 2 && h.engine.listeners() == 1; }));
  h.engine.Emit(Event("start", "later"));
  EXPECT_TRUE(Eventually([&] {
    const auto uids = heard.uids();
    return std::find(uids.begin(), uids.end(), "later") != uids.end();
  }));
}

TEST(EventWatcherTest, EngineThatComesLateIsFound) {
  Harness h;
  std::atomic<bool> down{true};
  h.engine.SetPlan([&](std::uint64_t, const http::ClientRequest&) {
    return down ? FakeEngine::Fault::kRefused : FakeEngine::Fault::kNone;
  });
  Heard heard;
  auto watch = h.driver.Watch(heard.callback());
  ASSERT_TRUE(Eventually([&] { return h.engine.calls() > 3; }));
  EXPECT_EQ(heard.empties(), 0u);
  down = false;
  EXPECT_TRUE(Eventually([&] { return heard.empties() == 1; }));
}

TEST(EventWatcherTest, EngineThatRefusesItsEventsIsNotAskedInALoop) {
  Harness h;
  DockerDriverOptions options = TestOptions();
  options.events.first_backoff = options.events.max_backoff = std::chrono::milliseconds(100);
  DockerDriver driver({h.clock, h.engine, h.probe, h.log}, options);
  h.engine.SetPlan([&](std::uint64_t, const http::ClientRequest& request) {
    return request.url.find("/events") != std::string::npos ? FakeEngine::Fault::kRefused
                                                            : FakeEngine::Fault::kNone;
  });
  Heard heard;
  auto watch = driver.Watch(heard.callback());
  std::this_thread::sleep_for(std::chrono::milliseconds(350));
  EXPECT_GE(heard.empties(), 1u);
  EXPECT_LE(heard.empties(), 4u);
}

TEST(EventWatcherTest, EveryWatcherIsTold) {
  Harness h;
  Heard first, second;
  auto a = h.driver.Watch(first.callback());
  ASSERT_TRUE(Eventually([&] { return h.engine.listeners() == 1; }));
  auto b = h.driver.Watch(second.callback());
  EXPECT_EQ(second.empties(), 1u) << "a later watcher has missed things, too";
  h.engine.Emit(Event("die", "a"));
  ASSERT_TRUE(Eventually([&] { return second.uids().size() == 2; }));
  a.reset();
  const std::size_t before = first.uids().size();
  h.engine.Emit(Event("die", "b"));
  ASSERT_TRUE(Eventually([&] { return second.uids().size() == 3; }));
  EXPECT_EQ(first.uids().size(), before);
  EXPECT_EQ(h.engine.listeners(), 1) << "one stream serves all";
}

TEST(EventWatcherTest, DriverGoesAtOnceWhileItListens) {
  auto h = std::make_unique<Harness>();
  Heard heard;
  auto watch = h->driver.Watch(heard.callback());
  ASSERT_TRUE(Eventually([&] { return h->engine.listeners() == 1; }));
  const auto before = std::chrono::steady_clock::now();
  watch.reset();
  h.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace nekoplane::runtime
