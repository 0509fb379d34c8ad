#include "controller/runtime/docker/container_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/controller/runtime/docker/test_spec.h"

namespace nekoplane::runtime::docker {
namespace {

using Json = nlohmann::json;

// The whole body, so that a change of what we ask engines for is a change of this text.
TEST(ContainerConfigTest, FullSpecMakesExactlyThisBody) {
  const Json want = Json::parse(R"({
    "Image": "nekoplane/neko-standin:dev",
    "Hostname": "neko-1b2c",
    "Env": ["NEKO_SERVER_BIND=:8080", "NEKO_SESSION_API_TOKEN=t0ps3cret"],
    "Labels": {
      "nekoplane.dev/installation": "inst",
      "nekoplane.dev/session-uid": "1b2c",
      "nekoplane.dev/session": "default/my-browser",
      "nekoplane.dev/spec-hash": "hash1",
      "nekoplane.dev/http-port": "8800",
      "nekoplane.dev/media-port": "59000"
    },
    "ExposedPorts": {"8080/tcp": {}, "59000/udp": {}, "59000/tcp": {}},
    "Healthcheck": {"Test": ["NONE"]},
    "StopTimeout": 21,
    "HostConfig": {
      "PortBindings": {
        "8080/tcp": [{"HostIp": "", "HostPort": "8800"}],
        "59000/udp": [{"HostIp": "", "HostPort": "59000"}],
        "59000/tcp": [{"HostIp": "", "HostPort": "59000"}]
      },
      "Mounts": [{
        "Type": "volume", "Source": "nekoplane-session-1b2c", "Target": "/home/neko",
        "VolumeOptions": {"Labels": {
          "nekoplane.dev/installation": "inst", "nekoplane.dev/session-uid": "1b2c"}}
      }],
      "Memory": 4294967296,
      "NanoCpus": 1500000000,
      "ShmSize": 2147483648,
      "PidsLimit": 2048,
      "Privileged": false,
      "AutoRemove": false,
      "Init": false,
      "RestartPolicy": {"Name": "no"},
      "SecurityOpt": ["no-new-privileges"],
      "CapDrop": ["ALL"],
      "CapAdd": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"],
      "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    }
  })");
  const Json got = Json::parse(CreateBody(TestSpec(), "inst"));
  EXPECT_EQ(got, want) << Json::diff(want, got).dump(1);
}

TEST(ContainerConfigTest, ZeroLimitsAreNotSent) {
  InstanceSpec spec = TestSpec();
  spec.memory_bytes = spec.milli_cpu = spec.shm_bytes = spec.pids = 0;
  spec.profile.reset();
  const Json host = Json::parse(CreateBody(spec, "inst"))["HostConfig"];
  for (const char* key : {"Memory", "NanoCpus", "ShmSize", "PidsLimit", "Mounts", "Devices"}) {
    EXPECT_FALSE(host.contains(key)) << key;
  }
}

TEST(ContainerConfigTest, DevicesAndGpusAreHandedThrough) {
  InstanceSpec spec = TestSpec();
  spec.devices = {"/dev/dri"};
  spec.gpus = 1;
  spec.publish_address = "127.0.0.1";
  const Json host = Json::parse(CreateBody(spec, "inst"))["HostConfig"];
  EXPECT_EQ(host["Devices"],
            Json::parse(R"([{"PathOnHost": "/dev/dri", "PathInContainer": "/dev/dri",
                             "CgroupPermissions": "rwm"}])"));
  EXPECT_EQ(host["DeviceRequests"],
            Json::parse(R"([{"Driver": "nvidia", "Count": 1, "Capabilities": [["gpu"]]}])"));
  EXPECT_EQ(host["PortBindings"]["8080/tcp"][0]["HostIp"], "127.0.0.1");
}

TEST(ContainerConfigTest, VolumeOfAProfileCarriesTheProfile) {
  InstanceSpec spec = TestSpec();
  spec.profile = VolumeMount{ProfileVolumeName("p1"), "/home/neko", "p1"};
  EXPECT_EQ(VolumeLabels(spec, "inst"),
            (std::map<std::string, std::string>{{"nekoplane.dev/installation", "inst"},
                                                {"nekoplane.dev/profile-uid", "p1"}}));
}

TEST(ContainerConfigTest, BytesThatAreNoUtf8DoNotThrow) {
  InstanceSpec spec = TestSpec();
  spec.env.push_back({"X", "\xff\xfe", false});
  EXPECT_FALSE(CreateBody(spec, "inst").empty());
}

TEST(ContainerConfigTest, SecretsAreBlottedOut) {
  const Status status = WithoutSecrets(
      MakeStatus(Code::kInvalid, "X", "bad env t0ps3cret and again t0ps3cret, :8080"), TestSpec());
  EXPECT_EQ(status.message, "bad env *** and again ***, :8080");
}

struct BadSpec {
  const char* name;
  void (*spoil)(InstanceSpec&);
};

class CheckSpecTest : public testing::TestWithParam<BadSpec> {};

TEST_P(CheckSpecTest, IsRefused) {
  InstanceSpec spec = TestSpec();
  ASSERT_TRUE(CheckSpec(spec));
  GetParam().spoil(spec);
  const auto checked = CheckSpec(spec);
  ASSERT_TRUE(checked.is(Code::kInvalid));
  EXPECT_THAT(checked.error().message, testing::Not(testing::HasSubstr("t0ps3cret")));
}

INSTANTIATE_TEST_SUITE_P(
    All, CheckSpecTest,
    testing::Values(BadSpec{"NoUid", [](InstanceSpec& s) { s.session_uid = ""; }},
                    BadSpec{"UidWithSlash", [](InstanceSpec& s) { s.session_uid = "a/../b"; }},
                    BadSpec{"NoImage", [](InstanceSpec& s) { s.image = ""; }},
                    BadSpec{"NoHttpPort", [](InstanceSpec& s) { s.http_port = 0; }},
                    BadSpec{"MediaPortTooLarge", [](InstanceSpec& s) { s.media_port = 65536; }},
                    BadSpec{"MediaPortIsNekosOwn", [](InstanceSpec& s) { s.media_port = 8080; }},
                    BadSpec{"EnvWithoutName",
                            [](InstanceSpec& s) {
                              s.env = {{"", "t0ps3cret", true}};
                            }},
                    BadSpec{"EnvNameWithEquals",
                            [](InstanceSpec& s) {
                              s.env = {{"A=B", "t0ps3cret", true}};
                            }},
                    BadSpec{"EnvValueWithNul",
                            [](InstanceSpec& s) {
                              s.env = {{"A", std::string("t0ps3cret\0", 10), true}};
                            }},
                    BadSpec{"RelativeFile",
                            [](InstanceSpec& s) {
                              s.files = {{"etc/x", "", 0644}};
                            }},
                    BadSpec{"ClimbingFile",
                            [](InstanceSpec& s) {
                              s.files = {{"/etc/../x", "", 0644}};
                            }},
                    BadSpec{"VolumeWithSlash", [](InstanceSpec& s) { s.profile->volume = "/etc"; }},
                    BadSpec{"VolumeOnRoot", [](InstanceSpec& s) { s.profile->path = "/"; }}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::runtime::docker
