#include "api/registry/client.h"

#include <gtest/gtest.h>

#include "tests/unit/api/registry/fixture.h"

namespace nekoplane::registry {
namespace {

using testing::RegistryTest;
using v1alpha1::BrowserSession;
using v1alpha1::Secret;

store::ClaimChange Acquire(const std::string& port, const std::string& owner) {
  return {store::ClaimChange::Op::kAcquire, {store::kClaimPortTcp, "host", port, owner, ""}};
}

class RegistryClientTest : public RegistryTest {
 protected:
  void SetUp() override {
    RegistryTest::SetUp();
    BrowserSession session;
    session.metadata.name = "a";
    session.metadata.namespace_ = "default";
    session.spec.url = "https://example.org";
    auto created = client_.Create(Context(), session);
    ASSERT_TRUE(created) << created.error().message;
    session_ = *created;
  }

  BrowserSession session_;
};

TEST_F(RegistryClientTest, CreatedObjectsCarryWhatTheServerSets) {
  EXPECT_FALSE(session_.metadata.uid.empty());
  EXPECT_EQ(session_.metadata.generation, 1);
  const auto read = client_.Get<BrowserSession>("default", "a");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->metadata.resourceVersion, session_.metadata.resourceVersion);
  EXPECT_EQ(client_.List<BrowserSession>().size(), 1U);
  EXPECT_TRUE(client_.Get<BrowserSession>("default", "b").is(Code::kNotFound));
}

TEST_F(RegistryClientTest, PatchMergesIntoTheSpec) {
  const auto patched = client_.Patch<BrowserSession>(Context(), "default", "a",
                                                     {{"spec", {{"screen", "800x600@30"}}}});
  ASSERT_TRUE(patched) << patched.error().message;
  EXPECT_EQ(patched->spec.screen, "800x600@30");
  EXPECT_EQ(patched->spec.url, "https://example.org");
  EXPECT_EQ(patched->metadata.generation, 2);
  const auto version = store_.Version();
  EXPECT_TRUE(client_.Patch<BrowserSession>(Context(), "default", "a",
                                            {{"spec", {{"screen", "800x600@30"}}}}));
  EXPECT_EQ(store_.Version(), version);
  EXPECT_TRUE(client_.Patch<BrowserSession>(Context(), "default", "b", nlohmann::json::object())
                  .is(Code::kNotFound));
}

TEST_F(RegistryClientTest, WriteStatusReplacesTheStatusAndTakesTheClaims) {
  session_.status.phase = "Starting";
  With with;
  with.claims = {Acquire("8800", session_.metadata.uid)};
  const auto written = client_.WriteStatus(Context(), session_, with);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->status.phase, "Starting");
  EXPECT_EQ(written->metadata.generation, 1);
  EXPECT_NE(written->metadata.resourceVersion, session_.metadata.resourceVersion);
  EXPECT_TRUE(client_.Claims()->Find(store::kClaimPortTcp, "host", "8800").has_value());
}

TEST_F(RegistryClientTest, WhatIsNeededMustStillBeThere) {
  v1alpha1::BrowserProfile profile;
  profile.metadata.namespace_ = "default";
  profile.metadata.name = "work";
  profile.metadata.finalizers = {v1alpha1::BrowserProfile::kFinalizer};
  const auto made = client_.Create(Context(), profile);
  ASSERT_TRUE(made) << made.error().message;
  With with;
  with.claims = {Acquire("8800", session_.metadata.uid)};
  with.needs = {{v1alpha1::BrowserProfile::kResource, "default", "work", made->metadata.uid}};

  session_.status.phase = "Starting";
  const auto first = client_.WriteStatus(Context(), session_, with);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(client_.Get<v1alpha1::BrowserProfile>("default", "work")->metadata.resourceVersion,
            made->metadata.resourceVersion);

  const auto refused = [&] {
    BrowserSession next = *first;
    next.status.phase = "Running";
    With again = with;
    again.claims = {Acquire("8801", session_.metadata.uid)};
    return client_.WriteStatus(Context(), next, again).is(Code::kConflict) &&
           !client_.Claims()->Find(store::kClaimPortTcp, "host", "8801");
  };
  ASSERT_TRUE(client_.Delete(Context(), *made));
  EXPECT_TRUE(refused()) << "it is being deleted";
  const auto deleting = client_.Get<v1alpha1::BrowserProfile>("default", "work");
  ASSERT_TRUE(client_.RemoveFinalizer(Context(), *deleting, v1alpha1::BrowserProfile::kFinalizer));
  EXPECT_TRUE(refused()) << "it is gone";
  ASSERT_TRUE(client_.Create(Context(), profile));
  EXPECT_TRUE(refused()) << "another has its name";
}

TEST_F(RegistryClientTest, UnchangedStatusIsNoWrite) {
  session_.status.phase = "Starting";
  const auto first = client_.WriteStatus(Context(), session_);
  ASSERT_TRUE(first);
  const auto version = store_.Version();
  const auto second = client_.WriteStatus(Context(), *first);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(store_.Version(), version);
  EXPECT_EQ(second->metadata.resourceVersion, first->metadata.resourceVersion);
}

