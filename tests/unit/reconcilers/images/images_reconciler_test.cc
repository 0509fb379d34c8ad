// The reconciler over a real registry, an in-memory store, a real PullManager and a machine that
// has nothing but images.
#include "reconcilers/images/images_reconciler.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/store/memory_store.h"
#include "api/v1alpha1/node_finalizer.h"
#include "controller/runtime/static_driver_set.h"
#include "tests/support/builders.h"
#include "tests/support/fake_clock.h"
#include "tests/support/image_driver.h"

namespace nekoplane::reconcilers::images {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using v1alpha1::BrowserNode;
using Words = std::vector<std::string>;

constexpr char kImage[] = "example.org/browser:1";
constexpr char kId[] = "sha256:example.org/browser:1";

class ImagesReconcilerTest : public ::testing::Test {
 protected:
  class Events final : public manager::EventRecorder {
   public:
    void Event(const v1alpha1::ObjectReference& about, manager::EventType, std::string_view reason,
               std::string_view) override {
      EXPECT_EQ(about.kind, "BrowserNode");
      reasons.emplace_back(reason);
    }

    Words reasons;
  };

  void SetUp() override {
    ASSERT_TRUE(registry_.Bootstrap({}).has_value());
    auto cls = testing::MakeClass();
    cls.spec.variants[0].image = kImage;
    cls.spec.prepull.policy = v1alpha1::PrepullPolicy::kAlways;
    ASSERT_TRUE(client_.Create({}, cls).has_value());
    auto node = client_.Create({}, testing::MakeNode());
    ASSERT_TRUE(node.has_value()) << node.error().ToString();
    node->status = testing::MakeNode().status;
    for (auto& c : node->status.conditions) {
      c.reason = "Test";
      c.lastTransitionTime = "2026-01-01T00:00:00Z";
    }
    ASSERT_TRUE(client_.WriteStatus({}, *node).has_value());
  }

  // Looks at the node; nullopt unless it wants to look again.
  std::optional<Duration> Pass() {
    const auto outcome = reconciler_.Reconcile({}, {"", "host"});
    const auto* again = std::get_if<manager::RequeueAfter>(&outcome);
    return again == nullptr ? std::nullopt : std::optional(again->delay);
  }

  void SetPolicy(const char* policy) {
    const nlohmann::json patch = {{"spec", {{"prepull", {{"policy", policy}}}}}};
    ASSERT_TRUE(client_.Patch<v1alpha1::BrowserClass>({}, "", "chromium", patch).has_value());
  }

  BrowserNode Get() { return *client_.Get<BrowserNode>("", "host"); }

  // "phase id message" of each image.
  Words Shown() {
    Words out;
    for (const auto& image : Get().status.images) {
      out.push_back(std::string(v1alpha1::EnumName(image.phase)) + " " + image.id + " " +
                    image.message);
    }
    return out;
  }

