#include "api/registry/strategy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "api/registry/base64.h"
#include "api/registry/strategies/checks.h"
#include "tests/unit/api/registry/fixture.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

// One object and the field that a strategy must complain about ("" = nothing).
struct Case {
  const char* name;
  json spec;
  const char* field;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name << " " << c.spec; }

std::string FieldsOf(const std::vector<FieldCause>& causes) {
  std::string out;
  for (const FieldCause& cause : causes) out += (out.empty() ? "" : " ") + cause.field;
  return out;
}

std::vector<FieldCause> Check(const Strategy& strategy, const char* kind, const json& spec) {
  std::vector<FieldCause> causes;
  strategy.Validate({{"apiVersion", "nekoplane.dev/v1alpha1"},
                     {"kind", kind},
                     {"metadata", {{"name", "a"}}},
                     {"spec", spec}},
                    nullptr, causes);
  return causes;
}

class SessionRulesTest : public ::testing::TestWithParam<Case> {};

TEST_P(SessionRulesTest, NameTheField) {
  const auto causes = Check(SessionStrategy(), "BrowserSession", GetParam().spec);
  EXPECT_EQ(FieldsOf(causes), GetParam().field);
}

json Env(const char* name) { return {{"env", json::array({{{"name", name}, {"value", "x"}}})}}; }

json Resources(json requests, json limits) {
  return {{"resources", {{"requests", std::move(requests)}, {"limits", std::move(limits)}}}};
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SessionRulesTest,
    ::testing::Values(
        Case{"Empty", json::object(), ""}, Case{"Https", {{"url", "https://x.org/a?b#c"}}, ""},
        Case{"UpperScheme", {{"url", "HTTP://x.org"}}, ""},
        Case{"Blank", {{"url", "about:blank"}}, ""},
        Case{"Ipv6", {{"url", "http://[::1]:8080/"}}, ""},
        Case{"OtherAbout", {{"url", "about:config"}}, "spec.url"},
        Case{"File", {{"url", "file:///etc/passwd"}}, "spec.url"},
        Case{"Script", {{"url", "javascript:alert(1)"}}, "spec.url"},
        Case{"NoScheme", {{"url", "example.org"}}, "spec.url"},
        Case{"NoHost", {{"url", "http:///x"}}, "spec.url"},
        Case{"OnlyPort", {{"url", "http://:80/"}}, "spec.url"},
        Case{"Space", {{"url", "http://x.org/a b"}}, "spec.url"},
        Case{"Newline", {{"url", "http://x.org/\n--flag"}}, "spec.url"},
        Case{"Delete", {{"url", "http://x.org/\x7f"}}, "spec.url"},
        Case{"Screen", {{"screen", "1920x1080@60"}}, ""},
        Case{"ScreenWithoutRate", {{"screen", "1920x1080"}}, "spec.screen"},
        Case{"ScreenZero", {{"screen", "0x1080@60"}}, "spec.screen"},
        Case{"ScreenLong", {{"screen", "19200x1080@60"}}, "spec.screen"},
        Case{"ScreenTail", {{"screen", "1x1@1x"}}, "spec.screen"},
        Case{"Durations", {{"lifecycle", {{"maxIdleDuration", "1h30m"}, {"maxAge", ""}}}}, ""},
        Case{"BadDuration", {{"lifecycle", {{"maxAge", "5 minutes"}}}}, "spec.lifecycle.maxAge"},
        Case{"NegativeDuration",
             {{"lifecycle", {{"maxIdleDuration", "-1m"}}}},
             "spec.lifecycle.maxIdleDuration"},
        Case{"BadShutdown",
             {{"lifecycle", {{"shutdownTime", "tonight"}}}},
             "spec.lifecycle.shutdownTime"},
        Case{"NegativeTtl",
             {{"lifecycle", {{"ttlSecondsAfterFinished", -1}}}},
             "spec.lifecycle.ttlSecondsAfterFinished"},
        Case{"Resources", Resources({{"memory", "1Gi"}, {"cpu", "500m"}}, {{"memory", "1024Mi"}}),
             ""},
        Case{"TooMuchMemory", Resources({{"memory", "2Gi"}}, {{"memory", "1Gi"}}),
             "spec.resources.requests[memory]"},
        Case{"TooMuchCpu", Resources({{"cpu", "2"}}, {{"cpu", "1500m"}}),
             "spec.resources.requests[cpu]"},
        Case{"NoQuantity", Resources({{"memory", "lots"}}, json::object()),
             "spec.resources.requests[memory]"},
        Case{"OtherResource", Resources({{"disk", "1Gi"}}, json::object()),
             "spec.resources.requests"},
        Case{"Reference", {{"classRef", {{"name", "No_Class"}}}}, "spec.classRef.name"},
        Case{"NodeName", {{"nodeName", "a/b"}}, "spec.nodeName"}, Case{"OwnEnv", Env("LANG"), ""},
        Case{"NekoCapture", Env("NEKO_CAPTURE_VIDEO_CODEC"), ""},
        Case{"EnvBind", Env("NEKO_SERVER_BIND"), "spec.env[0].name"},
        Case{"EnvPassword", Env("NEKO_MEMBER_MULTIUSER_USER_PASSWORD"), "spec.env[0].name"},
        Case{"EnvNat", Env("NEKO_WEBRTC_NAT1TO1"), "spec.env[0].name"},
        Case{"EnvConfig", Env("NEKO_CONFIG"), "spec.env[0].name"},
        Case{"EnvV2", Env("NEKO_PASSWORD_ADMIN"), "spec.env[0].name"},
        Case{"EnvV2Broadcast", Env("NEKO_BROADCAST_URL"), "spec.env[0].name"},
        Case{"EnvV2Video", Env("NEKO_HWENC"), "spec.env[0].name"},
        Case{"EnvSyntax", Env("A B"), "spec.env[0].name"},
        Case{"EnvEmpty", Env(""), "spec.env[0].name"},
        Case{"EnvTwice",
             {{"env",
               json::array({{{"name", "A"}, {"value", ""}}, {{"name", "A"}, {"value", ""}}})}},
             "spec.env[1].name"}),
    [](const auto& i) { return i.param.name; });

