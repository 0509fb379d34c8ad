#include "controller/manager/event_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "api/codec/json_codec.h"
#include "api/registry/client.h"
#include "api/store/memory_store.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using v1alpha1::ObjectEvent;

v1alpha1::ObjectReference Session(std::string name) {
  return {.kind = "BrowserSession",
          .namespace_ = "default",
          .name = name,
          .uid = "uid-" + name,
          .apiVersion = "nekoplane.dev/v1alpha1"};
}

class EventRecorderTest : public ::testing::Test {
 protected:
  explicit EventRecorderTest(store::Dispatch dispatch = store::Dispatch::kInline)
      : store_("test", {.dispatch = dispatch}) {
    EXPECT_TRUE(registry_.Bootstrap({}).has_value());
  }

  void Make(EventRecorderOptions options = {}) {
    recorder_.emplace(registry_, clock_, timers_, random_, log_, options);
  }

  void Say(const std::string& message, const std::string& session = "a") {
    recorder_->Event(Session(session), EventType::kWarning, "FailedScheduling", message);
  }

  // Everything stored, oldest first.
  std::vector<ObjectEvent> Events() {
    std::vector<ObjectEvent> events;
    store_.List("events")->ForEach("", "", [&](const store::ObjectPtr& object) {
      auto event = codec::Decode<ObjectEvent>(object->bytes);
      EXPECT_TRUE(event.has_value()) << object->bytes;
      if (event) events.push_back(*event);
      return true;
    });
    std::stable_sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
      return a.firstTimestamp < b.firstTimestamp;
    });
    return events;
  }

  std::vector<std::string> Messages() {
    std::vector<std::string> messages;
    for (const auto& event : Events()) messages.push_back(event.message);
    return messages;
  }

  void Pass(Duration time) {
    const MonoTime until = clock_.Now() + time;
    while (timers_.NextDue() && *timers_.NextDue() <= until) {
      clock_.AdvanceTo(*timers_.NextDue());
      timers_.FireNext();
    }
    clock_.AdvanceTo(until);
  }

  testing::FakeClock clock_;
  testing::FakeTimers timers_{clock_};
  SeededRandom random_{1};
  NullLogger log_;
  store::MemoryStore store_;
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  std::optional<StoreEventRecorder> recorder_;
};

TEST_F(EventRecorderTest, EventSaysWhatHappenedToWhom) {
  Make();
  Say("0/1 nodes are available: 1 Insufficient memory.");
  ASSERT_EQ(Events().size(), 1u);
  const ObjectEvent event = Events()[0];
  EXPECT_EQ(event.metadata.namespace_, "default");
  EXPECT_THAT(event.metadata.name, ::testing::MatchesRegex("a[.][0-9a-f]{16}"));
  EXPECT_EQ(event.involvedObject.kind, "BrowserSession");
  EXPECT_EQ(event.involvedObject.uid, "uid-a");
  EXPECT_EQ(event.reason, "FailedScheduling");
  EXPECT_EQ(event.message, "0/1 nodes are available: 1 Insufficient memory.");
  EXPECT_EQ(event.type, "Warning");
  EXPECT_EQ(event.source.component, "nekoplane");
  EXPECT_EQ(event.count, 1);
  EXPECT_EQ(event.firstTimestamp, "2026-01-01T00:00:00Z");
  EXPECT_EQ(event.lastTimestamp, "2026-01-01T00:00:00Z");
}

TEST_F(EventRecorderTest, RepetitionRaisesTheCount) {
  Make();
  Say("full");
  clock_.Advance(minutes(5));
  Say("full");
  clock_.Advance(minutes(5));
  Say("full");
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].count, 3);
  EXPECT_EQ(Events()[0].firstTimestamp, "2026-01-01T00:00:00Z");
  EXPECT_EQ(Events()[0].lastTimestamp, "2026-01-01T00:10:00Z");
}

TEST_F(EventRecorderTest, OtherObjectsAndMessagesAreOtherEvents) {
  Make();
  Say("full");
  Say("full", "b");
  Say("fuller");
  recorder_->Event(Session("a"), EventType::kNormal, "Scheduled", "full");
  EXPECT_EQ(Events().size(), 4u);
}

TEST_F(EventRecorderTest, ObjectsWithoutNamespaceHaveTheirEventsInDefault) {
  Make();
  recorder_->Event({.kind = "BrowserNode", .name = "host", .uid = "u"}, EventType::kNormal, "Ready",
                   "engine answers");
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].metadata.namespace_, "default");
}

TEST_F(EventRecorderTest, ManyMessagesOfOneReasonAreCombined) {
  Make({.max_messages = 3});
  for (int i = 1; i <= 6; ++i) {
    Say("pulled " + std::to_string(i) + " %");
    clock_.Advance(seconds(1));
  }
  EXPECT_THAT(Messages(), ElementsAre("pulled 1 %", "pulled 2 %", "pulled 3 %",
                                      "(combined from similar events): pulled 6 %"));
  EXPECT_EQ(Events()[3].count, 3);
  Say("pulled 2 %");
  EXPECT_EQ(Events()[1].count, 2) << "what is known still counts for itself";
}

