// What happens between nekoplane and a worker that forgets everything: lost answers, restarts of
// nekoplane, ports that change hands.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <utility>

#include "controller/runtime/taos_worker/taos_worker_driver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_taos_worker/fake_taos_worker.h"

namespace nekoplane::runtime {
namespace {

using taos::KnownInstance;
using Phase = Observed::Phase;

constexpr char kUid[] = "7d3b1a52-0c7e-4a39-9f10-000000000001";
constexpr char kOther[] = "7d3b1a52-0c7e-4a39-9f10-000000000002";
constexpr char kName[] = "taos-neko-7d3b1a520c7e4a399f10000000000001";

class TaosWorkerDriverTest : public ::testing::Test {
 protected:
  void SetUp() override { Restart(); }

  // A new nekoplane: all that was in memory is lost, jobs included.
  void Restart() {
    jobs_.clear();
    driver_.reset();
    starts_ = std::make_unique<taos::StartQueue>(
        [this](auto job) { jobs_.push_back(std::move(job)); }, taos::StartQueue::Options{});
    Replace();
  }

  // The node's url or token changed.
  void Replace() {
    const auto known = [this](std::string_view uid) -> std::optional<KnownInstance> {
      const auto it = known_.find(uid);
      if (it == known_.end()) return std::nullopt;
      return it->second;
    };
    TaosWorkerDeps deps{.clock = clock_,
                        .client = worker_,
                        .log = log_,
                        .starts = *starts_,
                        .book = books_.Of("node-uid", "w1", known),
                        .report = [this] { return report_; },
                        .declared = [this] { return declared_; }};
    TaosWorkerOptions options{.node = "w1", .api = {.url = testing::FakeTaosWorker::kUrl}};
    options.api.token = [this]() -> Result<std::string> { return token_; };
    driver_ = std::make_unique<TaosWorkerDriver>(std::move(deps), std::move(options));
  }

  static InstanceSpec Spec(const std::string& uid = kUid) {
    InstanceSpec spec;
    spec.session_uid = uid;
    spec.session_namespace = "default";
    spec.session_name = "s";
    spec.spec_hash = "h1";
    spec.profile = VolumeMount{.volume = "nekoplane-session-x", .path = "/home/neko"};
    return spec;
  }

  void RunJobs() {
    for (auto jobs = std::exchange(jobs_, {}); auto& job : jobs) job(Context());
  }

  static bool StillStarting(const Result<Observed>& r) {
    return r.is(Code::kUnavailable) && r.error().reason == kReasonStillStarting;
  }

  Observed Start(const std::string& uid = kUid) {
    EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec(uid))));
    RunJobs();
    const auto started = driver_->EnsureStarted({}, Spec(uid));
    EXPECT_TRUE(started) << started.error().ToString();
    clock_.Advance(std::chrono::seconds(1));
    return started ? *started : Observed{};
  }

  // The session's status as it is stored after its start.
  void Record(const Observed& seen) {
    known_[seen.session_uid] = {.ns = "default",
                                .name = "s",
                                .container_id = TaosContainerOf(seen.id),
                                .spec_hash = seen.spec_hash,
                                .host = "192.168.1.9",
                                .http_port = seen.http_port,
                                .media_port = seen.media_port,
                                .started_at = seen.started_at};
  }

  std::vector<std::string> Calls() const {
    std::vector<std::string> lines;
    for (const auto& call : worker_.calls) {
      lines.push_back(call.line.substr(call.line.rfind('/') + 1) + " " +
                      std::to_string(call.status));
    }
    return lines;
  }

  testing::FakeClock clock_;
  NullLogger log_;
  testing::FakeTaosWorker worker_{clock_};
  std::deque<std::function<void(const Context&)>> jobs_;
  std::map<std::string, KnownInstance, std::less<>> known_;
  std::optional<taos::WorkerReport> report_;
  std::string token_;
  taos::InstanceBooks books_;
  std::unique_ptr<taos::StartQueue> starts_;
  taos::Declaration declared_{.memory_bytes = 8 << 20, .cores = 4};
  std::unique_ptr<TaosWorkerDriver> driver_;
};

