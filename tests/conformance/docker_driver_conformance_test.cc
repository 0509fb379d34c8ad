// What only a real engine can show: time, signals, capabilities, data on disk.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "api/http/client.h"
#include "tests/conformance/docker_world.h"

namespace nekoplane::conformance {
namespace {

using Steady = std::chrono::steady_clock;

class DockerDriverConformance : public ::testing::Test {
 protected:
  void SetUp() override {
    auto world = MakeDockerWorld();
    if (!world) GTEST_SKIP() << "docker: " << world.error().message;
    world_ = *std::move(world);
    driver_ = world_->MakeDriver(world_->installation());
    uid_ = world_->NewUid();
    spec_.session_uid = uid_;
    spec_.spec_hash = "h";
    spec_.image = world_->image();
    spec_.hostname = "neko";
    spec_.http_port = world_->NewPort();
    spec_.media_port = world_->NewPort();
    spec_.publish_address = "127.0.0.1";
    spec_.profile = VolumeMount{runtime::PrivateVolumeName(uid_), "/home/neko", ""};
    const std::string mux = std::to_string(spec_.media_port);
    spec_.env = {{"NEKO_WEBRTC_NAT1TO1", "127.0.0.1", false},
                 {"NEKO_WEBRTC_UDPMUX", mux, false},
                 {"NEKO_WEBRTC_TCPMUX", mux, false},
                 {"STANDIN_CONTROL", "open", false}};
  }

  void TearDown() override {
    if (driver_ == nullptr) return;
    EXPECT_TRUE(driver_->EnsureRemoved(ctx_, uid_, Duration::zero()));
    EXPECT_TRUE(driver_->EnsureVolumeRemoved(ctx_, spec_.profile->volume));
  }

  Observed StartAndWait() {
    const auto started = driver_->EnsureStarted(ctx_, spec_);
    EXPECT_TRUE(started) << started.error().ToString();
    if (!started) return {};
    for (int i = 0; i < 200 && !driver_->ProbeHealth(ctx_, *started); ++i) world_->Wait();
    EXPECT_TRUE(driver_->ProbeHealth(ctx_, *started));
    return *started;
  }

  // How often containers were started on this home folder, as the stand-in counts.
  int StartsOnThisHome() {
    const SystemClock clock;
    const auto client = http::MakeCurlClient(clock, {});
    http::ClientRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(spec_.http_port) + "/_standin/state";
    const auto reply = client->Do(ctx_.WithTimeout(clock, std::chrono::seconds(5)), request);
    if (!reply || reply->status != 200) return -1;
    return nlohmann::json::parse(reply->body).value("starts", -1);
  }

  std::unique_ptr<RuntimeWorld> world_;
  std::shared_ptr<RuntimeDriver> driver_;
  std::string uid_;
  InstanceSpec spec_;
  const Context ctx_{};
};

TEST_F(DockerDriverConformance, HomeFolderOutlivesContainers) {
  StartAndWait();
  EXPECT_EQ(StartsOnThisHome(), 1);
  ASSERT_TRUE(driver_->EnsureRemoved(ctx_, uid_, std::chrono::seconds(5)));
  StartAndWait();
  EXPECT_EQ(StartsOnThisHome(), 2);
}

TEST_F(DockerDriverConformance, ProcessThatIgnoresSigtermIsKilledAfterTheTimeout) {
  spec_.env.push_back({"STANDIN_IGNORE_SIGTERM", "1", false});
  StartAndWait();
  const auto before = Steady::now();
  ASSERT_TRUE(driver_->EnsureStopped(ctx_, uid_, std::chrono::seconds(1)));
  const auto took = Steady::now() - before;
  EXPECT_GE(took, std::chrono::milliseconds(900));
  EXPECT_LT(took, std::chrono::seconds(8));
  EXPECT_EQ(driver_->Inspect(ctx_, uid_)->exit_code, 137);
}

TEST_F(DockerDriverConformance, PoliteProcessStopsBeforeTheTimeout) {
  StartAndWait();
  const auto before = Steady::now();
  ASSERT_TRUE(driver_->EnsureStopped(ctx_, uid_, std::chrono::seconds(20)));
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(5));
  EXPECT_EQ(driver_->Inspect(ctx_, uid_)->exit_code, 0);
}

TEST_F(DockerDriverConformance, CallThatWaitsIsCutShortWhenTold) {
  spec_.env.push_back({"STANDIN_IGNORE_SIGTERM", "1", false});
  StartAndWait();
  std::stop_source stop;
  Steady::time_point told;
  std::jthread teller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    told = Steady::now();
    stop.request_stop();
  });
  const auto stopped =
      driver_->EnsureStopped(Context(stop.get_token()), uid_, std::chrono::seconds(20));
  const auto returned = Steady::now();
  teller.join();
  EXPECT_TRUE(stopped.is(Code::kCancelled));
  // 100 ms are promised; the rest is for a busy machine.
  EXPECT_LT(returned - told, std::chrono::milliseconds(600));
}

TEST_F(DockerDriverConformance, DeadlineEndsACallThatWaits) {
  spec_.env.push_back({"STANDIN_IGNORE_SIGTERM", "1", false});
  StartAndWait();
  const SystemClock clock;
  const auto before = Steady::now();
  const auto stopped = driver_->EnsureStopped(
      ctx_.WithTimeout(clock, std::chrono::milliseconds(300)), uid_, std::chrono::seconds(20));
  EXPECT_TRUE(stopped.is(Code::kTimeout));
  EXPECT_LT(Steady::now() - before, std::chrono::seconds(3));
}

TEST_F(DockerDriverConformance, MissingDeviceIsInvalidAndNamed) {
  spec_.devices = {"/dev/nekoplane-no-such-device"};
  const auto started = driver_->EnsureStarted(ctx_, spec_);
  ASSERT_TRUE(started.is(Code::kInvalid)) << started.error().ToString();
  EXPECT_EQ(started.error().reason, "DeviceNotFound");
  EXPECT_NE(started.error().message.find("nekoplane-no-such-device"), std::string::npos);
}

TEST_F(DockerDriverConformance, MediaPortOfAStrangerIsNoticedToo) {
  const auto stranger = world_->HoldPort(spec_.media_port);
  EXPECT_EQ(driver_->EnsureStarted(ctx_, spec_).error().reason, "PortInUse");
}

TEST_F(DockerDriverConformance, ExitedProcessTellsItsCode) {
  spec_.env = {{"STANDIN_CONTROL", "open", false}};  // without an address the stand-in gives up
  const auto started = driver_->EnsureStarted(ctx_, spec_);
  ASSERT_TRUE(started) << started.error().ToString();
  for (int i = 0; i < 200; ++i) {
    if (driver_->Inspect(ctx_, uid_)->phase == Observed::Phase::kExited) break;
    world_->Wait();
  }
  EXPECT_EQ(driver_->Inspect(ctx_, uid_)->exit_code, 1);
  const auto logs = driver_->Logs(ctx_, uid_, 10);
  ASSERT_TRUE(logs);
  EXPECT_NE(logs->find("NEKO_WEBRTC_NAT1TO1"), std::string::npos) << *logs;
}

}  // namespace
}  // namespace nekoplane::conformance