TEST_F(RegistryClientTest, ClaimsAloneDoNotChangeTheObject) {
  session_.status.phase = "Starting";
  const auto first = client_.WriteStatus(Context(), session_);
  ASSERT_TRUE(first);
  With with;
  with.claims = {Acquire("8801", session_.metadata.uid)};
  const auto second = client_.WriteStatus(Context(), *first, with);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->metadata.resourceVersion, first->metadata.resourceVersion);
  EXPECT_TRUE(client_.Claims()->Find(store::kClaimPortTcp, "host", "8801").has_value());
}

TEST_F(RegistryClientTest, StaleStatusIsAConflictAndTakesNoClaim) {
  BrowserSession stale = session_;
  session_.status.phase = "Starting";
  ASSERT_TRUE(client_.WriteStatus(Context(), session_));
  stale.status.phase = "Running";
  With with;
  with.claims = {Acquire("8802", stale.metadata.uid)};
  const auto result = client_.WriteStatus(Context(), stale, with);
  ASSERT_TRUE(result.is(Code::kConflict));
  EXPECT_EQ(result.error().reason, "ResourceVersion");
  EXPECT_FALSE(client_.Claims()->Find(store::kClaimPortTcp, "host", "8802").has_value());
}

TEST_F(RegistryClientTest, ClaimHeldByAnotherRefusesTheWholeWrite) {
  ASSERT_TRUE(client_.ChangeClaims(Context(), {Acquire("8803", "somebody-else")}));
  session_.status.phase = "Starting";
  With with;
  with.claims = {Acquire("8803", session_.metadata.uid)};
  const auto result = client_.WriteStatus(Context(), session_, with);
  ASSERT_TRUE(result.is(Code::kConflict));
  EXPECT_EQ(result.error().reason, "ClaimHeld");
  EXPECT_EQ(client_.Get<BrowserSession>("default", "a")->status.phase, "");
}

TEST_F(RegistryClientTest, SecretsAreCreatedOnceWithTheStatus) {
  Secret secret;
  secret.metadata.name = "bs-x";
  secret.metadata.namespace_ = "default";
  secret.data = {{"user-password", "Zmlyc3Q="}};
  session_.status.phase = "Starting";
  With with;
  with.create_secrets = {secret};
  const auto first = client_.WriteStatus(Context(), session_, with);
  ASSERT_TRUE(first) << first.error().message;
  with.create_secrets[0].data["user-password"] = "c2Vjb25k";
  BrowserSession again = *first;
  again.status.phase = "Running";
  ASSERT_TRUE(client_.WriteStatus(Context(), again, with));
  const auto stored = client_.Get<Secret>("default", "bs-x");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->data.at("user-password"), "Zmlyc3Q=");
}

TEST_F(RegistryClientTest, LastFinalizerRemovesTheObjectAndItsClaimsTogether) {
  ASSERT_TRUE(client_.ChangeClaims(Context(), {Acquire("8804", session_.metadata.uid)}));
  ASSERT_TRUE(client_.Delete(Context(), session_));
  ASSERT_TRUE(client_.Get<BrowserSession>("default", "a")->metadata.deleting());
  With with;
  with.claims = {{store::ClaimChange::Op::kReleaseOwner, {"", "", "", session_.metadata.uid, ""}}};
  const auto removed =
      client_.RemoveFinalizer(Context(), session_, BrowserSession::kFinalizer, with);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_TRUE(client_.Get<BrowserSession>("default", "a").is(Code::kNotFound));
  EXPECT_FALSE(client_.Claims()->Find(store::kClaimPortTcp, "host", "8804").has_value());
}

TEST_F(RegistryClientTest, FinalizersComeAndGoWithoutTouchingTheRest) {
  ASSERT_TRUE(client_.AddFinalizer(Context(), session_, "x.org/guard"));
  ASSERT_TRUE(client_.AddFinalizer(Context(), session_, "x.org/guard"));
  auto read = client_.Get<BrowserSession>("default", "a");
  EXPECT_EQ(read->metadata.finalizers,
            (std::vector<std::string>{BrowserSession::kFinalizer, "x.org/guard"}));
  EXPECT_EQ(read->metadata.generation, 1);
  ASSERT_TRUE(client_.RemoveFinalizer(Context(), session_, "x.org/guard"));
  EXPECT_EQ(client_.Get<BrowserSession>("default", "a")->metadata.finalizers.size(), 1U);
}

TEST_F(RegistryClientTest, AnotherObjectOfTheSameNameIsLeftAlone) {
  BrowserSession other = session_;
  other.metadata.uid = "00000000-0000-4000-8000-000000000000";
  EXPECT_TRUE(
      client_.RemoveFinalizer(Context(), other, BrowserSession::kFinalizer).is(Code::kConflict));
  EXPECT_TRUE(client_.Delete(Context(), other));
  EXPECT_FALSE(client_.Get<BrowserSession>("default", "a")->metadata.deleting());
}

TEST_F(RegistryClientTest, DeletingWhatIsGoneSucceeds) {
  BrowserSession ghost = session_;
  ghost.metadata.name = "ghost";
  EXPECT_TRUE(client_.Delete(Context(), ghost));
}

TEST_F(RegistryClientTest, StoppedContextWritesNothing) {
  std::stop_source source;
  source.request_stop();
  session_.status.phase = "Starting";
  EXPECT_TRUE(client_.WriteStatus(Context(source.get_token()), session_).is(Code::kCancelled));
}

}  // namespace
}  // namespace nekoplane::registry