using Lines = std::vector<std::string>;

TEST_F(TaosWorkerDriverTest, StartsBesideTheCallerAndSendsAHint) {
  known_[kUid] = {.ns = "default", .name = "s"};
  std::vector<std::string> hints;
  const auto watch = driver_->Watch([&](const Hint& hint) { hints.push_back(hint.session_uid); });
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  EXPECT_EQ(driver_->Inspect({}, kUid)->phase, Phase::kStarting);
  EXPECT_EQ(driver_->EnsureRemoved({}, kUid, {}).error().reason, kReasonStillStarting);
  EXPECT_TRUE(worker_.calls.empty()) << "the caller's thread talked to the worker";
  EXPECT_EQ(jobs_.size(), 1u);
  RunJobs();
  EXPECT_EQ(hints, (Lines{"", kUid}));
  const auto started = driver_->EnsureStarted({}, Spec());
  ASSERT_TRUE(started);
  EXPECT_EQ(started->id, "taos://w1/c0ffee1");
  EXPECT_EQ(started->http_port, 8800);
  EXPECT_EQ(started->media_port, 59000);
  EXPECT_EQ(started->user_password, "made-by-the-worker-1");
  EXPECT_TRUE(driver_->ProbeHealth({}, *started));
  EXPECT_EQ(worker_.containers.at(kName).volume, "taos-browser-7d3b1a520c7e4a399f10000000000001");
}

TEST_F(TaosWorkerDriverTest, ProfilesDataFollowsTheProfile) {
  InstanceSpec spec = Spec();
  spec.profile->profile_uid = "aaaa-bbbb";
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, spec)));
  RunJobs();
  EXPECT_TRUE(worker_.volumes.contains("taos-browser-aaaabbbb"));
}

TEST_F(TaosWorkerDriverTest, LostAnswerIsMadeGoodByStoppingWhatMayBeOurs) {
  known_[kUid] = {.ns = "default", .name = "s"};
  worker_.lose_next_reply = true;
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  RunJobs();
  EXPECT_EQ(worker_.containers.size(), 1u);
  EXPECT_TRUE(driver_->EnsureStarted({}, Spec()).is(Code::kTimeout));
  EXPECT_EQ(driver_->Inspect({}, kUid)->phase, Phase::kStarting) << "unknown is not gone";
  const Observed again = Start();
  EXPECT_EQ(Calls(), (Lines{"start 200", "start 500", "stop 200", "start 200"}));
  EXPECT_EQ(worker_.containers.size(), 1u);
  EXPECT_EQ(again.id, "taos://w1/c0ffee2");
}

TEST_F(TaosWorkerDriverTest, UnusableAnswerLeavesNothingRunning) {
  worker_.next_reply = R"({"container_id":"c0ffee1"})";
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  RunJobs();
  EXPECT_TRUE(worker_.containers.empty());
  EXPECT_EQ(driver_->EnsureStarted({}, Spec()).error().reason, "BadReply");
}

TEST_F(TaosWorkerDriverTest, FailureIsToldOnceAndThenTriedAgain) {
  known_[kUid] = {.ns = "default", .name = "s"};
  worker_.pull_fails = true;
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  RunJobs();
  EXPECT_TRUE(driver_->Inspect({}, kUid).is(Code::kNotFound));
  EXPECT_EQ(driver_->EnsureStarted({}, Spec()).error().reason, "StartFailed");
  EXPECT_TRUE(driver_->Inspect({}, kUid).is(Code::kNotFound)) << "back-off must be kept";
  worker_.pull_fails = false;
  EXPECT_EQ(Start().phase, Phase::kRunning);
}

