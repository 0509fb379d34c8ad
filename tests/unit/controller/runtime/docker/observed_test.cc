#include "controller/runtime/docker/observed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nekoplane::runtime::docker {
namespace {

using Json = nlohmann::json;
using Phase = Observed::Phase;

Json Labels() {
  return {{"nekoplane.dev/installation", "inst"},  {"nekoplane.dev/session-uid", "u1"},
          {"nekoplane.dev/session", "default/b1"}, {"nekoplane.dev/spec-hash", "h"},
          {"nekoplane.dev/http-port", "8800"},     {"nekoplane.dev/media-port", "59000"}};
}

Json Inspect() {
  return {{"Id", "3f2a"},
          {"Name", "/nekoplane-u1"},
          {"Created", "2026-01-02T03:04:05.123456789Z"},
          {"Image", "sha256:abc"},
          {"Config", {{"Labels", Labels()}}},
          {"State",
           {{"Status", "running"},
            {"ExitCode", 0},
            {"OOMKilled", false},
            {"StartedAt", "2026-01-02T03:04:06Z"}}}};
}

Json Listed() {
  return Json::array({{{"Id", "3f2a"},
                       {"Names", {"/other/alias", "/nekoplane-u1"}},
                       {"ImageID", "sha256:abc"},
                       {"Labels", Labels()},
                       {"State", "exited"},
                       {"Status", "Exited (137) 5 minutes ago"},
                       {"Created", 1767323045}}});
}

TEST(ObservedTest, InspectReadsEverything) {
  const auto got = ParseInspect(Inspect().dump());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id, "3f2a");
  EXPECT_TRUE(IsOurs(*got, "inst", "u1"));
  EXPECT_EQ(got->seen.session_namespace, "default");
  EXPECT_EQ(got->seen.session_name, "b1");
  EXPECT_EQ(got->seen.spec_hash, "h");
  EXPECT_EQ(got->seen.phase, Phase::kRunning);
  EXPECT_EQ(got->seen.image, "sha256:abc");
  EXPECT_EQ(got->seen.http_port, 8800);
  EXPECT_EQ(got->seen.media_port, 59000);
  EXPECT_EQ(FormatTime(got->seen.created_at), "2026-01-02T03:04:05Z");
  EXPECT_EQ(FormatTime(got->seen.started_at), "2026-01-02T03:04:06Z");
}

TEST(ObservedTest, ListReadsTheExitCodeFromWords) {
  const auto got = ParseList(Listed().dump());
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 1u);
  EXPECT_EQ((*got)[0].name, "nekoplane-u1");
  EXPECT_EQ((*got)[0].seen.phase, Phase::kExited);
  EXPECT_EQ((*got)[0].seen.exit_code, 137);
  EXPECT_EQ(FormatTime((*got)[0].seen.created_at), "2026-01-02T03:04:05Z");
}

TEST(ObservedTest, ContainerOfAnImageCommittedFromOursIsNotOurs) {
  Json json = Inspect();
  json["Name"] = "/somebodys-copy";
  EXPECT_FALSE(IsOurs(*ParseInspect(json.dump()), "inst", "u1"));
}

TEST(ObservedTest, ContainerWithoutLabelsIsNobodysAndNoError) {
  Json json = Inspect();
  json["Config"]["Labels"] = nullptr;
  const auto got = ParseInspect(json.dump());
  ASSERT_TRUE(got);
  EXPECT_FALSE(IsOurs(*got, "inst", "u1"));
  EXPECT_FALSE(IsOurs(*got, "", ""));
}

TEST(ObservedTest, LabelsWithRubbishDoNotSpoilTheReply) {
  Json json = Inspect();
  json["Config"]["Labels"]["nekoplane.dev/http-port"] = "99999999999999999999";
  json["Config"]["Labels"]["nekoplane.dev/session"] = "no-slash";
  const auto got = ParseInspect(json.dump());
  ASSERT_TRUE(got);
  EXPECT_EQ(got->seen.http_port, 0);
  EXPECT_EQ(got->seen.session_name, "");
}

struct PhaseCase {
  const char* word;
  Phase want;
};

class PhaseTest : public testing::TestWithParam<PhaseCase> {};

