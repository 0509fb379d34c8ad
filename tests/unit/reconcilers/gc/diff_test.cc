#include "reconcilers/gc/diff.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace nekoplane::reconcilers::gc {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto kGrace = seconds(60);

struct Row {
  const char* name;
  std::string session;  // of the container on node "host"
  Duration age;
  std::map<std::string, Owners::Session> sessions;
  std::string want;  // "", "remove", "young"
};

class ContainerTest : public ::testing::TestWithParam<Row> {};

TEST_P(ContainerTest, GoesOnlyWithoutAnOwnerHere) {
  testing::FakeClock clock;
  const auto now = clock.WallNow();
  runtime::Observed container;
  container.session_uid = GetParam().session;
  container.created_at = now - GetParam().age;
  const auto findings = DiffMachine("host", {container}, {},
                                    {.sessions = GetParam().sessions, .profiles = {}}, now, kGrace);
  std::string got;
  for (const auto& f : findings) {
    EXPECT_EQ(f.name, "nekoplane-" + GetParam().session);
    EXPECT_TRUE(f.removable);
    EXPECT_FALSE(f.why.empty());
    got = f.too_young ? "young" : "remove";
  }
  EXPECT_EQ(got, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ContainerTest,
    ::testing::Values(Row{"Owned", "u1", minutes(5), {{"u1", {"host", true}}}, ""},
                      Row{"OwnerGone", "u1", minutes(5), {{"u2", {"host", true}}}, "remove"},
                      Row{"OwnerGoneButYoung", "u1", seconds(59), {}, "young"},
                      Row{"OwnerGoneAtTheGraceTime", "u1", seconds(60), {}, "remove"},
                      Row{"PlacedElsewhere", "u1", minutes(5), {{"u1", {"other", true}}}, "remove"},
                      Row{"PlacedNowhere", "u1", minutes(5), {{"u1", {"", true}}}, "remove"},
                      Row{"UnreadableOwnerIsAnOwner", "u1", minutes(5), {{"u1", {"", false}}}, ""},
                      Row{"NoSessionLabel", "", minutes(5), {}, ""}),
    [](const auto& row) { return row.param.name; });

// A session that left a lost node started with an empty profile elsewhere.
TEST(DiffTest, PrivateVolumeGoesWhenItsSessionHasAnotherElsewhere) {
  testing::FakeClock clock;
  const auto now = clock.WallNow();
  const std::vector<runtime::ObservedVolume> volumes = {
      {.name = "v1", .session_uid = "u1", .profile_uid = "", .created_at = now - minutes(5)}};
  const auto found = [&](const Owners::Session& session) {
    return DiffMachine("host", {}, volumes, {.sessions = {{"u1", session}}, .profiles = {}}, now,
                       kGrace)
        .size();
  };
  EXPECT_EQ(found({.node = "other", .readable = true, .volume = "v1"}), 1U);
  EXPECT_EQ(found({.node = "host", .readable = true, .volume = "v1"}), 0U);
  EXPECT_EQ(found({.node = "", .readable = true, .volume = ""}), 0U);  // may come back
  EXPECT_EQ(found({.node = "other", .readable = true, .volume = "profile"}), 0U);
  EXPECT_EQ(found({.node = "other", .readable = false, .volume = "v1"}), 0U);
}

TEST(DiffTest, PrivateVolumeGoesWithItsSession) {
  testing::FakeClock clock;
  const auto now = clock.WallNow();
  const std::vector<runtime::ObservedVolume> volumes = {
      {.name = "v1", .session_uid = "u1", .profile_uid = "", .created_at = now - minutes(5)},
      {.name = "v2", .session_uid = "u2", .profile_uid = "", .created_at = now - minutes(5)}};
  const auto findings =
      DiffMachine("host", {}, volumes, {.sessions = {{"u2", {"host", true, "v2"}}}, .profiles = {}},
                  now, kGrace);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].name, "v1");
  EXPECT_EQ(findings[0].what, What::kVolume);
  EXPECT_TRUE(findings[0].removable);
}

TEST(DiffTest, VolumeOfADeletedProfileIsShownButNeverRemoved) {
  testing::FakeClock clock;
  const auto now = clock.WallNow();
  const std::vector<runtime::ObservedVolume> volumes = {
      {.name = "kept", .session_uid = "", .profile_uid = "p1", .created_at = now - minutes(5)},
      {.name = "used", .session_uid = "", .profile_uid = "p2", .created_at = now - minutes(5)}};
  const auto findings =
      DiffMachine("host", {}, volumes, {.sessions = {}, .profiles = {"p2"}}, now, kGrace);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].name, "kept");
  EXPECT_FALSE(findings[0].removable);
}

TEST(DiffTest, ClaimsWithoutAnOwnerAreFound) {
  const std::vector<store::Claim> claims = {
      {"port-tcp", "host", "8800", "alive", ""},
      {"port-tcp", "host", "8801", "dead", ""},
      {"profile", "", "p1", "p1", ""},
  };
  const auto findings = DiffClaims(claims, {.sessions = {{"alive", {}}}, .profiles = {"p1"}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].claim, claims[1]);
  EXPECT_EQ(findings[0].name, "port-tcp host/8801");
}

TEST(DiffTest, SecretsOfSessionsThatAreGoneAreFound) {
  const auto secret = [](const char* name, std::vector<v1alpha1::OwnerReference> owners) {
    v1alpha1::Secret out;
    out.metadata.namespace_ = "default";
    out.metadata.name = name;
    out.metadata.ownerReferences = std::move(owners);
    return out;
  };
  const auto of = [](const char* kind, const char* uid) {
    return v1alpha1::OwnerReference{.kind = kind, .name = "s", .uid = uid};
  };
  const auto findings = DiffSecrets(
      {secret("peoples", {}), secret("living", {of("BrowserSession", "alive")}),
       secret("left", {of("BrowserSession", "dead")}), secret("others", {of("Deployment", "dead")}),
       secret("shared", {of("BrowserSession", "dead"), of("BrowserSession", "alive")})},
      {.sessions = {{"alive", {}}}, .profiles = {}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].name, "default/left");
  EXPECT_EQ(findings[0].why, "session default/s does not exist");
}

}  // namespace
}  // namespace nekoplane::reconcilers::gc