  testing::FakeClock clock_;
  SeededRandom random_{1};
  NullLogger log_;
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  registry::Client client_{registry_, clock_, random_};
  std::shared_ptr<testing::ImageDriver> driver_ = std::make_shared<testing::ImageDriver>();
  runtime::StaticDriverSet drivers_{{{"host", driver_}}};
  testing::StepRunner jobs_;
  Events events_;
  int changed_ = 0;
  PullManager pulls_{{.drivers = drivers_,
                      .clock = clock_,
                      .runner = jobs_,
                      .wake = [](const queue::Key&) {},
                      .changed = [this](const std::string&) { ++changed_; }}};
  ImagesReconciler reconciler_{{client_, drivers_, clock_, log_, events_, pulls_}};
};

TEST_F(ImagesReconcilerTest, FromAbsentToPresentWithProgress) {
  EXPECT_TRUE(Pass().has_value());
  EXPECT_EQ(Shown(), Words{"Pulling  "});
  EXPECT_EQ(changed_, 1);
  ASSERT_EQ(jobs_.jobs.size(), 1U);
  driver_->in_pull = [&](const std::string&, const auto& progress) -> Result<void> {
    progress({10, 20, "1 of 2 layers, 10 of 20 MB"});
    EXPECT_EQ(Pass(), Options().progress);
    EXPECT_EQ(Shown(), Words{"Pulling  1 of 2 layers, 10 of 20 MB"});
    EXPECT_EQ(jobs_.jobs.size(), 0U);
    return {};
  };
  jobs_.RunAll();
  EXPECT_EQ(changed_, 2);
  EXPECT_EQ(Pass(), Options().recheck);
  EXPECT_EQ(Shown(), Words{std::string("Present ") + kId + " "});
  EXPECT_EQ(events_.reasons, (Words{"Pulling", "Pulled"}));
  EXPECT_EQ(driver_->pulled, Words{kImage});
}

TEST_F(ImagesReconcilerTest, WhatIsThereCostsOneQuestionAndNoWrite) {
  driver_->images[kImage] = kId;
  Pass();
  const auto version = store_.Version();
  driver_->asked = 0;
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(minutes(5));
    EXPECT_EQ(Pass(), Options().recheck);
  }
  EXPECT_EQ(store_.Version(), version);
  EXPECT_EQ(driver_->asked, 5);
  EXPECT_TRUE(events_.reasons.empty());
}

TEST_F(ImagesReconcilerTest, WhatSomebodyRemovedIsFetchedAgain) {
  driver_->images[kImage] = kId;
  Pass();
  driver_->images.clear();
  Pass();
  jobs_.RunAll();
  Pass();
  EXPECT_EQ(Shown(), Words{std::string("Present ") + kId + " "});
  EXPECT_EQ(events_.reasons, (Words{"Pulling", "Pulled"}));
}

TEST_F(ImagesReconcilerTest, FailureIsShownAndTriedAgainWhenItsTimeHasCome) {
  driver_->in_pull = [](const std::string&, const auto&) -> Result<void> {
    return MakeStatus(Code::kUnavailable, "Registry", "the registry is away");
  };
  Pass();
  jobs_.RunAll();
  EXPECT_EQ(Pass(), Duration(seconds(10)));
  EXPECT_EQ(Shown(), Words{"Failed  the registry is away"});
  EXPECT_EQ(Get().status.images[0].failures, 1);
  clock_.Advance(seconds(9));
  EXPECT_EQ(Pass(), Duration(seconds(1)));
  EXPECT_TRUE(jobs_.jobs.empty());
  clock_.Advance(seconds(1));
  Pass();
  jobs_.RunAll();
  EXPECT_EQ(Pass(), Duration(seconds(20)));
  EXPECT_EQ(Get().status.images[0].failures, 2);
  EXPECT_EQ(events_.reasons, (Words{"Pulling", "ImagePullFailed", "Pulling", "ImagePullFailed"}));
}

TEST_F(ImagesReconcilerTest, ARestartKeepsTheBackOff) {
  driver_->in_pull = [](const std::string&, const auto&) -> Result<void> {
    return MakeStatus(Code::kUnavailable, "Registry", "away");
  };
  Pass();
  jobs_.RunAll();
  Pass();
  PullManager fresh{
      {.drivers = drivers_, .clock = clock_, .runner = jobs_, .wake = nullptr, .changed = nullptr}};
  ImagesReconciler restarted({client_, drivers_, clock_, log_, events_, fresh});
  restarted.Reconcile({}, {"", "host"});
  EXPECT_TRUE(jobs_.jobs.empty());
  clock_.Advance(seconds(10));
  restarted.Reconcile({}, {"", "host"});
  ASSERT_EQ(jobs_.jobs.size(), 1U);
  jobs_.RunAll();
  restarted.Reconcile({}, {"", "host"});
  EXPECT_EQ(Get().status.images.at(0).failures, 2);
}