TEST_P(PhaseTest, IsUnderstood) {
  Json json = Inspect();
  json["State"]["Status"] = GetParam().word;
  EXPECT_EQ(ParseInspect(json.dump())->seen.phase, GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Words, PhaseTest,
    testing::Values(PhaseCase{"created", Phase::kCreated}, PhaseCase{"configured", Phase::kCreated},
                    PhaseCase{"running", Phase::kRunning}, PhaseCase{"paused", Phase::kRunning},
                    PhaseCase{"restarting", Phase::kRunning}, PhaseCase{"exited", Phase::kExited},
                    PhaseCase{"stopped", Phase::kExited}, PhaseCase{"removing", Phase::kExited},
                    PhaseCase{"dead", Phase::kExited}),
    [](const auto& row) { return row.param.word; });

// Every member set to every wrong thing: an error or a fact, never a crash, and never "not found".
void SpoilEverywhere(const Json& right, const std::function<Code(const std::string&)>& parse) {
  const Json rubbish[] = {
      nullptr, true, -1, 1e300, "x", Json::array({1}), {{"a", 1}}, std::string(10, '\0')};
  const Json flat = right.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& wrong : rubbish) {
      Json spoilt = right;
      spoilt[Json::json_pointer(pointer)] = wrong;
      const Code code = parse(spoilt.dump());
      EXPECT_EQ(code, Code::kUnavailable) << pointer << " = " << wrong;
    }
  }
  const std::string text = right.dump();
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(parse(text.substr(0, i)), Code::kUnavailable) << "cut at " << i;
  }
}

template <class T>
Code ErrorOrUnavailable(const Result<T>& result) {
  // A reply that still makes sense is fine, too.
  return result ? Code::kUnavailable : result.error().code;
}

TEST(ObservedTest, LyingInspectIsUnavailable) {
  SpoilEverywhere(Inspect(),
                  [](const auto& text) { return ErrorOrUnavailable(ParseInspect(text)); });
}

TEST(ObservedTest, LyingListIsUnavailable) {
  SpoilEverywhere(Listed(), [](const auto& text) { return ErrorOrUnavailable(ParseList(text)); });
}

struct BadReplyCase {
  const char* name;
  std::string body;
};

class BadReplyTest : public testing::TestWithParam<BadReplyCase> {};

TEST_P(BadReplyTest, IsNeverAFact) {
  const std::string& body = GetParam().body;
  const Status errors[] = {ParseInspect(body).error(), ParseList(body).error(),
                           ParseCreated(body).error(), ParseVolume(body).error(),
                           ParseVolumes(body).error(), ParseVersion(body).error(),
                           ParseInfo(body).error(),    ParseImage(body).error()};
  for (const Status& error : errors) {
    EXPECT_EQ(error.code, Code::kUnavailable);
    EXPECT_EQ(error.reason, "BadReply");
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BadReplyTest,
    testing::Values(BadReplyCase{"Empty", ""}, BadReplyCase{"Rubbish", "\x01\xff{"},
                    BadReplyCase{"Null", "null"}, BadReplyCase{"Number", "7"},
                    BadReplyCase{"ListOfNumbers", "[1,2]"},
                    BadReplyCase{"TooDeep", std::string(200000, '[')},
                    BadReplyCase{"Html", "<html>502 Bad Gateway</html>"},
                    BadReplyCase{"WrongTypes",
                                 R"({"Id": 1, "Name": [], "Volumes": "x", "Version": {},
                                     "MemTotal": "much"})"}),
    [](const auto& row) { return row.param.name; });

TEST(ObservedTest, VolumesMayBeNull) {
  const auto got = ParseVolumes(R"({"Volumes": null, "Warnings": null})");
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->empty());
}

TEST(ObservedTest, VolumeTellsItsOwner) {
  const auto got = ParseVolume(
      R"({"Name": "v", "CreatedAt": "2026-01-02T05:04:05+02:00",
          "Labels": {"nekoplane.dev/installation": "inst", "nekoplane.dev/profile-uid": "p"}})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->installation, "inst");
  EXPECT_EQ(got->seen.profile_uid, "p");
  EXPECT_EQ(FormatTime(got->seen.created_at), "2026-01-02T03:04:05Z");
}

TEST(ObservedTest, PodmanIsRecognised) {
  const auto got = ParseVersion(
      R"({"Version": "4.3.1", "ApiVersion": "1.41", "Arch": "arm64",
          "Components": [{"Name": "Podman Engine"}, {"Name": "Conmon"}]})");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->name, "podman");
  EXPECT_EQ(got->arch, "arm64");
}

}  // namespace
}  // namespace nekoplane::runtime::docker