std::vector<FieldCause> Transition(json before, json after, const char* placed) {
  const auto wrap = [](json spec) {
    return json{
        {"kind", "BrowserSession"}, {"metadata", {{"name", "a"}}}, {"spec", std::move(spec)}};
  };
  json old = wrap(std::move(before));
  old["status"] = {{"nodeName", placed}};
  std::vector<FieldCause> causes;
  SessionStrategy().Validate(wrap(std::move(after)), &old, causes);
  return causes;
}

TEST(SessionTransitionTest, ProfileIsForLife) {
  const json a = {{"profileRef", {{"name", "a"}}}};
  const json b = {{"profileRef", {{"name", "b"}}}};
  EXPECT_EQ(FieldsOf(Transition(a, b, "")), "spec.profileRef");
  EXPECT_EQ(FieldsOf(Transition(a, json::object(), "")), "spec.profileRef");
  EXPECT_EQ(FieldsOf(Transition(a, a, "")), "");
}

TEST(SessionTransitionTest, NodeMayChangeUntilPlaced) {
  const json a = {{"nodeName", "a"}};
  const json b = {{"nodeName", "b"}};
  EXPECT_EQ(FieldsOf(Transition(a, b, "")), "");
  EXPECT_EQ(FieldsOf(Transition(a, b, "a")), "spec.nodeName");
  EXPECT_EQ(FieldsOf(Transition(json::object(), b, "b")), "");
  EXPECT_EQ(FieldsOf(Transition(a, json::object(), "a")), "");
}

TEST(SessionTransitionTest, ClassMayChange) {
  EXPECT_EQ(
      FieldsOf(Transition({{"classRef", {{"name", "a"}}}}, {{"classRef", {{"name", "b"}}}}, "n")),
      "");
}

