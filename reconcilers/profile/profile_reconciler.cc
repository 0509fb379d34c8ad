#include "reconcilers/profile/profile_reconciler.h"

#include <utility>

#include "api/codec/json_codec.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/outcome.h"

namespace nekoplane::reconcilers::profile {
namespace {

using manager::Outcome;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

constexpr auto kRemoveTimeout = std::chrono::seconds(30);

}  // namespace

Outcome ProfileReconciler::Reconcile(const Context& ctx, const queue::Key& key) {
  auto profile = deps_.client.Get<BrowserProfile>(key.ns, key.name);
  if (!profile) {
    if (profile.is(Code::kNotFound)) return manager::Done{};
    return manager::GiveUp{std::move(profile).error()};
  }
  Inputs in{.profile = *std::move(profile),
            .ledger = deps_.client.Claims(),
            .holder = std::nullopt,
            .holder_uid = "",
            .now = deps_.clock.WallNow()};
  const auto& uid = in.profile.metadata.uid;
  if (const auto claim = in.ledger->Find(store::kClaimProfile, "", uid);
      claim && claim->owner != uid) {
    in.holder_uid = claim->owner;
    const auto sessions = deps_.client.registry().store().List(BrowserSession::kResource);
    sessions->ForEach("", "", [&](const store::ObjectPtr& object) {
      if (object->uid != in.holder_uid) return true;
      auto session = codec::Decode<BrowserSession>(object->bytes);
      if (session) in.holder = std::move(session).value();
      return false;
    });
  }
  const auto& node = in.profile.status.nodeName;
  if (!node.empty()) {
    in.node_exists = deps_.client.Get<v1alpha1::BrowserNode>("", node).has_value();
    const auto driver = deps_.drivers.ForNode(node);
    in.node_connected = driver != nullptr;
    in.removes_volumes = driver == nullptr || driver->capabilities().volumes;
  }

  const Plan plan = Decide(in);
  BrowserProfile after = in.profile;
  after.status = plan.status;
  if (in.profile.status != after.status) {
    const auto written = deps_.client.WriteStatus(ctx, after);
    if (!written) return AfterWriteError(written.error());
    if (plan.action != Action::kNone) return manager::RequeueAfter{Duration::zero()};
  }
  return Act(ctx, in, plan);
}

Outcome ProfileReconciler::Act(const Context& ctx, const Inputs& in, const Plan& plan) {
  const auto again = [](const Result<void>& done) {
    return done ? Outcome(manager::RequeueAfter{Duration::zero()}) : AfterWriteError(done.error());
  };
  switch (plan.action) {
    case Action::kNone:
      if (plan.look_again) return manager::RequeueAfter{*plan.look_again};
      return manager::Done{};
    case Action::kAddFinalizer:
      return again(deps_.client.AddFinalizer(ctx, in.profile, BrowserProfile::kFinalizer));
    case Action::kClaim: {
      const auto& uid = in.profile.metadata.uid;
      return again(deps_.client.ChangeClaims(ctx, {Acquire(ProfileClaim(uid, uid))}));
    }
    case Action::kRemoveVolume: {
      const auto driver = deps_.drivers.ForNode(in.profile.status.nodeName);
      if (driver == nullptr) return manager::RequeueAfter{Duration::zero()};
      const auto removed = driver->EnsureVolumeRemoved(ctx.WithTimeout(deps_.clock, kRemoveTimeout),
                                                       in.profile.status.volume);
      if (!removed) return manager::Retry{removed.error()};
      return Finish(ctx, in, "");
    }
    case Action::kFinish:
      return Finish(ctx, in, plan.kept);
  }
  return manager::Done{};
}

Outcome ProfileReconciler::Finish(const Context& ctx, const Inputs& in, const std::string& kept) {
  registry::With with{.claims = {ReleaseOwner(in.profile.metadata.uid)},
                      .guards = {},
                      .create_secrets = {},
                      .needs = {}};
  const auto removed =
      deps_.client.RemoveFinalizer(ctx, in.profile, BrowserProfile::kFinalizer, std::move(with));
  if (!removed) return AfterWriteError(removed.error());
  if (!kept.empty()) {
    TellEvent(deps_.events, in.profile, {.warning = false, .reason = "DataKept", .message = kept});
    deps_.log.Info("profile is gone; " + kept, {{"namespace", in.profile.metadata.namespace_},
                                                {"name", in.profile.metadata.name}});
  }
  return manager::Done{};
}

}  // namespace nekoplane::reconcilers::profile
