#include "reconcilers/node/leases.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "api/registry/namespaces.h"
#include "api/v1alpha1/lease.h"

namespace nekoplane::reconcilers::node {

using v1alpha1::Lease;

namespace {

constexpr std::string_view kPrefix = "nekoplane-node-";

}  // namespace

std::string LeaseName(const std::string& node) { return std::string(kPrefix) + node; }

Result<void> RemoveStrayLeases(const Context& ctx, registry::Client& client) {
  for (const Lease& lease : client.List<Lease>()) {
    const auto& meta = lease.metadata;
    if (meta.namespace_ != registry::kSystemNamespace || !meta.name.starts_with(kPrefix)) continue;
    const auto node = client.Get<v1alpha1::BrowserNode>("", meta.name.substr(kPrefix.size()));
    if (node.is(Code::kNotFound)) NEKO_RETURN_IF_ERROR(client.Delete(ctx, lease));
  }
  return {};
}

Result<void> Leases::Renew(const Context& ctx, const std::string& node) {
  const MonoTime now = clock_.Now();
  {
    MutexLock lock(mu_);
    const auto last = renewed_.find(node);
    if (last != renewed_.end() && now - last->second < options_.renew_every) return {};
  }
  Lease lease;
  lease.metadata.namespace_ = registry::kSystemNamespace;
  lease.metadata.name = LeaseName(node);
  lease.spec.holderIdentity = options_.holder;
  lease.spec.leaseDurationSeconds = std::max<std::int64_t>(
      1, std::chrono::duration_cast<std::chrono::seconds>(options_.lasts).count());
  lease.spec.renewTime = FormatMicroTime(clock_.WallNow());
  const nlohmann::json renewal = {{"spec",
                                   {{"holderIdentity", lease.spec.holderIdentity},
                                    {"leaseDurationSeconds", lease.spec.leaseDurationSeconds},
                                    {"renewTime", lease.spec.renewTime}}}};
  auto written = client_.Patch<Lease>(ctx, lease.metadata.namespace_, lease.metadata.name, renewal);
  if (!written && written.is(Code::kNotFound)) {
    lease.spec.acquireTime = lease.spec.renewTime;
    written = client_.Create(ctx, lease);
  }
  if (!written) return written.error();
  MutexLock lock(mu_);
  renewed_[node] = now;
  return {};
}

Result<void> Leases::Remove(const Context& ctx, const std::string& node) {
  {
    MutexLock lock(mu_);
    renewed_.erase(node);
  }
  const auto lease = client_.Get<Lease>(registry::kSystemNamespace, LeaseName(node));
  if (!lease) return lease.is(Code::kNotFound) ? Result<void>() : lease.error();
  return client_.Delete(ctx, *lease);
}

}  // namespace nekoplane::reconcilers::node
