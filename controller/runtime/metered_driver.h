// MeteredDriver counts and times the calls to another driver, by method and result, and changes
// nothing.
//
// Thread safety: any thread may call. Lifetime: metrics and clock outlive it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "controller/metrics/engine_metrics.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

class MeteredDriver final : public RuntimeDriver {
 public:
  MeteredDriver(std::string node, std::shared_ptr<RuntimeDriver> inner,
                metrics::EngineMetrics& metrics, const Clock& clock);

  Capabilities capabilities() const override { return inner_->capabilities(); }

  Result<NodeFacts> Facts(const Context& ctx) override;
  Result<Observed> EnsureStarted(const Context& ctx, const InstanceSpec& spec) override;
  Result<Observed> Inspect(const Context& ctx, std::string_view session_uid) override;
  Result<void> EnsureStopped(const Context& ctx, std::string_view session_uid,
                             Duration timeout) override;
  Result<void> EnsureRemoved(const Context& ctx, std::string_view session_uid,
                             Duration timeout) override;
  Result<std::vector<Observed>> List(const Context& ctx) override;
  Result<std::vector<ObservedVolume>> ListVolumes(const Context& ctx) override;
  Result<void> EnsureVolumeRemoved(const Context& ctx, std::string_view volume) override;
  Result<void> ProbeHealth(const Context& ctx, const Observed& instance) override;
  Result<std::string> ImageId(const Context& ctx, std::string_view image) override;
  Result<void> PullImage(const Context& ctx, std::string_view image,
                         const std::function<void(const PullProgress&)>& progress) override;
  Result<std::string> Logs(const Context& ctx, std::string_view session_uid,
                           int tail_lines) override;

  std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) override {
    return inner_->Watch(std::move(callback));
  }

 private:
  template <class Ask>
  auto Measure(const char* call, const Ask& ask);

  const std::string node_;
  const std::shared_ptr<RuntimeDriver> inner_;
  metrics::EngineMetrics& metrics_;
  const Clock& clock_;
};

}  // namespace nekoplane::runtime