TEST_F(ImagesReconcilerTest, ASessionsPullIsShownAndNeverDoubled) {
  SetPolicy("OnDemand");
  Pass();
  EXPECT_TRUE(Shown().empty());
  EXPECT_TRUE(jobs_.jobs.empty());
  pulls_.Start("host", kImage, {"default", "s"});
  Pass();
  EXPECT_EQ(Shown(), Words{"Pulling  "});
  SetPolicy("Always");
  Pass();
  EXPECT_EQ(jobs_.jobs.size(), 1U);
  jobs_.RunAll();
  Pass();
  EXPECT_EQ(Shown(), Words{std::string("Present ") + kId + " "});
  EXPECT_EQ(driver_->pulled.size(), 1U);
}

// Writes the node's status in the midst of our pass, as the node reconciler does.
class Meddler final : public runtime::DriverSet {
 public:
  Meddler(const runtime::DriverSet& inner, std::function<void()> meddle)
      : inner_(inner), meddle_(std::move(meddle)) {}

  std::shared_ptr<runtime::RuntimeDriver> ForNode(std::string_view node) const override {
    meddle_();
    return inner_.ForNode(node);
  }

  std::vector<std::string> Nodes() const override { return inner_.Nodes(); }

 private:
  const runtime::DriverSet& inner_;
  const std::function<void()> meddle_;
};

TEST_F(ImagesReconcilerTest, NeitherWriterOfTheStatusLosesTheOthersWords) {
  bool once = true;
  const Meddler meddler(drivers_, [&] {
    if (!std::exchange(once, false)) return;
    auto node = Get();
    node.status.sessions = 3;
    ASSERT_TRUE(client_.WriteStatus({}, node).has_value());
  });
  ImagesReconciler reconciler({client_, meddler, clock_, log_, events_, pulls_});
  const auto outcome = reconciler.Reconcile({}, {"", "host"});
  const auto* again = std::get_if<manager::RequeueAfter>(&outcome);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->delay, Duration::zero());
  EXPECT_TRUE(Get().status.images.empty());
  EXPECT_TRUE(events_.reasons.empty());
  EXPECT_TRUE(jobs_.jobs.empty());

  const auto before = Get();
  reconciler.Reconcile({}, {"", "host"});
  auto after = Get();
  EXPECT_EQ(after.status.images.size(), 1U);
  EXPECT_EQ(after.status.sessions, 3);
  after.status.images.clear();
  EXPECT_EQ(after.status, before.status);
}

TEST_F(ImagesReconcilerTest, SilentEngineLosesNothingAndIsAskedOnce) {
  driver_->images[kImage] = kId;
  driver_->images["other"] = "sha256:other";
  auto other = testing::MakeClass("other");
  other.spec.variants[0].image = "other";
  ASSERT_TRUE(client_.Create({}, other).has_value());
  Pass();
  EXPECT_EQ(Shown().size(), 2U);
  driver_->down = true;
  driver_->asked = 0;
  EXPECT_EQ(Pass(), Options().unanswered);
  EXPECT_EQ(driver_->asked, 1);
  EXPECT_EQ(Shown().size(), 2U);
}

TEST_F(ImagesReconcilerTest, AMachineThatManagesItsImagesItselfIsLeftAlone) {
  driver_->can.images = false;
  Pass();
  EXPECT_EQ(driver_->asked, 0);
  EXPECT_TRUE(jobs_.jobs.empty());
  EXPECT_TRUE(Shown().empty());
}

TEST_F(ImagesReconcilerTest, ARemovedNodeIsForgotten) {
  driver_->in_pull = [](const std::string&, const auto&) -> Result<void> {
    return MakeStatus(Code::kUnavailable, "Registry", "away");
  };
  Pass();
  jobs_.RunAll();
  ASSERT_EQ(pulls_.OnNode("host").size(), 1U);
  ASSERT_TRUE(client_.Delete({}, Get()).has_value());
  ASSERT_TRUE(client_.RemoveFinalizer({}, Get(), v1alpha1::kNodeFinalizer).has_value());
  EXPECT_EQ(Pass(), std::nullopt);
  EXPECT_TRUE(pulls_.OnNode("host").empty());
}

}  // namespace
}  // namespace nekoplane::reconcilers::images
