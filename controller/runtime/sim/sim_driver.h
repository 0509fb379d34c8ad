// SimDriver: RuntimeDriver over a SimEngine. It composes the engine's calls as DockerDriver does
// (volume, create, files, start), so a fault between two of them leaves the same half-made things.
//
// Thread safety: any thread may call. Never blocks; watchers are called on the thread that causes
// the change. Lifetime: `engine` and `clock` outlive it.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "controller/runtime/runtime_driver.h"
#include "controller/runtime/sim/sim_engine.h"

namespace nekoplane::runtime {

class SimDriver final : public RuntimeDriver {
 public:
  SimDriver(SimEngine& engine, const Clock& clock, std::string installation);

  // From now on every call is kCancelled and does nothing: what the machine sees of a controller
  // that was killed. Irrevocable; make another driver for the controller that comes back.
  void Cut() { cut_ = true; }

  Capabilities capabilities() const override { return {}; }

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
  std::unique_ptr<Subscription> Watch(std::function<void(const Hint&)> callback) override;

 private:
  // kCancelled or kTimeout if the call must not go on.
  Result<void> Check(const Context& ctx) const;
  // The container of a session, if it is ours. kNotFound; kAlreadyExists ForeignObject.
  Result<SimContainer> Ours(const Context& ctx, std::string_view session_uid);
  Observed ToObserved(const SimContainer& container) const;

  SimEngine& engine_;
  const Clock& clock_;
  const std::string installation_;
  std::atomic<bool> cut_{false};
};

}  // namespace nekoplane::runtime
