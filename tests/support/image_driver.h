// A machine that has images and nothing else: what it has, and how its pulls go, is up to the test.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/background_runner.h"

namespace nekoplane::testing {

class ImageDriver final : public runtime::RuntimeDriver {
 public:
  using Progress = std::function<void(const runtime::PullProgress&)>;
  using Instance = runtime::Observed;

  runtime::Capabilities can;
  std::map<std::string, std::string, std::less<>> images;  // by name: the id
  bool down = false;
  int asked = 0;                    // ImageId
  std::vector<std::string> pulled;  // in the order they were asked for
  // In the midst of a pull, before the image is there; its error ends it.
  std::function<Result<void>(const std::string& image, const Progress& progress)> in_pull;

  runtime::Capabilities capabilities() const override { return can; }

  Result<std::string> ImageId(const Context&, std::string_view image) override {
    ++asked;
    if (down) return Silent();
    const auto it = images.find(image);
    if (it == images.end()) return MakeStatus(Code::kNotFound, "ImageNotFound", "no such image");
    return it->second;
  }

  Result<void> PullImage(const Context& ctx, std::string_view image,
                         const Progress& progress) override {
    pulled.emplace_back(image);
    if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
    if (down) return Silent().error();
    if (in_pull) NEKO_RETURN_IF_ERROR(in_pull(std::string(image), progress));
    images.emplace(image, "sha256:" + std::string(image));
    return {};
  }

  Result<runtime::NodeFacts> Facts(const Context&) override { return Silent().error(); }

  Result<Instance> EnsureStarted(const Context&, const runtime::InstanceSpec&) override {
    return Silent().error();
  }

  Result<Instance> Inspect(const Context&, std::string_view) override { return Silent().error(); }

  Result<void> EnsureStopped(const Context&, std::string_view, Duration) override {
    return Silent().error();
  }

  Result<void> EnsureRemoved(const Context&, std::string_view, Duration) override {
    return Silent().error();
  }

  Result<std::vector<Instance>> List(const Context&) override { return Silent().error(); }

  Result<std::vector<runtime::ObservedVolume>> ListVolumes(const Context&) override {
    return Silent().error();
  }

  Result<void> EnsureVolumeRemoved(const Context&, std::string_view) override {
    return Silent().error();
  }

  Result<void> ProbeHealth(const Context&, const Instance&) override { return Silent().error(); }

  Result<std::string> Logs(const Context&, std::string_view, int) override { return Silent(); }

  std::unique_ptr<Subscription> Watch(std::function<void(const runtime::Hint&)>) override {
    return nullptr;
  }

 private:
  static Result<std::string> Silent() {
    return MakeStatus(Code::kUnavailable, "EngineUnavailable", "the engine does not answer");
  }
};

// Jobs run when the test says so, one at a time.
class StepRunner final : public reconcilers::BackgroundRunner {
 public:
  void Run(Job job) override { jobs.push_back(std::move(job)); }

  void RunNext(const Context& ctx = Context()) {
    const auto job = std::move(jobs.front());
    jobs.pop_front();
    job(ctx);
  }

  void RunAll() {
    while (!jobs.empty()) RunNext();
  }

  std::deque<Job> jobs;
};

}  // namespace nekoplane::testing
