// What every RuntimeDriver must do, written once. A driver joins by a RuntimeWorld and one line in
// runtime_driver_conformance_test.cc.
//
// A world is a machine plus what happens to it besides the driver: processes die, people remove
// things, strangers take ports. Every test gets its own world and installation id, and leaves
// nothing behind.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "api/base/mutex.h"
#include "tests/conformance/runtime_world.h"

namespace nekoplane::conformance {

class RuntimeDriverConformance : public ::testing::TestWithParam<RuntimeWorldFactory> {
 protected:
  void SetUp() override {
    auto world = GetParam().make();
    if (!world) GTEST_SKIP() << GetParam().name << ": " << world.error().message;
    world_ = *std::move(world);
    driver_ = world_->MakeDriver(world_->installation());
    // Else a driver could lose an ability, and its tests with it, unnoticed.
    ASSERT_EQ(driver_->capabilities(), Can());
  }

  void TearDown() override {
    if (driver_ == nullptr) return;
    if (!Can().list) return;  // such a world leaves nothing on any machine
    for (const auto& driver : {driver_, world_->MakeDriver(OtherInstallation())}) {
      const auto list = driver->List(ctx_);
      ASSERT_TRUE(list) << list.error().ToString();
      for (const Observed& seen : *list) {
        EXPECT_TRUE(driver->EnsureRemoved(ctx_, seen.session_uid, Duration::zero()));
      }
      const auto volumes = driver->ListVolumes(ctx_);
      ASSERT_TRUE(volumes) << volumes.error().ToString();
      for (const auto& volume : *volumes) {
        EXPECT_TRUE(driver->EnsureVolumeRemoved(ctx_, volume.name));
      }
    }
  }

  runtime::Capabilities Can() const { return GetParam().can; }

  std::string OtherInstallation() const { return world_->installation() + "-other"; }

  InstanceSpec Spec(const std::string& uid) {
    InstanceSpec spec;
    spec.session_uid = uid;
    spec.session_namespace = "default";
    spec.session_name = "browser";
    spec.spec_hash = "hash1";
    spec.image = world_->image();
    spec.hostname = "neko";
    spec.http_port = world_->NewPort();
    spec.media_port = world_->NewPort();
    spec.publish_address = "127.0.0.1";
    spec.memory_bytes = 64 << 20;
    spec.pids = 64;
    spec.profile = VolumeMount{runtime::PrivateVolumeName(uid), "/home/neko", ""};
    const std::string mux = std::to_string(spec.media_port);
    spec.env = {{"NEKO_SERVER_BIND", ":8080", false},
                {"NEKO_WEBRTC_NAT1TO1", "127.0.0.1", false},
                {"NEKO_WEBRTC_UDPMUX", mux, false},
                {"NEKO_WEBRTC_TCPMUX", mux, false},
                {"STANDIN_CONTROL", "open", false}};
    return spec;
  }

  Observed Start(const InstanceSpec& spec) {
    auto started = driver_->EnsureStarted(ctx_, spec);
    for (int i = 0; i < 200 && StillStarting(started); ++i) {
      world_->Wait();
      started = driver_->EnsureStarted(ctx_, spec);
    }
    EXPECT_TRUE(started) << started.error().ToString();
    if (!started) return {};
    world_->Record(*started);
    return *started;
  }

  static bool StillStarting(const Result<Observed>& started) {
    return started.is(Code::kUnavailable) &&
           started.error().reason == runtime::kReasonStillStarting;
  }

  std::size_t Listed() {
    const auto list = driver_->List(ctx_);
    EXPECT_TRUE(list) << list.error().ToString();
    return list ? list->size() : 0;
  }

  template <class Condition>
  bool Eventually(const Condition& condition) {
    for (int i = 0; i < 200; ++i) {
      if (condition()) return true;
      world_->Wait();
    }
    return false;
  }