class NodeRulesTest : public ::testing::TestWithParam<Case> {};

TEST_P(NodeRulesTest, NameTheField) {
  EXPECT_EQ(FieldsOf(Check(NodeStrategy(), "BrowserNode", GetParam().spec)), GetParam().field);
}

json Node(json change = json::object()) {
  json spec = {
      {"docker", {{"endpoint", "unix:///run/docker.sock"}}},
      {"address", "192.168.1.5"},
      {"ports",
       {{"http", {{"from", 8800}, {"to", 9799}}}, {"media", {{"from", 59000}, {"to", 59999}}}}}};
  spec.merge_patch(change);
  return spec;
}

json Endpoint(const std::string& endpoint, json tls = nullptr) {
  return Node({{"docker", {{"endpoint", endpoint}, {"tls", std::move(tls)}}}});
}

json Taint(const char* key, const char* value) {
  return Node(
      {{"taints", json::array({{{"key", key}, {"value", value}, {"effect", "NoSchedule"}}})}});
}

INSTANTIATE_TEST_SUITE_P(
    Cases, NodeRulesTest,
    ::testing::Values(
        Case{"Good", Node(), ""}, Case{"Ipv6", Node({{"address", "fd00::7"}}), ""},
        Case{"BothEngines", Node({{"taosWorker", {{"url", "http://w:7080"}}}}), "spec.taosWorker"},
        Case{"NoEngine", Node({{"docker", nullptr}}), "spec"},
        Case{"Worker", Node({{"docker", nullptr}, {"taosWorker", {{"url", "http://w:7080"}}}}), ""},
        Case{"WorkerUrl", Node({{"docker", nullptr}, {"taosWorker", {{"url", "w:7080"}}}}),
             "spec.taosWorker.url"},
        Case{"Endpoint", Node({{"docker", {{"endpoint", "/run/docker.sock"}}}}),
             "spec.docker.endpoint"},
        Case{"HostName", Node({{"address", "nas.local"}}), "spec.address"},
        Case{"AddressList", Node({{"address", "10.0.0.1,100.64.0.1"}}), "spec.address"},
        Case{"NoAddress", Node({{"address", nullptr}}), "spec.address"},
        Case{"Wildcard", Node({{"address", "0.0.0.0"}}), "spec.address"},
        Case{"Backwards", Node({{"ports", {{"http", {{"from", 9000}, {"to", 8000}}}}}}),
             "spec.ports.http"},
        Case{"TooHigh", Node({{"ports", {{"media", {{"from", 65000}, {"to", 65536}}}}}}),
             "spec.ports.media"},
        Case{"Zero", Node({{"ports", {{"http", {{"from", 0}, {"to", 10}}}}}}), "spec.ports.http"},
        Case{"Overlap", Node({{"ports", {{"media", {{"from", 9000}, {"to", 9100}}}}}}),
             "spec.ports.media"},
        Case{"Touching", Node({{"ports", {{"media", {{"from", 9800}, {"to", 9900}}}}}}), ""},
        Case{"Capacity", Node({{"capacity", {{"memory", "much"}}}}), "spec.capacity.memory"},
        Case{"Tls", Endpoint("tcp://10.0.0.7:2376", {{"secretRef", {{"name", "c"}}}}), ""},
        Case{"TlsOnSocket", Endpoint("unix:///d.sock", {{"secretRef", {{"name", "c"}}}}),
             "spec.docker.tls"},
        Case{"TlsOnSsh", Endpoint("ssh://nas", {{"secretRef", {{"name", "c"}}}}),
             "spec.docker.tls"},
        Case{"Ssh", Endpoint("ssh://me@nas.local:2222"), ""},
        Case{"SshBare", Endpoint("ssh://nas"), ""},
        Case{"SshV6", Endpoint("ssh://me@[fd00::7]:22"), ""},
        Case{"SshOption", Endpoint("ssh://-oProxyCommand=x"), "spec.docker.endpoint"},
        Case{"SshUserOption", Endpoint("ssh://-l@nas"), "spec.docker.endpoint"},
        Case{"SshNoUser", Endpoint("ssh://@nas"), "spec.docker.endpoint"},
        Case{"SshNoHost", Endpoint("ssh://me@"), "spec.docker.endpoint"},
        Case{"SshPort", Endpoint("ssh://nas:65536"), "spec.docker.endpoint"},
        Case{"SshPortText", Endpoint("ssh://nas:22x"), "spec.docker.endpoint"},
        Case{"SshPath", Endpoint("ssh://nas:22/run/user/1000/docker.sock"), ""},
        Case{"SshPathBreaksOut", Endpoint("ssh://nas/a:/b"), "spec.docker.endpoint"},
        Case{"SshPathTooLong", Endpoint("ssh://nas/" + std::string(107, 'x')),
             "spec.docker.endpoint"},
        Case{"SshV6Zone", Endpoint("ssh://[fe80::7%eth0]"), ""},
        Case{"SshNameInBrackets", Endpoint("ssh://[nas]"), "spec.docker.endpoint"},
        Case{"SshSpace", Endpoint("ssh://nas -v"), "spec.docker.endpoint"},
        Case{"SshV6Open", Endpoint("ssh://[fd00::7"), "spec.docker.endpoint"},
        Case{"Drain", Node({{"drain", {{"policy", "Evict"}, {"deadline", "1h30m"}}}}), ""},
        Case{"DrainForever", Node({{"drain", {{"policy", "WaitForUsers"}}}}), ""},
        Case{"DrainDeadline", Node({{"drain", {{"deadline", "soon"}}}}), "spec.drain.deadline"},
        Case{"DrainMigrate", Node({{"drain", {{"policy", "Migrate"}}}}), "spec.drain.policy"},
        Case{"Taint", Taint("example.org/gpu", "big-one"), ""},
        Case{"TaintBare", Taint("quiet", ""), ""},
        Case{"TaintKey", Taint("a b", ""), "spec.taints[0].key"},
        Case{"TaintPrefix", Taint("Not_Dns/x", ""), "spec.taints[0].key"},
        Case{"TaintValue", Taint("a", "-b"), "spec.taints[0].value"},
        Case{"Hints", Node({{"hardware", {{"soc", "rk3588"}, {"gpu", {{"vendor", "intel"}}}}}}),
             ""},
        Case{"HintSpelling", Node({{"hardware", {{"gpu", {{"vendor", "NVIDIA"}}}}}}),
             "spec.hardware.gpu.vendor"},
        Case{"HintSoc", Node({{"hardware", {{"soc", "rockchip,rk3588"}}}}), "spec.hardware.soc"},
        Case{"HintCount", Node({{"hardware", {{"gpu", {{"vendor", "amd"}, {"count", -1}}}}}}),
             "spec.hardware.gpu.count"}),
    [](const auto& i) { return i.param.name; });

