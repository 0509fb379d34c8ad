// The checker must see what it is there for: a sound history is accepted, and each way to damage it
// is named.
#include "tests/blackbox/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace nekoplane::blackbox {
namespace {

using testing::Contains;
using testing::ElementsAre;

constexpr char kA[] = "secrets/default/bb-0";

State Object(std::uint64_t version, const std::string& mark, const std::string& uid = "u1") {
  return {.key = kA,
          .uid = uid,
          .version = version,
          .digest = version * 31,
          .mark = mark,
          .twin = mark};
}

Write Acked(Write::Op op, Moment invoked, State state, std::optional<std::uint64_t> expected = {}) {
  Write write{.op = op,
              .key = kA,
              .mark = state.mark,
              .expected = expected,
              .invoked = invoked,
              .answered = invoked + 5};
  write.result = Write::Result::kAcknowledged;
  write.state = std::move(state);
  return write;
}

StreamItem Event(Moment at, EventType type, State state) {
  return {.what = StreamItem::What::kEvent,
          .at = at,
          .version = state.version,
          .type = type,
          .state = std::move(state)};
}

// Created at 11, updated at 12; a death, after which an unanswered patch turns out to be 13;
// updated at 14, deleted at 15. Two watchers, a list in each life and one at the end, and a read.
class CheckerTest : public testing::Test {
 protected:
  CheckerTest() {
    h_.writes = {Acked(Write::Op::kCreate, 20, Object(11, "m1")),
                 Acked(Write::Op::kUpdate, 30, Object(12, "m2"), 11),
                 {.op = Write::Op::kPatch, .key = kA, .mark = "m3", .invoked = 40, .answered = 51},
                 Acked(Write::Op::kUpdate, 70, Object(14, "m4"), 13),
                 {.op = Write::Op::kDelete,
                  .key = kA,
                  .invoked = 90,
                  .answered = 95,
                  .result = Write::Result::kAcknowledged,
                  .uid = "u1"}};
    h_.deaths = {50};
    h_.listings = {{"secrets", 1, 2, 10, {}},
                   {"secrets", 60, 61, 13, {Object(13, "m3")}},
                   {"secrets", 100, 101, 15, {}}};
    h_.reads = {{kA, 65, 66, Object(13, "m3")}, {kA, 102, 103, std::nullopt}};
    for (const Moment late : {0, 1}) {
      h_.streams.push_back({"watcher " + std::to_string(late),
                            "secrets",
                            {{.what = StreamItem::What::kListed, .at = 3 + late, .version = 10},
                             Event(22 + late, EventType::kAdded, Object(11, "m1")),
                             Event(32 + late, EventType::kModified, Object(12, "m2")),
                             Event(62 + late, EventType::kModified, Object(13, "m3")),
                             Event(72 + late, EventType::kModified, Object(14, "m4")),
                             Event(92 + late, EventType::kDeleted, Object(15, "m4"))}});
    }
    h_.complete_until = 15;
  }

  // Of every watcher: what only one of them hears wrongly is another damage.
  void ForEachStream(const std::function<void(std::vector<StreamItem>&)>& damage) {
    for (Stream& stream : h_.streams) damage(stream.items);
  }

  std::set<std::string> Broken() const {
    std::set<std::string> rules;
    for (const Violation& violation : Check(h_)) rules.insert(violation.rule);
    return rules;
  }