  std::unique_ptr<RuntimeWorld> world_;
  std::shared_ptr<RuntimeDriver> driver_;
  const Context ctx_{};
};

// Remembers hints, from whatever thread.
class HintLog {
 public:
  std::function<void(const Hint&)> callback() {
    return [this](const Hint& hint) {
      MutexLock lock(mu_);
      uids_.push_back(hint.session_uid);
    };
  }

  int Count(const std::string& uid) {
    MutexLock lock(mu_);
    return static_cast<int>(std::count(uids_.begin(), uids_.end(), uid));
  }

 private:
  Mutex mu_;
  std::vector<std::string> uids_ GUARDED_BY(mu_);
};

TEST_P(RuntimeDriverConformance, WhatNeverWasIsNotFoundAndNeedsNoRemoval) {
  const std::string uid = world_->NewUid();
  EXPECT_TRUE(driver_->Inspect(ctx_, uid).is(Code::kNotFound));
  EXPECT_TRUE(driver_->EnsureStopped(ctx_, uid, Duration::zero()).is(Code::kNotFound));
  if (Can().logs) {
    EXPECT_TRUE(driver_->Logs(ctx_, uid, 10).is(Code::kNotFound));
  }
  EXPECT_TRUE(driver_->EnsureRemoved(ctx_, uid, Duration::zero()));
  if (Can().volumes) {
    EXPECT_TRUE(driver_->EnsureVolumeRemoved(ctx_, runtime::PrivateVolumeName(uid)));
    EXPECT_TRUE(driver_->ListVolumes(ctx_)->empty());
  }
  if (Can().list) {
    EXPECT_EQ(Listed(), 0u);
  }
}

TEST_P(RuntimeDriverConformance, StartedInstanceTellsWhoItIsAndBecomesHealthy) {
  const InstanceSpec spec = Spec(world_->NewUid());
  const WallTime before = world_->clock().WallNow() - std::chrono::seconds(2);
  const Observed started = Start(spec);
  EXPECT_EQ(started.session_uid, spec.session_uid);
  EXPECT_EQ(started.session_namespace, "default");
  EXPECT_EQ(started.session_name, "browser");
  EXPECT_EQ(started.spec_hash, "hash1");
  EXPECT_EQ(started.phase, Observed::Phase::kRunning);
  if (Can().ports) {
    EXPECT_EQ(started.http_port, spec.http_port);
    EXPECT_EQ(started.media_port, spec.media_port);
  } else {
    EXPECT_GT(started.http_port, 0);
    EXPECT_GT(started.media_port, 0);
    EXPECT_FALSE(started.user_password.empty());
  }
  EXPECT_FALSE(started.image.empty());
  EXPECT_GT(started.created_at, before);
  EXPECT_GE(started.started_at, started.created_at);
  EXPECT_NE(started.id.find("://"), std::string::npos);
  EXPECT_TRUE(Eventually([&] { return driver_->ProbeHealth(ctx_, started).has_value(); }));
  const auto seen = driver_->Inspect(ctx_, spec.session_uid);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, started.id);
  EXPECT_EQ(seen->phase, Observed::Phase::kRunning);
  if (!Can().list) return;
  const auto list = driver_->List(ctx_);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].id, started.id);
  EXPECT_EQ((*list)[0].session_uid, spec.session_uid);
  EXPECT_EQ((*list)[0].spec_hash, "hash1");
  EXPECT_EQ((*list)[0].phase, Observed::Phase::kRunning);
  EXPECT_EQ((*list)[0].http_port, spec.http_port);
}

TEST_P(RuntimeDriverConformance, StartingAgainFindsTheFirstInstanceAsItIs) {
  const InstanceSpec spec = Spec(world_->NewUid());
  const Observed first = Start(spec);
  const Observed again = Start(spec);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.started_at, first.started_at);
  if (Can().list) {
    EXPECT_EQ(Listed(), 1u);
  }
}

