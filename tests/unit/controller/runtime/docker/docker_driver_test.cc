#include "controller/runtime/docker/docker_driver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "controller/runtime/docker/container_config.h"
#include "tests/unit/controller/runtime/docker/harness.h"

namespace nekoplane::runtime {
namespace {

using ::testing::ElementsAre;
using testing::FakeEngine;
using ::testing::HasSubstr;
using ::testing::Not;

class DockerDriverTest : public ::testing::Test {
 protected:
  Harness h_;
};

TEST_F(DockerDriverTest, StartTakesFourCallsAfterTheFirstPing) {
  ASSERT_TRUE(h_.driver.EnsureStarted(h_.ctx, TestSpec()));
  EXPECT_THAT(h_.engine.log(),
              ElementsAre("GET /_ping", "POST /volumes/create", "POST /containers/create",
                          "POST /containers/c0ffee1/start", "GET /containers/c0ffee1/json"));
}

TEST_F(DockerDriverTest, FilesGoInBeforeTheStartAlsoIntoAContainerFoundUnstarted) {
  InstanceSpec spec = TestSpec();
  spec.files = {{"/etc/neko/x.conf", "url=1", 0644}};
  h_.engine.SetStartError(500, "something is odd");
  EXPECT_TRUE(h_.driver.EnsureStarted(h_.ctx, spec).is(Code::kUnavailable));
  h_.engine.SetStartError(0, "");
  ASSERT_TRUE(h_.driver.EnsureStarted(h_.ctx, spec));
  const auto container = h_.engine.containers().at("nekoplane-1b2c");
  ASSERT_EQ(container.archives.size(), 2u);
  EXPECT_THAT(container.archives[1], HasSubstr("etc/neko/x.conf"));
  EXPECT_EQ(container.starts, 1);
}

TEST_F(DockerDriverTest, SecretsNeverReachAnError) {
  for (const int status : {400, 500}) {
    h_.engine.SetCreateError(status, "cannot use NEKO_SESSION_API_TOKEN=t0ps3cret");
    const auto started = h_.driver.EnsureStarted(h_.ctx, TestSpec());
    ASSERT_FALSE(started);
    EXPECT_THAT(started.error().ToString(), Not(HasSubstr("t0ps3cret")));
  }
}

TEST_F(DockerDriverTest, ForeignVolumeOfOurNameIsRefusedBeforeAnythingIsMade) {
  h_.engine.PutVolume("nekoplane-session-1b2c", {});
  const auto started = h_.driver.EnsureStarted(h_.ctx, TestSpec());
  ASSERT_TRUE(started.is(Code::kAlreadyExists));
  EXPECT_EQ(started.error().reason, "ForeignObject");
  EXPECT_TRUE(h_.engine.containers().empty());
}

TEST_F(DockerDriverTest, VolumeWhoseLabelsTheEngineForgotToMentionIsStillOurs) {
  ASSERT_TRUE(h_.driver.EnsureStarted(h_.ctx, TestSpec()));
  h_.engine.ForgetVolumeLabelsAtCreate();
  EXPECT_TRUE(h_.driver.EnsureStarted(h_.ctx, TestSpec()));
  EXPECT_TRUE(h_.engine.Remove("nekoplane-1b2c"));
  EXPECT_TRUE(h_.driver.EnsureStarted(h_.ctx, TestSpec()));
}

TEST_F(DockerDriverTest, DowngradedEngineIsNegotiatedWithAnew) {
  h_.engine.SetApiVersion("1.45");
  EXPECT_EQ(h_.driver.Facts(h_.ctx)->engine_api_version, "1.45");
  h_.engine.SetApiVersion("1.40");
  h_.engine.RefuseApiVersionsAbove("1.40");
  EXPECT_EQ(h_.driver.List(h_.ctx).error().reason, "ApiVersionChanged");
  EXPECT_TRUE(h_.driver.List(h_.ctx));
  EXPECT_EQ(h_.driver.Facts(h_.ctx)->engine_api_version, "1.40");
}

TEST_F(DockerDriverTest, TooOldEngineIsNamed) {
  h_.engine.SetApiVersion("1.18");
  EXPECT_EQ(h_.driver.List(h_.ctx).error().reason, "EngineTooOld");
}

TEST_F(DockerDriverTest, ContainersWithBorrowedLabelsAreNotListed) {
  ASSERT_TRUE(h_.driver.EnsureStarted(h_.ctx, TestSpec()));
  FakeEngine::Container copy = h_.engine.containers().at("nekoplane-1b2c");
  copy.id = "copy";
  copy.name = "somebodys-copy";
  h_.engine.PutContainer(copy);
  const auto list = h_.driver.List(h_.ctx);
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].id, "docker://host/c0ffee1");
}