std::vector<FieldCause> Redrain(json before, json after) {
  const auto wrap = [](json drain) {
    return json{{"kind", "BrowserNode"},
                {"metadata", {{"name", "a"}}},
                {"spec", Node({{"drain", std::move(drain)}})}};
  };
  std::vector<FieldCause> causes;
  const json old = wrap(std::move(before));
  NodeStrategy().Validate(wrap(std::move(after)), &old, causes);
  return causes;
}

TEST(NodeDrainTest, MigrateIsRefusedWithWhatToDoInstead) {
  const auto causes = Redrain({{"policy", "Evict"}}, {{"policy", "Migrate"}});
  ASSERT_EQ(FieldsOf(causes), "spec.drain.policy");
  EXPECT_NE(causes[0].message.find("profiles cannot be moved yet; use WaitForUsers or Evict"),
            std::string::npos)
      << causes[0].message;
}

TEST(NodeDrainTest, MigrateThatWasStoredBeforeDoesNotBlockOtherChanges) {
  EXPECT_EQ(FieldsOf(Redrain({{"policy", "Migrate"}}, {{"policy", "Migrate"}})), "");
}

TEST(NodeFinalizerTest, ComesWithTheNodeAndStaysUntilItIsDeleted) {
  json node = {{"metadata", {{"name", "a"}}}};
  NodeStrategy().Prepare(node, nullptr);
  EXPECT_EQ(node["metadata"]["finalizers"], json({"nekoplane.dev/node"}));
  node = {{"metadata", {{"name", "a"}, {"deletionTimestamp", "2026-01-01T00:00:00Z"}}}};
  NodeStrategy().Prepare(node, nullptr);
  EXPECT_FALSE(node["metadata"].contains("finalizers")) << "nobody could force the deletion";
}