TEST_P(RuntimeDriverConformance, AnotherDriverObjectAdoptsWhatItFinds) {
  const InstanceSpec spec = Spec(world_->NewUid());
  const Observed first = Start(spec);
  driver_ = world_->MakeDriver(world_->installation());
  EXPECT_EQ(driver_->Inspect(ctx_, spec.session_uid)->id, first.id);
  const Observed adopted = Start(spec);
  EXPECT_EQ(adopted.id, first.id);
  EXPECT_EQ(adopted.started_at, first.started_at);
}

TEST_P(RuntimeDriverConformance, InstanceOfAnotherSpecHashIsNotTouched) {
  InstanceSpec spec = Spec(world_->NewUid());
  const Observed first = Start(spec);
  spec.spec_hash = "hash2";
  const auto refused = driver_->EnsureStarted(ctx_, spec);
  ASSERT_TRUE(refused.is(Code::kConflict));
  EXPECT_EQ(refused.error().reason, "SpecHashDiffers");
  EXPECT_EQ(driver_->Inspect(ctx_, spec.session_uid)->started_at, first.started_at);
}

TEST_P(RuntimeDriverConformance, MissingImageIsNamedAndLeavesNoInstance) {
  if (!Can().images) GTEST_SKIP() << "says that it has no images";
  InstanceSpec spec = Spec(world_->NewUid());
  spec.image = "nekoplane.invalid/no/such:image";
  const auto started = driver_->EnsureStarted(ctx_, spec);
  ASSERT_TRUE(started.is(Code::kNotFound)) << started.error().ToString();
  EXPECT_EQ(started.error().reason, "ImageNotFound");
  EXPECT_TRUE(driver_->Inspect(ctx_, spec.session_uid).is(Code::kNotFound));
  EXPECT_TRUE(driver_->ImageId(ctx_, spec.image).is(Code::kNotFound));
  EXPECT_TRUE(driver_->ImageId(ctx_, world_->image()));
}

TEST_P(RuntimeDriverConformance, KilledInstanceIsExitedAndComesBackWithItsPortsAndVolume) {
  if (!Can().inspect) GTEST_SKIP() << "says that it has no inspect";
  const InstanceSpec spec = Spec(world_->NewUid());
  const Observed first = Start(spec);
  world_->Kill(spec.session_uid);
  ASSERT_TRUE(Eventually(
      [&] { return driver_->Inspect(ctx_, spec.session_uid)->phase == Observed::Phase::kExited; }));
  const auto dead = driver_->Inspect(ctx_, spec.session_uid);
  EXPECT_EQ(dead->exit_code, 137);
  EXPECT_EQ((*driver_->List(ctx_))[0].phase, Observed::Phase::kExited);
  EXPECT_EQ((*driver_->List(ctx_))[0].exit_code, 137);
  EXPECT_TRUE(driver_->ProbeHealth(ctx_, *dead).is(Code::kUnavailable));
  const Observed again = Start(spec);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.http_port, first.http_port);
  EXPECT_GE(again.started_at, first.started_at);
  EXPECT_TRUE(Eventually([&] { return driver_->ProbeHealth(ctx_, again).has_value(); }));
}

TEST_P(RuntimeDriverConformance, StopKeepsInstanceAndVolume) {
  if (!Can().inspect) GTEST_SKIP() << "says that it has no inspect";
  const InstanceSpec spec = Spec(world_->NewUid());
  const Observed first = Start(spec);
  ASSERT_TRUE(driver_->EnsureStopped(ctx_, spec.session_uid, std::chrono::seconds(5)));
  EXPECT_EQ(driver_->Inspect(ctx_, spec.session_uid)->phase, Observed::Phase::kExited);
  EXPECT_TRUE(driver_->EnsureStopped(ctx_, spec.session_uid, std::chrono::seconds(5)));
  EXPECT_TRUE(world_->VolumeExists(spec.profile->volume));
  EXPECT_EQ(Start(spec).id, first.id);
}

