#include "reconcilers/images/decide.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::images {
namespace {

using std::chrono::seconds;
using v1alpha1::NodeImage;
using Phase = v1alpha1::NodeImagePhase;
using State = NodePull::State;

constexpr char kThen[] = "2025-12-31T23:00:00Z";
constexpr char kNow[] = "2026-01-01T00:00:00Z";

Inputs Wanted(bool always = true) {
  Inputs in;
  in.node = testing::MakeNode();
  in.wishes = {{"i", always}};
  in.now = testing::FakeClock().WallNow();
  return in;
}

void Says(Inputs& in, Fact::Kind kind) {
  in.facts["i"] = {kind, kind == Fact::Kind::kPresent ? "sha256:1" : ""};
}

NodeImage Shown(Phase phase, std::int64_t failures = 0, std::string next = "") {
  NodeImage image{.image = "i", .id = phase == Phase::kPresent ? "sha256:1" : ""};
  image.phase = phase;
  image.failures = failures;
  image.lastTransitionTime = kThen;
  image.nextAttemptTime = std::move(next);
  return image;
}

NodePull Pulls(State state, std::string detail = "", std::int64_t failures = 0, bool due = false) {
  NodePull pull{.image = "i", .state = state, .detail = std::move(detail), .failures = failures};
  pull.due = due;
  if (state == State::kFailed) pull.retry_at = testing::FakeClock().WallNow() + seconds(40);
  return pull;
}

std::string Words(const Plan& plan) {
  std::string text;
  for (const auto& image : plan.images) text += std::string(v1alpha1::EnumName(image.phase)) + " ";
  for (const auto& attempt : plan.pull) text += "pull " + attempt.image + " ";
  for (const auto& event : plan.events) text += (event.warning ? "!" : "+") + event.reason + " ";
  return text;
}

struct Case {
  const char* about;
  bool always;
  std::optional<NodeImage> before;
  std::optional<NodePull> pull;
  Fact::Kind fact;
  const char* expected;
};

TEST(ImagesDecide, WhatIsShownStartedAndTold) {
  const auto absent = Fact::Kind::kAbsent;
  const auto present = Fact::Kind::kPresent;
  const auto unknown = Fact::Kind::kUnknown;
  const std::vector<Case> cases = {
      {"there from the start", true, {}, {}, present, "Present "},
      {"there, though nobody asked for it", false, {}, {}, present, "Present "},
      {"missing", true, {}, {}, absent, "Pulling pull i +Pulling "},
      {"missing, a session's business", false, {}, {}, absent, ""},
      {"removed by somebody", true, Shown(Phase::kPresent), {}, absent, "Pulling pull i +Pulling "},
      {"removed, and nobody needs it", false, Shown(Phase::kPresent), {}, absent, ""},
      {"a pull begins", true, {}, Pulls(State::kQueued), absent, "Pulling +Pulling "},
      {"a session's pull", false, {}, Pulls(State::kRunning), unknown, "Pulling +Pulling "},
      {"it goes on", true, Shown(Phase::kPulling), Pulls(State::kRunning), unknown, "Pulling "},
      {"it came", true, Shown(Phase::kPulling), {}, present, "Present +Pulled "},
      {"a session's came", false, Shown(Phase::kPulling), {}, present, "Present +Pulled "},
      {"it came unseen", true, Shown(Phase::kFailed, 1), {}, present, "Present +Pulled "},
      {"it came some other way", true, Shown(Phase::kFailed, 1), Pulls(State::kFailed, "x", 1),
       present, "Present +Pulled "},
      {"it failed", true, Shown(Phase::kPulling), Pulls(State::kFailed, "x", 1), absent,
       "Failed !ImagePullFailed "},
      {"a session's failed", false, Shown(Phase::kPulling), Pulls(State::kFailed, "x", 1), absent,
       "Failed !ImagePullFailed "},
      {"it failed, as was told", true, Shown(Phase::kFailed, 1), Pulls(State::kFailed, "x", 1),
       absent, "Failed "},
      {"it failed once more", true, Shown(Phase::kFailed, 1), Pulls(State::kFailed, "x", 2), absent,
       "Failed !ImagePullFailed "},
      {"back-off is over", true, Shown(Phase::kFailed, 1), Pulls(State::kFailed, "x", 1, true),
       absent, "Pulling pull i +Pulling "},
      {"back-off is over, but nobody waits", false, Shown(Phase::kFailed, 1),
       Pulls(State::kFailed, "x", 1, true), absent, "Failed "},
      {"back-off is over, but the engine is silent", true, Shown(Phase::kFailed, 1),
       Pulls(State::kFailed, "x", 1, true), unknown, "Failed "},
      {"the engine is silent", true, Shown(Phase::kPresent), {}, unknown, "Present "},
      {"silent, and never seen", true, {}, {}, unknown, ""},
      {"nobody pulls any more", true, Shown(Phase::kPulling), {}, unknown, ""},
      {"a pull of an earlier process", true, Shown(Phase::kPulling), {}, absent, "Pulling pull i "},
      {"a failure of an earlier process",
       true,
       Shown(Phase::kFailed, 3, "2026-01-01T00:01:00Z"),
       {},
       absent,
       "Failed "},
      {"its back-off is over",
       true,
       Shown(Phase::kFailed, 3, kNow),
       {},
       absent,
       "Pulling pull i +Pulling "},
      {"its time is nonsense: a clock jumped",
       true,
       Shown(Phase::kFailed, 3, "2027-01-01T00:00:00Z"),
       {},
       absent,
       "Pulling pull i +Pulling "},
  };
  for (const Case& c : cases) {
    Inputs in = Wanted(c.always);
    if (c.before) in.node.status.images = {*c.before};
    if (c.pull) in.pulls = {*c.pull};
    Says(in, c.fact);
    EXPECT_EQ(Words(Decide(in)), c.expected) << c.about;
  }
}

TEST(ImagesDecide, OnlyNodesThatTakeImagesAreGivenSome) {
  const std::vector<std::pair<const char*, std::function<void(v1alpha1::BrowserNode&)>>> changes = {
      {"not Ready", [](auto& node) { node.status.conditions[0].status = "False"; }},
      {"not Capable", [](auto& node) { node.status.conditions[1].status = "False"; }},
      {"draining", [](auto& node) { node.spec.drain = v1alpha1::NodeDrain{}; }},
      {"deleting", [](auto& node) { node.metadata.deletionTimestamp = kNow; }},
  };
  for (const auto& [about, change] : changes) {
    Inputs in = Wanted();
    Says(in, Fact::Kind::kAbsent);
    EXPECT_TRUE(TakesImages(in.node));
    change(in.node);
    EXPECT_FALSE(TakesImages(in.node)) << about;
    EXPECT_EQ(Words(Decide(in)), "") << about;
    in.node.status.images = {Shown(Phase::kPresent)};
    Says(in, Fact::Kind::kUnknown);
    EXPECT_EQ(Words(Decide(in)), "Present ") << about;
  }
  Inputs cordoned = Wanted();
  cordoned.node.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  EXPECT_TRUE(TakesImages(cordoned.node));
}

TEST(ImagesDecide, AFailureSaysWhyAndWhenItTriesAgain) {
  Inputs in = Wanted();
  in.node.status.images = {Shown(Phase::kPulling)};
  in.pulls = {Pulls(State::kFailed, "no such manifest", 2)};
  Says(in, Fact::Kind::kAbsent);
  const Plan plan = Decide(in);
  ASSERT_EQ(plan.images.size(), 1U);
  EXPECT_EQ(plan.images[0].message, "no such manifest");
  EXPECT_EQ(plan.images[0].failures, 2);
  EXPECT_EQ(plan.images[0].nextAttemptTime, "2026-01-01T00:00:40Z");
  EXPECT_EQ(plan.images[0].lastTransitionTime, kNow);
  EXPECT_EQ(plan.look_again, seconds(40));
  EXPECT_EQ(plan.events.at(0).message, "cannot pull image i: no such manifest");
}

TEST(ImagesDecide, FailuresAreCarriedIntoTheNextAttempt) {
  Inputs in = Wanted();
  in.node.status.images = {Shown(Phase::kFailed, 3, kNow)};
  Says(in, Fact::Kind::kAbsent);
  const Plan plan = Decide(in);
  ASSERT_EQ(plan.pull.size(), 1U);
  EXPECT_EQ(plan.pull[0].failures, 3);
  EXPECT_EQ(plan.images.at(0).failures, 3);
}

TEST(ImagesDecide, PresentShowsTheDigestAndKeepsItsTime) {
  Inputs in = Wanted();
  in.node.status.images = {Shown(Phase::kPresent)};
  in.facts["i"] = {Fact::Kind::kPresent, "sha256:2"};
  const Plan plan = Decide(in);
  ASSERT_EQ(plan.images.size(), 1U);
  EXPECT_EQ(plan.images[0].id, "sha256:2");
  EXPECT_EQ(plan.images[0].lastTransitionTime, kThen);
  EXPECT_TRUE(plan.events.empty());
  EXPECT_EQ(plan.look_again, Options().recheck);
}

TEST(ImagesDecide, HowSoonItLooksAgain) {
  Inputs in = Wanted();
  in.pulls = {Pulls(State::kRunning, "1 of 7 layers")};
  EXPECT_EQ(Decide(in).look_again, Options().progress);
  EXPECT_EQ(Decide(in).images.at(0).message, "1 of 7 layers");
  in.pulls = {Pulls(State::kQueued, "waiting")};  // its beginning brings the node back
  EXPECT_EQ(Decide(in).look_again, Options().recheck);
  in.pulls.clear();
  EXPECT_EQ(Decide(in).look_again, Options().unanswered);
}

TEST(ImagesDecide, WhatNoClassNamesLeavesTheListWhenItsPullIsOver) {
  Inputs in = Wanted();
  in.wishes.clear();
  in.node.status.images = {Shown(Phase::kPresent)};
  Says(in, Fact::Kind::kPresent);
  EXPECT_TRUE(Decide(in).images.empty());
  in.pulls = {Pulls(State::kRunning)};
  EXPECT_EQ(Decide(in).images.size(), 1U);
  in.pulls = {Pulls(State::kFailed, "x", 1, true)};
  EXPECT_EQ(Words(Decide(in)), "");
}

TEST(ImagesDecide, LongReasonsEndBetweenTwoCharacters) {
  std::string why = "x";
  while (why.size() < 3000) why += "\u00fc";
  Inputs in = Wanted();
  in.pulls = {Pulls(State::kFailed, why, 1)};
  Says(in, Fact::Kind::kAbsent);
  const std::string message = Decide(in).images.at(0).message;
  EXPECT_EQ(message.size(), 999U + 3U);
  EXPECT_TRUE(message.ends_with("\u00fc..."));
}

TEST(ImagesDecide, WishesFollowSelectorVariantAndPolicy) {
  auto node = testing::MakeNode();
  node.metadata.labels = {{"room", "attic"}};
  auto chromium = testing::MakeClass();
  chromium.spec.variants = {
      {.name = "pi", .match = {.arch = {"arm64"}, .gpuVendor = {}, .soc = {}}, .image = "arm"},
      {.name = "pc", .match = {}, .image = "pc"}};
  auto firefox = testing::MakeClass("firefox");
  firefox.spec.variants[0].image = "fox";
  EXPECT_EQ(WishesFor(node, {chromium, firefox}), (Wishes{{"pc", false}, {"fox", false}}));

  chromium.spec.prepull.policy = v1alpha1::PrepullPolicy::kAlways;
  firefox.spec.prepull.policy = v1alpha1::PrepullPolicy::kAlways;
  firefox.spec.prepull.nodeSelector = {{"room", "cellar"}};
  EXPECT_EQ(WishesFor(node, {chromium, firefox}), (Wishes{{"pc", true}, {"fox", false}}));
  node.status.hardware.arch = "arm64";
  node.metadata.labels["room"] = "cellar";
  EXPECT_EQ(WishesFor(node, {chromium, firefox}), (Wishes{{"arm", true}, {"fox", true}}));

  // Two classes, one image: it is wanted if one wants it.
  auto other = testing::MakeClass("other");
  other.spec.variants[0].image = "fox";
  EXPECT_EQ(WishesFor(node, {firefox, other}), (Wishes{{"fox", true}}));
  chromium.spec.variants.pop_back();
  node.status.hardware.arch = "amd64";
  EXPECT_TRUE(WishesFor(node, {chromium}).empty());
}

}  // namespace
}  // namespace nekoplane::reconcilers::images