TEST_F(TaosWorkerDriverTest, AfterARestartTheRecordIsWhatIsKnown) {
  Record(Start());
  Restart();
  const auto seen = driver_->Inspect({}, kUid);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->id, "taos://w1/c0ffee1");
  EXPECT_EQ(seen->phase, Phase::kRunning);
  EXPECT_TRUE(driver_->ProbeHealth({}, *seen));
  EXPECT_EQ(driver_->EnsureStarted({}, Spec())->id, seen->id);
  ASSERT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_EQ(worker_.calls.back().body, R"({"container_id":"c0ffee1","http_port":8800})");
  EXPECT_EQ(worker_.taken_slots(), 0u);
  EXPECT_TRUE(driver_->Inspect({}, kUid).is(Code::kNotFound));
}

TEST_F(TaosWorkerDriverTest, StartThatWasCutOffByARestartIsNotForgotten) {
  known_[kUid] = {.ns = "default", .name = "s"};
  worker_.lose_next_reply = true;
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  RunJobs();
  Restart();
  EXPECT_EQ(driver_->Inspect({}, kUid)->phase, Phase::kStarting);
  ASSERT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_EQ(worker_.calls.back().body,
            std::string(R"({"container_id":")") + kName + R"(","http_port":null})");
  EXPECT_TRUE(worker_.containers.empty());
}

TEST_F(TaosWorkerDriverTest, WorkerThatDoesNotAnswerIsUnknownAndNeverGone) {
  const Observed seen = Start();
  Record(seen);
  clock_.Advance(std::chrono::seconds(10));
  worker_.down = true;
  EXPECT_TRUE(driver_->Inspect({}, kUid).is(Code::kUnavailable));
  EXPECT_TRUE(driver_->EnsureRemoved({}, kUid, {}).is(Code::kUnavailable));
  EXPECT_TRUE(driver_->Facts({}).is(Code::kUnavailable));
  EXPECT_TRUE(driver_->ProbeHealth({}, seen)) << "its container goes on";
}

TEST_F(TaosWorkerDriverTest, YesOfAWorkerIsNotBelieved) {
  Record(Start());
  worker_.docker_stop_fails = true;
  const auto removed = driver_->EnsureRemoved({}, kUid, {});
  EXPECT_EQ(removed.error().reason, "StillRunning");
  EXPECT_TRUE(driver_->Inspect({}, kUid).has_value());
  worker_.docker_stop_fails = false;
  EXPECT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
}

TEST_F(TaosWorkerDriverTest, InstanceWhosePortSomebodyElseGotIsGone) {
  Record(Start());
  // The worker's machine was started anew: --rm containers are gone, and so is its book of ports.
  worker_.Reboot();
  const Observed other = Start(kOther);
  EXPECT_EQ(other.http_port, 8800);
  EXPECT_TRUE(driver_->Inspect({}, kUid).is(Code::kNotFound));
  EXPECT_TRUE(driver_->Inspect({}, kOther).has_value());
}

TEST_F(TaosWorkerDriverTest, PortThatSomebodyElseGotIsNotFreed) {
  Record(Start());
  worker_.Reboot();
  EXPECT_EQ(Start(kOther).http_port, 8800);
  ASSERT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_EQ(worker_.calls.back().body, R"({"container_id":"c0ffee1","http_port":null})");
  EXPECT_EQ(worker_.taken_slots(), 1u) << "the other one's";
}

TEST_F(TaosWorkerDriverTest, ReplacedDriverKnowsTheStartsThatAreUnderWay) {
  known_[kUid] = {.ns = "default", .name = "s"};
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  const auto jobs = std::exchange(jobs_, {});  // it has begun
  Replace();
  EXPECT_EQ(driver_->EnsureRemoved({}, kUid, {}).error().reason, kReasonStillStarting)
      << "the container may come up after the session is forgotten";
  known_.clear();
  jobs.front()(Context());
  EXPECT_EQ(worker_.containers.size(), 1u);
  ASSERT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_TRUE(worker_.containers.empty());
}

TEST_F(TaosWorkerDriverTest, StartThatHasNotBegunIsTakenBack) {
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec("a"))));
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec("b"))));
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  EXPECT_EQ(jobs_.size(), 2u) << "two at once";
  EXPECT_EQ(driver_->EnsureRemoved({}, "a", {}).error().reason, kReasonStillStarting);
  EXPECT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_TRUE(worker_.calls.empty()) << "nothing was there to be stopped";
  RunJobs();
  RunJobs();
  EXPECT_EQ(Calls(), (Lines{"start 200", "start 200"}));
}