TEST_P(RuntimeDriverConformance, RemovalIsDoneWhenItReturnsAndSparesTheVolume) {
  const InstanceSpec spec = Spec(world_->NewUid());
  Start(spec);
  ASSERT_TRUE(driver_->EnsureRemoved(ctx_, spec.session_uid, std::chrono::seconds(5)));
  EXPECT_TRUE(driver_->Inspect(ctx_, spec.session_uid).is(Code::kNotFound));
  EXPECT_FALSE(world_->ContainerExists(runtime::ContainerName(spec.session_uid)));
  EXPECT_TRUE(world_->VolumeExists(spec.profile->volume));
  EXPECT_TRUE(driver_->EnsureRemoved(ctx_, spec.session_uid, std::chrono::seconds(5)));
  // The ports are free at once.
  InstanceSpec next = Spec(world_->NewUid());
  next.http_port = spec.http_port;
  Start(next);
}

TEST_P(RuntimeDriverConformance, InstanceRemovedBehindOurBackIsGoneAndCanBeMadeAgain) {
  if (!Can().inspect) GTEST_SKIP() << "says that it has no inspect";
  const InstanceSpec spec = Spec(world_->NewUid());
  const Observed first = Start(spec);
  world_->RemoveBehindBack(spec.session_uid);
  EXPECT_TRUE(driver_->Inspect(ctx_, spec.session_uid).is(Code::kNotFound));
  const Observed again = Start(spec);
  EXPECT_NE(again.id, first.id);
  EXPECT_EQ(again.http_port, first.http_port);
}

TEST_P(RuntimeDriverConformance, PortOfAStrangerIsAConflictThatAnotherPortResolves) {
  if (!Can().ports) GTEST_SKIP() << "says that it has no ports";
  InstanceSpec spec = Spec(world_->NewUid());
  const auto stranger = world_->HoldPort(spec.http_port);
  for (int i = 0; i < 2; ++i) {
    const auto refused = driver_->EnsureStarted(ctx_, spec);
    ASSERT_TRUE(refused.is(Code::kConflict)) << refused.error().ToString();
    EXPECT_EQ(refused.error().reason, "PortInUse");
  }
  ASSERT_TRUE(driver_->EnsureRemoved(ctx_, spec.session_uid, Duration::zero()));
  spec.http_port = world_->NewPort();
  EXPECT_EQ(Start(spec).phase, Observed::Phase::kRunning);
}

TEST_P(RuntimeDriverConformance, TwoInstancesNeverShareAPort) {
  if (!Can().ports) GTEST_SKIP() << "says that it has no ports";
  const InstanceSpec first = Spec(world_->NewUid());
  Start(first);
  InstanceSpec second = Spec(world_->NewUid());
  second.media_port = first.media_port;
  EXPECT_EQ(driver_->EnsureStarted(ctx_, second).error().reason, "PortInUse");
}

TEST_P(RuntimeDriverConformance, OtherInstallationsAreInvisibleAndUntouchable) {
  if (!Can().inspect) GTEST_SKIP() << "says that it has no inspect";
  const InstanceSpec spec = Spec(world_->NewUid());
  const Observed mine = Start(spec);
  const auto other = world_->MakeDriver(OtherInstallation());
  EXPECT_TRUE(other->List(ctx_)->empty());
  EXPECT_TRUE(other->ListVolumes(ctx_)->empty());
  EXPECT_EQ(other->EnsureStarted(ctx_, spec).error().reason, "ForeignObject");
  EXPECT_EQ(other->Inspect(ctx_, spec.session_uid).error().reason, "ForeignObject");
  EXPECT_EQ(other->EnsureStopped(ctx_, spec.session_uid, Duration::zero()).error().reason,
            "ForeignObject");
  // Theirs is not there, and ours stays.
  EXPECT_TRUE(other->EnsureRemoved(ctx_, spec.session_uid, Duration::zero()));
  EXPECT_EQ(other->EnsureVolumeRemoved(ctx_, spec.profile->volume).error().reason, "ForeignObject");
  const auto still = driver_->Inspect(ctx_, spec.session_uid);
  ASSERT_TRUE(still);
  EXPECT_EQ(still->id, mine.id);
  EXPECT_EQ(still->phase, Observed::Phase::kRunning);
}

