#include "reconcilers/session/instance_spec.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "reconcilers/session/start_page.h"
#include "tests/unit/reconcilers/session/fixture.h"

namespace nekoplane::reconcilers::session {
namespace {

std::map<std::string, runtime::EnvValue> EnvOf(const runtime::InstanceSpec& spec) {
  std::map<std::string, runtime::EnvValue> env;
  for (const auto& e : spec.env) EXPECT_TRUE(env.emplace(e.name, e).second) << e.name << " twice";
  return env;
}

TEST(InstanceSpecTest, SetsEverythingThatNekoDependsOn) {
  const Inputs in = PlacedOnHost();
  const auto spec = BuildInstanceSpec(in);
  ASSERT_TRUE(spec.has_value());
  const auto env = EnvOf(*spec);
  const std::map<std::string, std::string> want = {
      {"NEKO_SERVER_BIND", ":8080"},
      {"NEKO_SERVER_PROXY", "true"},
      {"NEKO_PLUGINS_ENABLED", "true"},
      {"NEKO_PLUGINS_DIR", "/etc/neko/plugins/"},
      {"NEKO_MEMBER_PROVIDER", "multiuser"},
      {"NEKO_MEMBER_MULTIUSER_USER_PASSWORD", "user"},
      {"NEKO_MEMBER_MULTIUSER_ADMIN_PASSWORD", "admin"},
      {"NEKO_SESSION_API_TOKEN", "token"},
      {"NEKO_SESSION_COOKIE_ENABLED", "false"},
      {"NEKO_SESSION_IMPLICIT_HOSTING", "true"},
      {"NEKO_WEBRTC_NAT1TO1", "192.0.2.10"},
      {"NEKO_WEBRTC_UDPMUX", "59000"},
      {"NEKO_WEBRTC_TCPMUX", "59000"},
      {"NEKO_WEBRTC_ICELITE", "true"},
      {"NEKO_DESKTOP_SCREEN", "1280x720@30"},
  };
  ASSERT_EQ(env.size(), want.size());
  for (const auto& [name, value] : want) {
    ASSERT_TRUE(env.contains(name)) << name;
    EXPECT_EQ(env.at(name).value, value) << name;
    const bool secret =
        name.find("PASSWORD") != std::string::npos || name.find("TOKEN") != std::string::npos;
    EXPECT_EQ(env.at(name).secret, secret) << name;
  }
  EXPECT_EQ(spec->image, testing::kStandIn);
  EXPECT_EQ(spec->hostname, "nekoplane");
  EXPECT_EQ(spec->http_port, 8800);
  EXPECT_EQ(spec->media_port, 59000);
  EXPECT_EQ(spec->profile->volume, "nekoplane-session-u1");
  EXPECT_EQ(spec->profile->path, "/home/neko");
  EXPECT_EQ(spec->profile->profile_uid, "");
  EXPECT_EQ(spec->shm_bytes, std::int64_t{2} << 30);
  EXPECT_EQ(spec->pids, 2048);
  EXPECT_EQ(spec->memory_bytes, 0);
  EXPECT_GE(spec->stop_timeout, seconds(20));
}

TEST(InstanceSpecTest, HostPublishesWhereItWasToldAndWorkersEverywhere) {
  Inputs in = PlacedOnHost();
  EXPECT_EQ(BuildInstanceSpec(in)->publish_address, "");
  in.options.host_publish_address = "10.0.0.7";
  EXPECT_EQ(BuildInstanceSpec(in)->publish_address, "10.0.0.7");
  in.node->metadata.name = "worker";
  EXPECT_EQ(BuildInstanceSpec(in)->publish_address, "");
}

TEST(InstanceSpecTest, SessionEnvWinsOverClassEnvAndNeitherOverOurs) {
  Inputs in = PlacedOnHost();
  in.browser_class->spec.variants[0].env = {{"LANG", "C"}, {"TZ", "UTC"}};
  in.session.spec.env = {{"LANG", "de_DE"},
                         {"NEKO_SESSION_API_TOKEN", "mine"},
                         {"NEKO_PASSWORD_ADMIN", "mine"},
                         {"NEKO_WEBRTC_UDPMUX", "1"}};
  const auto env = EnvOf(*BuildInstanceSpec(in));
  EXPECT_EQ(env.at("LANG").value, "de_DE");
  EXPECT_EQ(env.at("TZ").value, "UTC");
  EXPECT_EQ(env.at("NEKO_SESSION_API_TOKEN").value, "token");
  EXPECT_EQ(env.at("NEKO_WEBRTC_UDPMUX").value, "59000");
  EXPECT_FALSE(env.contains("NEKO_PASSWORD_ADMIN"));
}

TEST(InstanceSpecTest, LimitsOfTheSessionWinOverThoseOfTheClass) {
  Inputs in = PlacedOnHost();
  auto& variant = in.browser_class->spec.variants[0];
  variant.resources.limits = {{"memory", "4Gi"}, {"cpu", "2"}};
  variant.shmSize = "512Mi";
  variant.devices = {"/dev/dri"};
  variant.gpus = 1;
  in.session.spec.resources.limits = {{"memory", "2Gi"}};
  const auto spec = BuildInstanceSpec(in);
  EXPECT_EQ(spec->memory_bytes, std::int64_t{2} << 30);
  EXPECT_EQ(spec->milli_cpu, 2000);
  EXPECT_EQ(spec->shm_bytes, std::int64_t{512} << 20);
  EXPECT_EQ(spec->devices, std::vector<std::string>{"/dev/dri"});
  EXPECT_EQ(spec->gpus, 1);
}

TEST(InstanceSpecTest, NamedProfileIsMountedAsItsOwn) {
  Inputs in = PlacedOnHost();
  in.session.spec.profileRef = v1alpha1::LocalRef{"work"};
  in.profile = testing::MakeProfile("work", "p1");
  in.session.status.volume = "nekoplane-profile-p1";
  const auto spec = BuildInstanceSpec(in);
  EXPECT_EQ(spec->profile->volume, "nekoplane-profile-p1");
  EXPECT_EQ(spec->profile->profile_uid, "p1");
}

TEST(InstanceSpecTest, ClassWithoutAFittingVariantIsInvalid) {
  Inputs in = PlacedOnHost();
  in.browser_class->spec.variants[0].match.arch = {"arm64"};
  EXPECT_TRUE(BuildInstanceSpec(in).is(Code::kInvalid));
}

TEST(InstanceSpecTest, Ipv6AddressIsBracketed) {
  auto node = testing::MakeNode();
  node.spec.address = "2001:db8::1";
  EXPECT_EQ(NekoUrl(node, {.http = 8800, .media = 59000}), "http://[2001:db8::1]:8800/");
}

struct ScreenRow {
  const char* name;
  v1alpha1::Device device;
  const char *screen, *want;
};

class ScreenTest : public ::testing::TestWithParam<ScreenRow> {};

TEST_P(ScreenTest, SpecOverridesDevice) {
  auto session = testing::MakeSession("s");
  session.spec.device = GetParam().device;
  session.spec.screen = GetParam().screen;
  EXPECT_EQ(ScreenOf(session), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ScreenTest,
    ::testing::Values(ScreenRow{"Desktop", v1alpha1::Device::kDesktop, "", "1280x720@30"},
                      ScreenRow{"Mobile", v1alpha1::Device::kMobile, "", "800x1600@30"},
                      ScreenRow{"Own", v1alpha1::Device::kMobile, "1920x1080@60", "1920x1080@60"}),
    [](const auto& row) { return row.param.name; });

struct HashRow {
  const char* name;
  std::function<void(Inputs&)> change;
  bool recreates;
};

class SpecHashTest : public ::testing::TestWithParam<HashRow> {};

TEST_P(SpecHashTest, ChangesWithWhatNeedsANewContainer) {
  Inputs in = PlacedOnHost();
  const std::string before = SpecHash(in);
  EXPECT_EQ(before.size(), 32U);
  GetParam().change(in);
  EXPECT_EQ(SpecHash(in) != before, GetParam().recreates);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SpecHashTest,
    ::testing::Values(
        HashRow{"Nothing", [](Inputs&) {}, false},
        HashRow{"Url", [](Inputs& in) { in.session.spec.url = "https://x.example/"; }, false},
        HashRow{"Owner",
                [](Inputs& in) {
                  in.session.spec.owner = v1alpha1::SessionOwner{.kind = {}, .name = "me"};
                },
                false},
        HashRow{"Lifecycle", [](Inputs& in) { in.session.spec.lifecycle.maxAge = "1h"; }, false},
        HashRow{"Labels", [](Inputs& in) { in.session.metadata.labels["a"] = "b"; }, false},
        HashRow{"NodeSelector", [](Inputs& in) { in.session.spec.nodeSelector["a"] = "b"; }, false},
        HashRow{"Secrets",
                [](Inputs& in) {
                  in.secrets = Secrets{"x", "y", "z"};
                },
                false},
        HashRow{"ClassImage",
                [](Inputs& in) { in.browser_class->spec.variants[0].image = "other"; }, false},
        HashRow{"SameScreenSaidAloud", [](Inputs& in) { in.session.spec.screen = "1280x720@30"; },
                false},
        HashRow{"Screen", [](Inputs& in) { in.session.spec.screen = "800x600@30"; }, true},
        HashRow{"Device", [](Inputs& in) { in.session.spec.device = v1alpha1::Device::kMobile; },
                true},
        HashRow{"OtherClass", [](Inputs& in) { in.session.spec.classRef.name = "x"; }, true},
        HashRow{"Env",
                [](Inputs& in) {
                  in.session.spec.env = {{"A", "B"}};
                },
                true},
        HashRow{"Limits", [](Inputs& in) { in.session.spec.resources.limits["memory"] = "1Gi"; },
                true},
        HashRow{"Ports", [](Inputs& in) { in.session.status.ports->http = 8801; }, true},
        HashRow{"Volume", [](Inputs& in) { in.session.status.volume = "other"; }, true},
        HashRow{"PublishAddress", [](Inputs& in) { in.options.host_publish_address = "10.0.0.7"; },
                true},
        HashRow{"AdvertisedAddress", [](Inputs& in) { in.node->spec.address = "192.0.2.11"; },
                true}),
    [](const auto& row) { return row.param.name; });

TEST(SpecHashTest, PartsCannotBeMistakenForOneAnother) {
  Inputs a = PlacedOnHost(), b = a;
  a.session.spec.env = {{"A", "BC"}};
  b.session.spec.env = {{"AB", "C"}};
  EXPECT_NE(SpecHash(a), SpecHash(b));
}

TEST(StartPageTest, ChromiumGetsAPolicyAndOthersNone) {
  const auto page = StartPageFile("chromium", "https://example.org/?a=\"b\"");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->path, "/etc/chromium/policies/managed/nekoplane.json");
  EXPECT_EQ(page->content,
            R"({"RestoreOnStartup":4,"RestoreOnStartupURLs":["https://example.org/?a=\"b\""]})");
  EXPECT_FALSE(StartPageFile("firefox", "https://example.org/").has_value());
  EXPECT_FALSE(StartPageFile("chromium", "").has_value());
  EXPECT_FALSE(StartPageFile("chromium", "about:blank").has_value());
}

}  // namespace
}  // namespace nekoplane::reconcilers::session
