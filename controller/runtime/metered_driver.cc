#include "controller/runtime/metered_driver.h"

#include <utility>

namespace nekoplane::runtime {

MeteredDriver::MeteredDriver(std::string node, std::shared_ptr<RuntimeDriver> inner,
                             metrics::EngineMetrics& metrics, const Clock& clock)
    : node_(std::move(node)), inner_(std::move(inner)), metrics_(metrics), clock_(clock) {}

template <class Ask>
auto MeteredDriver::Measure(const char* call, const Ask& ask) {
  const MonoTime start = clock_.Now();
  auto result = ask();
  metrics_.OnCall(node_, call, result ? "ok" : std::string(CodeName(result.error().code)),
                  clock_.Now() - start);
  return result;
}

Result<NodeFacts> MeteredDriver::Facts(const Context& ctx) {
  return Measure("Facts", [&] { return inner_->Facts(ctx); });
}

Result<Observed> MeteredDriver::EnsureStarted(const Context& ctx, const InstanceSpec& spec) {
  return Measure("EnsureStarted", [&] { return inner_->EnsureStarted(ctx, spec); });
}

Result<Observed> MeteredDriver::Inspect(const Context& ctx, std::string_view session_uid) {
  return Measure("Inspect", [&] { return inner_->Inspect(ctx, session_uid); });
}

Result<void> MeteredDriver::EnsureStopped(const Context& ctx, std::string_view session_uid,
                                          Duration timeout) {
  return Measure("EnsureStopped", [&] { return inner_->EnsureStopped(ctx, session_uid, timeout); });
}

Result<void> MeteredDriver::EnsureRemoved(const Context& ctx, std::string_view session_uid,
                                          Duration timeout) {
  return Measure("EnsureRemoved", [&] { return inner_->EnsureRemoved(ctx, session_uid, timeout); });
}

Result<std::vector<Observed>> MeteredDriver::List(const Context& ctx) {
  return Measure("List", [&] { return inner_->List(ctx); });
}

Result<std::vector<ObservedVolume>> MeteredDriver::ListVolumes(const Context& ctx) {
  return Measure("ListVolumes", [&] { return inner_->ListVolumes(ctx); });
}

Result<void> MeteredDriver::EnsureVolumeRemoved(const Context& ctx, std::string_view volume) {
  return Measure("EnsureVolumeRemoved", [&] { return inner_->EnsureVolumeRemoved(ctx, volume); });
}

Result<void> MeteredDriver::ProbeHealth(const Context& ctx, const Observed& instance) {
  return Measure("ProbeHealth", [&] { return inner_->ProbeHealth(ctx, instance); });
}

Result<std::string> MeteredDriver::ImageId(const Context& ctx, std::string_view image) {
  return Measure("ImageId", [&] { return inner_->ImageId(ctx, image); });
}

Result<void> MeteredDriver::PullImage(const Context& ctx, std::string_view image,
                                      const std::function<void(const PullProgress&)>& progress) {
  return Measure("PullImage", [&] { return inner_->PullImage(ctx, image, progress); });
}

Result<std::string> MeteredDriver::Logs(const Context& ctx, std::string_view session_uid,
                                        int tail_lines) {
  return Measure("Logs", [&] { return inner_->Logs(ctx, session_uid, tail_lines); });
}

}  // namespace nekoplane::runtime