TEST_P(RuntimeDriverConformance, StrangersContainerUnderOurNameIsLeftAlone) {
  if (!Can().inspect) GTEST_SKIP() << "says that it has no inspect";
  const InstanceSpec spec = Spec(world_->NewUid());
  const std::string name = runtime::ContainerName(spec.session_uid);
  world_->AddForeignContainer(name);
  EXPECT_EQ(driver_->EnsureStarted(ctx_, spec).error().reason, "ForeignObject");
  EXPECT_TRUE(driver_->Inspect(ctx_, spec.session_uid).is(Code::kAlreadyExists));
  EXPECT_TRUE(driver_->EnsureRemoved(ctx_, spec.session_uid, Duration::zero()));
  EXPECT_TRUE(driver_->List(ctx_)->empty());
  EXPECT_TRUE(world_->ContainerExists(name));
}

TEST_P(RuntimeDriverConformance, StrangersVolumeUnderOurNameIsLeftAlone) {
  if (!Can().volumes) GTEST_SKIP() << "says that it has no volumes";
  const InstanceSpec spec = Spec(world_->NewUid());
  world_->AddForeignVolume(spec.profile->volume);
  EXPECT_EQ(driver_->EnsureStarted(ctx_, spec).error().reason, "ForeignObject");
  EXPECT_EQ(driver_->EnsureVolumeRemoved(ctx_, spec.profile->volume).error().reason,
            "ForeignObject");
  EXPECT_TRUE(world_->VolumeExists(spec.profile->volume));
  EXPECT_FALSE(world_->ContainerExists(runtime::ContainerName(spec.session_uid)));
}

TEST_P(RuntimeDriverConformance, VolumesTellTheirOwnerAndGoOnlyWhenUnused) {
  if (!Can().volumes) GTEST_SKIP() << "says that it has no volumes";
  const InstanceSpec with_private = Spec(world_->NewUid());
  InstanceSpec with_profile = Spec(world_->NewUid());
  const std::string profile_uid = world_->NewUid();
  with_profile.profile =
      VolumeMount{runtime::ProfileVolumeName(profile_uid), "/home/neko", profile_uid};
  Start(with_private);
  Start(with_profile);
  const auto volumes = driver_->ListVolumes(ctx_);
  ASSERT_TRUE(volumes);
  ASSERT_EQ(volumes->size(), 2u);
  for (const auto& volume : *volumes) {
    const bool is_private = volume.name == with_private.profile->volume;
    EXPECT_EQ(volume.session_uid, is_private ? with_private.session_uid : "");
    EXPECT_EQ(volume.profile_uid, is_private ? "" : profile_uid);
    EXPECT_NE(volume.created_at, WallTime{});
  }
  const auto refused = driver_->EnsureVolumeRemoved(ctx_, with_profile.profile->volume);
  ASSERT_TRUE(refused.is(Code::kConflict));
  EXPECT_EQ(refused.error().reason, "VolumeInUse");
  ASSERT_TRUE(driver_->EnsureRemoved(ctx_, with_profile.session_uid, Duration::zero()));
  EXPECT_TRUE(driver_->EnsureVolumeRemoved(ctx_, with_profile.profile->volume));
  EXPECT_FALSE(world_->VolumeExists(with_profile.profile->volume));
}

TEST_P(RuntimeDriverConformance, FilesAreInPlaceBeforeTheStart) {
  if (!Can().files) GTEST_SKIP() << "says that it has no files";
  InstanceSpec spec = Spec(world_->NewUid());
  spec.files = {
      {"/etc/neko/supervisord/chromium.conf", "command=chromium https://example.org\n", 0644},
      {"/home/neko/.config/start", "x", 0600}};
  Start(spec);
  for (const auto& file : spec.files) {
    EXPECT_EQ(world_->ReadFile(spec.session_uid, file.path), file.content) << file.path;
  }
}

