// UnavailableDriver stands for a machine that cannot be asked at all, because no driver could be
// made for it (no Secret, a certificate that has expired, ...): every call is kUnavailable with
// that reason, so that nothing is taken for gone and the node says why.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

class UnavailableDriver final : public RuntimeDriver {
 public:
  // Reason and message of `why` are passed on; its code is not.
  explicit UnavailableDriver(const Status& why);

  Capabilities capabilities() const override { return {}; }

  Result<NodeFacts> Facts(const Context&) override { return why_; }

  Result<Observed> EnsureStarted(const Context&, const InstanceSpec&) override { return why_; }

  Result<Observed> Inspect(const Context&, std::string_view) override { return why_; }

  Result<void> EnsureStopped(const Context&, std::string_view, Duration) override { return why_; }

  Result<void> EnsureRemoved(const Context&, std::string_view, Duration) override { return why_; }

  Result<std::vector<Observed>> List(const Context&) override { return why_; }

  Result<std::vector<ObservedVolume>> ListVolumes(const Context&) override { return why_; }

  Result<void> EnsureVolumeRemoved(const Context&, std::string_view) override { return why_; }

  Result<void> ProbeHealth(const Context&, const Observed&) override { return why_; }

  Result<std::string> ImageId(const Context&, std::string_view) override { return why_; }

  Result<void> PullImage(const Context&, std::string_view,
                         const std::function<void(const PullProgress&)>&) override {
    return why_;
  }

  Result<std::string> Logs(const Context&, std::string_view, int) override { return why_; }

  // There is nothing to hear.
  std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) override;

 private:
  const Status why_;
};

}  // namespace nekoplane::runtime
