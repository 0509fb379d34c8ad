#include "controller/runtime/docker/engine_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nekoplane::runtime::docker {
namespace {

struct Case {
  const char* name;
  Ask ask;
  int status;
  const char* body;
  Code code;
  const char* reason;
};

class EngineErrorTest : public testing::TestWithParam<Case> {};

TEST_P(EngineErrorTest, IsMapped) {
  const Case& c = GetParam();
  const Status got = MapEngineError(c.ask, c.status, c.body);
  EXPECT_EQ(got.code, c.code) << got.ToString();
  EXPECT_EQ(got.reason, c.reason);
}

INSTANTIATE_TEST_SUITE_P(
    All, EngineErrorTest,
    testing::Values(
        Case{
            "PortAllocated", Ask::kStart, 500,
            R"({"message":"driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:8800 failed: port is already allocated"})",
            Code::kConflict, "PortInUse"},
        Case{
            "PortOfAProcess", Ask::kStart, 500,
            R"({"message":"Error starting userland proxy: listen tcp4 0.0.0.0:8800: bind: address already in use"})",
            Code::kConflict, "PortInUse"},
        Case{"PortInUseUpperCase", Ask::kStart, 500, R"({"message":"Ports are not available: x"})",
             Code::kConflict, "PortInUse"},
        Case{"DiskFull", Ask::kCreate, 500,
             R"({"message":"mkdir /var/lib/docker/x: no space left on device"})",
             Code::kInsufficientCapacity, "DiskFull"},
        Case{"NoImage", Ask::kCreate, 404, R"({"message":"No such image: neko:1"})",
             Code::kNotFound, "ImageNotFound"},
        Case{"NoImagePodman", Ask::kCreate, 404, R"({"message":"neko:1: image not known"})",
             Code::kNotFound, "ImageNotFound"},
        Case{"NoNetwork", Ask::kCreate, 404, R"({"message":"network web not found"})",
             Code::kInvalid, "CreateRefused"},
        Case{"NameTaken", Ask::kCreate, 409,
             R"({"message":"Conflict. The container name is in use"})", Code::kAlreadyExists,
             "NameTaken"},
        Case{"GoneAtStart", Ask::kStart, 404, R"({"message":"No such container: x"})",
             Code::kUnavailable, "Vanished"},
        Case{"MarkedForRemoval", Ask::kStart, 409,
             R"({"message":"container is marked for removal and cannot be started"})",
             Code::kUnavailable, "RemovalInProgress"},
        Case{"RemovalRunning", Ask::kRemove, 409,
             R"({"message":"removal of container x is already in progress"})", Code::kUnavailable,
             "RemovalInProgress"},
        Case{"NoContainer", Ask::kContainer, 404, R"({"message":"No such container: x"})",
             Code::kNotFound, "NoSuchContainer"},
        Case{
            "NoDevice", Ask::kStart, 500,
            R"({"message":"error gathering device information while adding custom device \"/dev/dri\": no such file or directory"})",
            Code::kInvalid, "DeviceNotFound"},
        Case{
            "NoGpu", Ask::kStart, 500,
            R"({"message":"could not select device driver \"nvidia\" with capabilities: [[gpu]]"})",
            Code::kInvalid, "GpuNotAvailable"},
        Case{"BadOption", Ask::kCreate, 400, R"({"message":"invalid CPU"})", Code::kInvalid,
             "RefusedByEngine"},
        Case{"VolumeInUse", Ask::kVolume, 409, R"({"message":"volume is in use - [x]"})",
             Code::kConflict, "VolumeInUse"},
        Case{"NoVolume", Ask::kVolume, 404, R"({"message":"no such volume"})", Code::kNotFound,
             "NoSuchVolume"},
        Case{
            "NoContainerPodman", Ask::kContainer, 404,
            R"({"cause":"no such container","message":"no container with name or ID \"x\" found: no such container","response":404})",
            Code::kNotFound, "NoSuchContainer"},
        Case{"ProxysNotFoundIsNoProof", Ask::kContainer, 404, "<h1>404 Not Found</h1>",
             Code::kUnavailable, "NotAnEngine"},
        Case{"WrongPathIsNoProof", Ask::kContainer, 404, R"({"message":"page not found"})",
             Code::kUnavailable, "NotAnEngine"},
        Case{"OtherThingIsNoProof", Ask::kContainer, 404, R"({"message":"no such network: x"})",
             Code::kUnavailable, "NotAnEngine"},
        Case{"NotAnEngine", Ask::kEngine, 404, "404 page not found", Code::kUnavailable,
             "NotAnEngine"},
        Case{
            "OtherVersion", Ask::kContainer, 400,
            R"({"message":"client version 1.47 is too new. Maximum supported API version is 1.41"})",
            Code::kUnavailable, "ApiVersionChanged"},
        Case{"Proxy", Ask::kContainer, 502, "<html>Bad Gateway</html>", Code::kUnavailable,
             "EngineError"},
        Case{"Forbidden", Ask::kCreate, 403, R"({"message":"authorization denied by plugin"})",
             Code::kForbidden, "RefusedByEngine"},
        Case{"EmptyBody", Ask::kStart, 500, "", Code::kUnavailable, "EngineError"}),
    [](const auto& row) { return row.param.name; });

TEST(EngineMessageTest, IsOneShortLine) {
  EXPECT_EQ(EngineMessage("a\nb\x01"
                          "c"),
            "a b c");
  EXPECT_LE(EngineMessage(std::string(100000, 'x')).size(), 400u);
  EXPECT_EQ(EngineMessage(R"({"message": 7})"), R"({"message": 7})");
}

TEST(MapPullErrorTest, TellsMissingFromForbiddenFromBroken) {
  EXPECT_EQ(MapPullError("manifest for x:y not found: manifest unknown").code, Code::kNotFound);
  EXPECT_EQ(MapPullError("pull access denied for x").code, Code::kForbidden);
  EXPECT_EQ(MapPullError("write /var/x: no space left on device").reason, "DiskFull");
  EXPECT_EQ(MapPullError("net/http: TLS handshake timeout").code, Code::kUnavailable);
}

}  // namespace
}  // namespace nekoplane::runtime::docker