  History h_;
};

TEST_F(CheckerTest, AcceptsASoundHistory) { EXPECT_THAT(Broken(), ElementsAre()); }

TEST_F(CheckerTest, AcceptsAnUnansweredWriteThatNeverHappened) {
  h_.writes.push_back(
      {.op = Write::Op::kPatch, .key = kA, .mark = "m9", .invoked = 41, .answered = 52});
  EXPECT_THAT(Broken(), ElementsAre());
}

TEST_F(CheckerTest, AcceptsA410ThatIsFollowedByAList) {
  ForEachStream([](auto& items) {
    items[3] = {.what = StreamItem::What::kListed, .at = items[3].at, .version = 13};
  });
  EXPECT_THAT(Broken(), ElementsAre());
}

// The first write comes before anybody listens: the list that listening begins with shows it.
class LateWatchersTest : public CheckerTest {
 protected:
  void ListenFrom11(const State& listed) {
    h_.listings.insert(h_.listings.begin() + 1, {"secrets", 26, 27, 11, {listed}});
    ForEachStream([](auto& items) {
      items[0] = {.what = StreamItem::What::kListed, .at = 28, .version = 11};
      items.erase(items.begin() + 1);
    });
  }
};

TEST_F(LateWatchersTest, AcceptsAWriteThatTheirFirstListShows) {
  ListenFrom11(Object(11, "m1"));
  EXPECT_THAT(Broken(), ElementsAre());
}

TEST_F(LateWatchersTest, SeesAWriteThatTheirFirstListContradicts) {
  State other = Object(11, "m1");
  other.digest = 4711;
  ListenFrom11(other);
  EXPECT_THAT(Broken(), Contains(kLostRule));
}

TEST_F(CheckerTest, SeesAnAcknowledgedWriteThatNoWatchShows) {
  h_.writes.push_back(Acked(Write::Op::kUpdate, 74, Object(16, "m5")));
  EXPECT_THAT(Broken(), Contains(kLostRule));
}

// The process came back with an older state and went on from there.
TEST_F(CheckerTest, SeesAVersionGivenToSomethingElseAfterACrash) {
  h_.writes[2] = Acked(Write::Op::kPatch, 40, Object(13, "m3"));
  State other = Object(13, "m7");
  other.digest = 4711;
  h_.writes.push_back(Acked(Write::Op::kPatch, 64, other, 12));
  h_.streams[1].items[3] = Event(65, EventType::kModified, other);
  EXPECT_THAT(Broken(), Contains(kReusedRule));
  EXPECT_THAT(Broken(), Contains(kLostRule));
}

TEST_F(CheckerTest, SeesALostWriteInTheFirstListAfterACrash) {
  h_.listings[1].items = {Object(12, "m2")};
  EXPECT_THAT(Broken(), ElementsAre(kListRule));
}

TEST_F(CheckerTest, SeesAListThatIsOlderThanWhatWasAcknowledged) {
  h_.listings[1] = {"secrets", 60, 61, 11, {Object(11, "m1")}};
  EXPECT_THAT(Broken(), ElementsAre(kTimeRule));
}

TEST_F(CheckerTest, SeesADeletedObjectThatComesBack) {
  h_.listings[2].items = {Object(14, "m4")};
  EXPECT_THAT(Broken(), ElementsAre(kListRule));
}

TEST_F(CheckerTest, SeesADeletedObjectThatComesBackInAWatch) {
  ForEachStream(
      [](auto& items) { items.push_back(Event(110, EventType::kModified, Object(16, "m4"))); });
  h_.complete_until = 16;
  EXPECT_THAT(Broken(), Contains(kStoryRule));
}

TEST_F(CheckerTest, SeesADeletionThatNeverHappened) {
  ForEachStream([](auto& items) { items.pop_back(); });
  h_.complete_until = 14;
  EXPECT_THAT(Broken(), Contains(kLostRule));
}

TEST_F(CheckerTest, SeesADeletionThatNobodyAskedFor) {
  h_.writes.pop_back();
  EXPECT_THAT(Broken(), ElementsAre(kGhostRule));
}

TEST_F(CheckerTest, SeesAGapInOneWatch) {
  h_.streams[1].items.erase(h_.streams[1].items.begin() + 3);
  EXPECT_THAT(Broken(), ElementsAre(kGapRule));
}

TEST_F(CheckerTest, SeesAGapBehindABookmark) {
  h_.streams[1].items[3] = {.what = StreamItem::What::kBookmark, .at = 63, .version = 13};
  EXPECT_THAT(Broken(), ElementsAre(kGapRule));
}

TEST_F(CheckerTest, SeesAGapInAllWatches) {
  ForEachStream([](auto& items) { items.erase(items.begin() + 3); });
  EXPECT_THAT(Broken(), Contains(kDenseRule));
}

TEST_F(CheckerTest, SeesARepeatAfterResuming) {
  auto& items = h_.streams[1].items;
  items.insert(items.begin() + 3, items[2]);
  EXPECT_THAT(Broken(), ElementsAre(kOrderRule));
}

TEST_F(CheckerTest, SeesAWatchThatGoesBackInTime) {
  auto& items = h_.streams[1].items;
  std::swap(items[2], items[3]);
  EXPECT_THAT(Broken(), Contains(kOrderRule));
}

TEST_F(CheckerTest, SeesTwoWritersWhoExpectedTheSameVersion) {
  h_.writes[3].expected = 11;
  EXPECT_THAT(Broken(), ElementsAre(kCasRule));
}

TEST_F(CheckerTest, SeesAnUpdateThatReplacedAnotherVersionThanItNamed) {
  h_.writes[3].expected = 12;
  EXPECT_THAT(Broken(), ElementsAre(kCasRule));
}

TEST_F(CheckerTest, SeesADeletionOfAnotherVersionThanItNamed) {
  h_.writes[4].expected = 13;
  EXPECT_THAT(Broken(), ElementsAre(kCasRule));
}

TEST_F(CheckerTest, SeesHalfAWrite) {
  ForEachStream([](auto& items) { items[3].state.twin = "m2"; });
  EXPECT_THAT(Broken(), ElementsAre(kHalfRule));
}

TEST_F(CheckerTest, SeesARefusedWriteThatHappened) {
  h_.writes[2].result = Write::Result::kRefused;
  EXPECT_THAT(Broken(), ElementsAre(kGhostRule));
}

TEST_F(CheckerTest, SeesAMarkThatNobodyWrote) {
  h_.writes.erase(h_.writes.begin() + 2);
  EXPECT_THAT(Broken(), ElementsAre(kGhostRule));
}

TEST_F(CheckerTest, SeesAWriteThatHappensTwice) {
  ForEachStream([](auto& items) {
    for (StreamItem& item : items) {
      if (item.version == 14) item.state.mark = item.state.twin = "m1";
    }
  });
  EXPECT_THAT(Broken(), Contains(kGhostRule));
}

TEST_F(CheckerTest, SeesAnUnansweredWriteThatHappensInALaterLife) {
  h_.listings[1] = {"secrets", 60, 61, 12, {Object(12, "m2")}};
  EXPECT_THAT(Broken(), ElementsAre(kTimeRule));
}

TEST_F(CheckerTest, SeesAnAcknowledgementOfThePast) {
  h_.writes[1].invoked = 73;
  h_.writes[1].answered = 78;
  EXPECT_THAT(Broken(), Contains(kTimeRule));
}

TEST_F(CheckerTest, SeesAnAcknowledgementWithOtherContent) {
  h_.writes[3].state->digest = 4711;
  EXPECT_THAT(Broken(), ElementsAre(kLostRule));
}

TEST_F(CheckerTest, SeesAStaleRead) {
  h_.reads[0].state = Object(12, "m2");
  h_.reads[0].invoked = 75;
  h_.reads[0].answered = 76;
  EXPECT_THAT(Broken(), ElementsAre(kReadRule));
}

TEST_F(CheckerTest, SeesAReadThatFindsNothing) {
  h_.reads[0].state.reset();
  h_.writes.pop_back();
  ForEachStream([](auto& items) { items.pop_back(); });
  h_.listings.pop_back();
  h_.reads.pop_back();
  h_.complete_until = 14;
  EXPECT_THAT(Broken(), ElementsAre(kReadRule));
}

TEST_F(CheckerTest, SeesAReadOfWhatNeverWas) {
  h_.reads[0].state->digest = 4711;
  EXPECT_THAT(Broken(), ElementsAre(kReadRule));
}

}  // namespace
}  // namespace nekoplane::blackbox