TEST_P(RuntimeDriverConformance, WatchersHearOfEveryChange) {
  if (!Can().events) GTEST_SKIP() << "says that it has no events";
  const InstanceSpec spec = Spec(world_->NewUid());
  HintLog heard, elsewhere;
  auto watch = driver_->Watch(heard.callback());
  const auto other_driver = world_->MakeDriver(OtherInstallation());
  auto other = other_driver->Watch(elsewhere.callback());
  ASSERT_TRUE(Eventually([&] { return heard.Count("") > 0 && elsewhere.Count("") > 0; }));
  Start(spec);
  ASSERT_TRUE(Eventually([&] { return heard.Count(spec.session_uid) > 0; }));
  world_->Wait();  // the start's own events
  int before = heard.Count(spec.session_uid);
  world_->Kill(spec.session_uid);
  ASSERT_TRUE(Eventually([&] { return heard.Count(spec.session_uid) > before; }));
  world_->Wait();
  before = heard.Count(spec.session_uid);
  world_->RemoveBehindBack(spec.session_uid);
  ASSERT_TRUE(Eventually([&] { return heard.Count(spec.session_uid) > before; }));
  EXPECT_EQ(elsewhere.Count(spec.session_uid), 0);
  watch.reset();
  before = heard.Count(spec.session_uid);
  Start(spec);
  world_->Wait();
  EXPECT_EQ(heard.Count(spec.session_uid), before);
}

TEST_P(RuntimeDriverConformance, CallsThatWereToldToStopDoNothing) {
  const InstanceSpec spec = Spec(world_->NewUid());
  std::stop_source stop;
  stop.request_stop();
  const Context stopped(stop.get_token());
  EXPECT_TRUE(driver_->EnsureStarted(stopped, spec).is(Code::kCancelled));
  EXPECT_TRUE(driver_->Inspect(stopped, spec.session_uid).is(Code::kCancelled));
  if (Can().list) {
    EXPECT_TRUE(driver_->List(stopped).is(Code::kCancelled));
  }
  EXPECT_TRUE(
      driver_->EnsureRemoved(stopped, spec.session_uid, Duration::zero()).is(Code::kCancelled));
  EXPECT_FALSE(world_->ContainerExists(runtime::ContainerName(spec.session_uid)));
}

TEST_P(RuntimeDriverConformance, CallsOutOfTimeKnowNothing) {
  const InstanceSpec spec = Spec(world_->NewUid());
  const Context late = ctx_.WithDeadline(world_->clock().Now() - std::chrono::seconds(1));
  EXPECT_TRUE(driver_->EnsureStarted(late, spec).is(Code::kTimeout));
  EXPECT_TRUE(driver_->Inspect(late, spec.session_uid).is(Code::kTimeout));
  if (Can().list) {
    EXPECT_TRUE(driver_->List(late).is(Code::kTimeout));
  }
}

TEST_P(RuntimeDriverConformance, LogsEndWithTheLastLines) {
  if (!Can().logs) GTEST_SKIP() << "says that it has no logs";
  const InstanceSpec spec = Spec(world_->NewUid());
  Start(spec);
  ASSERT_TRUE(Eventually([&] {
    const auto logs = driver_->Logs(ctx_, spec.session_uid, 100);
    return logs && logs->find("start 1") != std::string::npos;
  }));
  const auto last = driver_->Logs(ctx_, spec.session_uid, 1);
  ASSERT_TRUE(last);
  EXPECT_EQ(std::count(last->begin(), last->end(), '\n'), 1);
}

TEST_P(RuntimeDriverConformance, MachineHasFacts) {
  const auto facts = driver_->Facts(ctx_);
  ASSERT_TRUE(facts);
  EXPECT_GT(facts->memory_bytes, 0);
  EXPECT_GT(facts->cores, 0);
  EXPECT_THAT(facts->arch, ::testing::AnyOf("amd64", "arm64"));
  EXPECT_FALSE(facts->engine_name.empty());
  if (Can().inspect) {
    EXPECT_FALSE(facts->engine_version.empty());
    EXPECT_FALSE(facts->engine_api_version.empty());
  }
}

}  // namespace nekoplane::conformance