TEST_F(TaosWorkerDriverTest, WhatMayRunSinceAnEarlierStartIsStoppedThough) {
  worker_.lose_next_reply = true;
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  RunJobs();
  EXPECT_TRUE(driver_->EnsureStarted({}, Spec()).is(Code::kTimeout));
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec("a"))));
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec("b"))));
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  EXPECT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_EQ(Calls(), (Lines{"start 200", "stop 200"}));
  EXPECT_TRUE(worker_.containers.empty());
}

TEST_F(TaosWorkerDriverTest, TokenGoesWithEveryCallAndItsLackIsNamed) {
  worker_.auth_token = "t0ken";
  EXPECT_TRUE(StillStarting(driver_->EnsureStarted({}, Spec())));
  RunJobs();
  EXPECT_EQ(driver_->EnsureStarted({}, Spec()).error().reason, "TokenRefused");
  token_ = "t0ken";
  Start();
  ASSERT_TRUE(driver_->EnsureRemoved({}, kUid, {}));
  EXPECT_EQ(worker_.calls.back().authorization, "Bearer t0ken");
}

TEST_F(TaosWorkerDriverTest, FactsComeFromReportsElseFromTheDeclarationIfItAnswers) {
  EXPECT_EQ(driver_->Facts({})->memory_bytes, 8 << 20);
  report_ = taos::WorkerReport{.at = clock_.Now(), .ram_mb = 4096, .cores = 6, .arch = "arm64"};
  worker_.down = true;
  EXPECT_EQ(driver_->Facts({})->cores, 6);
  declared_.reports = true;
  report_.reset();
  worker_.down = false;
  EXPECT_EQ(driver_->Facts({}).error().reason, "NoHeartbeat");
}

TEST_F(TaosWorkerDriverTest, SilentControllerMakesNoWorkerSilent) {
  declared_ = {.reports = true, .memory_bytes = 8 << 20, .cores = 4, .arch = "arm64"};
  report_ = taos::WorkerReport{.at = clock_.Now(), .ram_mb = 4096, .cores = 6};
  clock_.Advance(std::chrono::seconds(31));
  EXPECT_EQ(driver_->Facts({}).error().reason, "NoHeartbeat");
  declared_.controller_silent = true;
  ASSERT_TRUE(driver_->Facts({}));
  EXPECT_EQ(driver_->Facts({})->cores, 6) << "as it reported last";
  clock_.Advance(std::chrono::seconds(10));
  worker_.down = true;
  EXPECT_EQ(driver_->Facts({}).error().reason, "ConnectionRefused") << "it is silent itself";
  worker_.down = false;
  report_->online = false;
  report_->status = "draining";
  EXPECT_EQ(driver_->Facts({}).error().reason, "WorkerNotOnline") << "the last that is known";
  report_.reset();
  EXPECT_EQ(driver_->Facts({})->arch, "arm64") << "nekoplane was started meanwhile";
}

TEST_F(TaosWorkerDriverTest, FreshReportOfAMirroredWorkerNeedsNoProbe) {
  declared_ = {.reports = true, .controller_silent = true};
  report_ = taos::WorkerReport{.at = clock_.Now(), .ram_mb = 4096, .cores = 6};
  worker_.down = true;
  EXPECT_TRUE(driver_->Facts({}));
}

TEST_F(TaosWorkerDriverTest, SaysClearlyWhatItCannotDo) {
  for (const Status& error :
       {driver_->List({}).error(), driver_->ListVolumes({}).error(),
        driver_->EnsureVolumeRemoved({}, "v").error(), driver_->ImageId({}, "i").error(),
        driver_->PullImage({}, "i", nullptr).error(), driver_->Logs({}, kUid, 1).error()}) {
    EXPECT_EQ(error.code, Code::kInvalid);
    EXPECT_EQ(error.reason, kReasonNotSupported);
  }
}

}  // namespace
}  // namespace nekoplane::runtime