class ClassRulesTest : public ::testing::TestWithParam<Case> {};

TEST_P(ClassRulesTest, NameTheField) {
  EXPECT_EQ(FieldsOf(Check(ClassStrategy(), "BrowserClass", GetParam().spec)), GetParam().field);
}

json Variant(json change) {
  json variant = {{"name", "v"}, {"image", "neko/chromium"}};
  variant.merge_patch(change);
  return {{"variants", json::array({variant})}};
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ClassRulesTest,
    ::testing::Values(
        Case{"Good", Variant({}), ""}, Case{"NoVariants", json::object(), "spec.variants"},
        Case{"NoImage", Variant({{"image", ""}}), "spec.variants[0].image"},
        Case{"ImageSpace", Variant({{"image", "a b"}}), "spec.variants[0].image"},
        Case{"Shm", Variant({{"shmSize", "big"}}), "spec.variants[0].shmSize"},
        Case{"Device", Variant({{"devices", {"dri"}}}), "spec.variants[0].devices[0]"},
        Case{"HardwareEncoder",
             Variant({{"env", json::array({{{"name", "NEKO_HWENC"}, {"value", "VAAPI"}}})}}), ""},
        Case{"OwnedEnv", Variant({{"env", json::array({{{"name", "NEKO_BIND"}, {"value", ""}}})}}),
             "spec.variants[0].env[0].name"}),
    [](const auto& i) { return i.param.name; });

TEST(SecretStrategyTest, StringDataBecomesDataAndWins) {
  json secret = {{"metadata", {{"name", "a"}}},
                 {"data", {{"k", Base64Encode("old")}, {"other", Base64Encode("x")}}},
                 {"stringData", {{"k", "new"}}}};
  SecretStrategy().Prepare(secret, nullptr);
  EXPECT_EQ(secret["data"], (json{{"k", Base64Encode("new")}, {"other", Base64Encode("x")}}));
  EXPECT_FALSE(secret.contains("stringData"));
  EXPECT_EQ(secret["type"], "Opaque");
}

TEST(SecretStrategyTest, BadBase64IsRefusedWithoutShowingTheValue) {
  std::vector<FieldCause> causes;
  SecretStrategy().Validate({{"data", {{"k", "hunter2!"}}}}, nullptr, causes);
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_EQ(causes[0].field, "data[k]");
  EXPECT_EQ(causes[0].message.find("hunter2"), std::string::npos);
}

TEST(SecretStrategyTest, TypeIsImmutable) {
  const json old = {{"type", "Opaque"}};
  std::vector<FieldCause> causes;
  SecretStrategy().Validate({{"type", "other"}}, &old, causes);
  EXPECT_EQ(FieldsOf(causes), "type");
}

TEST(Base64Test, RoundTripsAndRefusesGarbage) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(Base64Decode(Base64Encode(text)), text);
  }
  EXPECT_EQ(Base64Encode("foob"), "Zm9vYg==");
  EXPECT_EQ(Base64UrlEncode("\xff\xfe\xfd"), "__79");
  for (const char* bad : {"Z", "Zm9", "Zm9vYg=", "Zm=v", "Zm9v!", "====", "Zm9vYg==="}) {
    EXPECT_FALSE(Base64Decode(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace nekoplane::registry