TEST_F(EventRecorderTest, EventsGoAnHourAfterTheyWereLastSeen) {
  Make();
  Say("old");
  Say("repeated");
  Pass(minutes(50));
  Say("repeated");
  EXPECT_EQ(Events().size(), 2u);
  Pass(minutes(15));
  EXPECT_THAT(Messages(), ElementsAre("repeated"));
  Pass(hours(1));
  EXPECT_TRUE(Events().empty());
  Say("old");
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].count, 1) << "a new story";
}

TEST_F(EventRecorderTest, OldestGoWhenThereAreTooMany) {
  Make({.max_events = 3});
  for (int i = 0; i < 6; ++i) {
    Say("m", "s" + std::to_string(i));
    clock_.Advance(seconds(1));
  }
  Pass(minutes(5));
  std::vector<std::string> left;
  for (const auto& event : Events()) left.push_back(event.involvedObject.name);
  EXPECT_THAT(left, ElementsAre("s3", "s4", "s5"));
}

TEST_F(EventRecorderTest, PrunesWhatAnEarlierProcessLeft) {
  Make();
  Say("before the restart");
  recorder_.reset();
  Make();
  Pass(hours(2));
  EXPECT_TRUE(Events().empty());
}

TEST_F(EventRecorderTest, DeletedEventIsMadeAnew) {
  Make();
  Say("full");
  const auto event = Events()[0];
  registry_.Delete(*codec::KindTable::Builtin().FindResource("", "v1", "events"), "default",
                   event.metadata.name, {}, [](const auto&) {});
  ASSERT_TRUE(Events().empty());
  Say("full");
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].count, 2);
}

TEST_F(EventRecorderTest, EventInANamespaceThatIsNotThereIsDropped) {
  Make();
  auto about = Session("a");
  about.namespace_ = "nowhere";
  recorder_->Event(about, EventType::kNormal, "R", "m");
  EXPECT_TRUE(Events().empty());
  Say("full");
  EXPECT_EQ(Events().size(), 1u);
}

TEST_F(EventRecorderTest, LongMessagesAreCutAtACharacter) {
  Make();
  std::string message;
  while (message.size() < 3000) message += "\xC3\xA4";
  Say("x" + message);
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_LE(Events()[0].message.size(), 1024u);
  EXPECT_TRUE(Events()[0].message.ends_with("\xC3\xA4...")) << Events()[0].message;
}

TEST_F(EventRecorderTest, LongNamesStillMakeValidNames) {
  Make();
  Say("m", std::string(253, 'a'));
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].metadata.name.size(), 253u);
}

TEST_F(EventRecorderTest, MemoryIsBounded) {
  Make({.max_remembered = 10});
  for (int i = 0; i < 100; ++i) {
    Say("m", "s" + std::to_string(i));
    clock_.Advance(seconds(1));
  }
  Say("m", "s99");
  Say("m", "s0");
  EXPECT_EQ(Events().size(), 101u) << "s0 was forgotten, s99 was not";
}

// Answers come only when the test delivers them, as from a busy disk.
class SlowEventRecorderTest : public EventRecorderTest {
 protected:
  SlowEventRecorderTest() : EventRecorderTest(store::Dispatch::kManual) {}
};

TEST_F(SlowEventRecorderTest, BurstWhileWritingBecomesOneMoreWrite) {
  Make();
  for (int i = 0; i < 50; ++i) Say("full");
  const auto before = store_.Version();
  while (store_.DeliverPending()) {
  }
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].count, 50);
  EXPECT_LE(store_.Version() - before, 2u);
}

TEST_F(SlowEventRecorderTest, WritesAtTheSameTimeAreBounded) {
  Make({.max_writes = 4});
  for (int i = 0; i < 10; ++i) Say("m", "s" + std::to_string(i));
  while (store_.DeliverPending()) {
  }
  EXPECT_EQ(Events().size(), 4u);
  Say("m", "s9");
  while (store_.DeliverPending()) {
  }
  EXPECT_EQ(Events().size(), 5u);
}

TEST_F(SlowEventRecorderTest, AnswersAfterTheEndAreIgnored) {
  Make();
  Say("full");
  Say("full");
  recorder_.reset();
  while (store_.DeliverPending()) {
  }
  ASSERT_EQ(Events().size(), 1u);
  EXPECT_EQ(Events()[0].count, 1);
}

TEST(EventRecorderThreadsTest, ManyThreadsMaySpeakWhileItEnds) {
  SystemClock clock;
  const auto timers = MakeThreadTimers(clock);
  SystemRandom random;
  NullLogger log;
  store::MemoryStore store("test");
  registry::Registry registry(store, codec::KindTable::Builtin(), clock, random);
  ASSERT_TRUE(registry.Bootstrap({}).has_value());
  {
    StoreEventRecorder recorder(registry, clock, *timers, random, log,
                                {.prune_interval = std::chrono::milliseconds(1)});
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 100; ++i) {
          recorder.Event(Session("s" + std::to_string(i % 5)), EventType::kNormal, "R",
                         "m" + std::to_string(t % 2));
        }
      });
    }
  }
  EXPECT_LE(store.List("events")->size(), 10u);
  EXPECT_GE(store.List("events")->size(), 1u);
}

}  // namespace
}  // namespace nekoplane::manager