TEST_F(DockerDriverTest, ProbeBelievesOnlyNekosAnswer) {
  Observed instance;
  instance.http_port = 8800;
  EXPECT_TRUE(h_.driver.ProbeHealth(h_.ctx, instance));
  EXPECT_EQ(h_.probe.last_url, "http://127.0.0.1:8800/health");
  h_.probe.body = "true\n";
  EXPECT_TRUE(h_.driver.ProbeHealth(h_.ctx, instance));
  h_.probe.body = "<html>true</html>";
  EXPECT_TRUE(h_.driver.ProbeHealth(h_.ctx, instance).is(Code::kUnavailable));
  h_.probe.body = "true";
  h_.probe.status = 404;
  EXPECT_THAT(h_.driver.ProbeHealth(h_.ctx, instance).error().message, HasSubstr("404"));
  h_.probe.error = MakeStatus(Code::kTimeout, "DeadlineExceeded", "no answer");
  EXPECT_TRUE(h_.driver.ProbeHealth(h_.ctx, instance).is(Code::kTimeout));
}

TEST_F(DockerDriverTest, PullReportsProgressAndChecksThatTheImageCame) {
  h_.engine.SetPullStream(
      R"({"status":"Downloading","progressDetail":{"current":5,"total":10},"id":"aa"})"
      "\n"
      R"({"status":"Pull complete","id":"aa"})"
      "\n",
      "neko:1");
  std::vector<std::string> texts;
  ASSERT_TRUE(h_.driver.PullImage(h_.ctx, "neko:1",
                                  [&](const PullProgress& p) { texts.push_back(p.text); }));
  EXPECT_THAT(texts, ElementsAre("0 of 1 layers, 1 of 1 MB", "1 of 1 layers, 1 of 1 MB"));
  // The stream ends well, but nothing came: it was cut.
  h_.engine.SetPullStream("", "");
  EXPECT_EQ(h_.driver.PullImage(h_.ctx, "neko:2", nullptr).error().reason, "PullFailed");
  h_.engine.SetPullStream(R"({"error":"manifest unknown"})"
                          "\n",
                          "");
  EXPECT_TRUE(h_.driver.PullImage(h_.ctx, "neko:2", nullptr).is(Code::kNotFound));
}

TEST_F(DockerDriverTest, CallsThatChangeSomethingWaitInLineAndLeaveItWhenTold) {
  std::atomic<int> inside{0}, most{0};
  std::atomic<bool> hold{true};
  h_.engine.SetPlan([&](std::uint64_t, const http::ClientRequest& request) {
    if (request.method != "POST") return FakeEngine::Fault::kNone;
    const int now = ++inside;
    if (now > most) most = now;
    while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --inside;
    return FakeEngine::Fault::kNone;
  });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        InstanceSpec spec = TestSpec("u" + std::to_string(i));
        EXPECT_TRUE(h_.driver.EnsureStarted(h_.ctx, spec));
      });
    }
    while (inside < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::stop_source stop;
    stop.request_stop();
    EXPECT_TRUE(
        h_.driver.EnsureStarted(Context(stop.get_token()), TestSpec("x")).is(Code::kCancelled));
    const Context hurried = h_.ctx.WithTimeout(h_.clock, std::chrono::milliseconds(30));
    EXPECT_EQ(h_.driver.EnsureStarted(hurried, TestSpec("y")).error().reason, "EngineBusy");
    hold = false;
  }
  EXPECT_EQ(most, 3);
  EXPECT_EQ(h_.engine.containers().size(), 6u);
}

TEST_F(DockerDriverTest, UidsThatCannotNameAContainerNeverReachTheEngine) {
  EXPECT_TRUE(h_.driver.Inspect(h_.ctx, "../../images").is(Code::kInvalid));
  EXPECT_TRUE(h_.driver.EnsureRemoved(h_.ctx, "", Duration::zero()).is(Code::kInvalid));
  EXPECT_TRUE(h_.driver.EnsureVolumeRemoved(h_.ctx, "a/b").is(Code::kInvalid));
  EXPECT_EQ(h_.engine.calls(), 0u);
}

}  // namespace
}  // namespace nekoplane::runtime
