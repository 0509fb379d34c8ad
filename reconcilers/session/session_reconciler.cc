#include "reconcilers/session/session_reconciler.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "api/base/mutant.h"
#include "api/registry/base64.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/common/outcome.h"
#include "reconcilers/session/decide.h"
#include "reconcilers/session/instance_spec.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;
using manager::Outcome;
using manager::RequeueAfter;

constexpr auto kStartTimeout = std::chrono::minutes(2);
constexpr auto kRemoveGrace = std::chrono::seconds(30);  // on top of the stop timeout
constexpr std::size_t kSecretBytes = 16;

Outcome Next(const std::optional<Duration>& look_again, const std::optional<Status>& retry) {
  if (retry) return manager::Retry{*retry};
  if (look_again) return RequeueAfter{*look_again};
  return manager::Done{};
}

}  // namespace

SessionReconciler::SessionReconciler(Deps deps, Options options)
    : deps_(std::move(deps)),
      options_(options),
      gatherer_(deps_.client, deps_.drivers, deps_.clock, memory_, deps_.pulls, deps_.waiting,
                deps_.viewers, options) {}

Outcome SessionReconciler::Reconcile(const Context& ctx, const queue::Key& key) {
  auto session = deps_.client.Get<Session>(key.ns, key.name);
  if (!session) {
    if (session.is(Code::kNotFound)) return manager::Done{};
    return manager::GiveUp{std::move(session).error()};
  }
  memory_.Get(session->metadata.uid, deps_.clock.Now());
  const Inputs in = gatherer_.Gather(ctx, std::move(session).value());
  return Carry(ctx, in, Decide(in));
}

Outcome SessionReconciler::Carry(const Context& ctx, const Inputs& in, const Plan& plan) {
  if (plan.placement == Placement::kUnschedulable) CountPlacement("unschedulable", plan);
  if (plan.placement == Placement::kNoCapableNode) CountPlacement("no_capable_node", plan);
  if (!plan.claims.empty() || plan.status != in.session.status) return Write(ctx, in, plan);
  return Act(ctx, in, plan);
}

Outcome SessionReconciler::Act(const Context& ctx, const Inputs& in, const Plan& plan) {
  switch (plan.action) {
    case Action::kNone:
      return Next(plan.look_again, plan.retry);
    case Action::kAddFinalizer: {
      const auto added = deps_.client.AddFinalizer(ctx, in.session, Session::kFinalizer);
      return added ? Outcome(RequeueAfter{Duration::zero()}) : AfterWriteError(added.error());
    }
    case Action::kMakeSecret:
      return DoMakeSecret(ctx, in);
    case Action::kStart:
      return DoStart(ctx, in, plan);
    case Action::kRemove:
      return DoRemove(ctx, in, plan);
    case Action::kRemoveVolume:
    case Action::kLeaveVolume:
      return DoRemoveVolume(ctx, in, plan);
    case Action::kFinish:
      return DoFinish(ctx, in);
  }
  return manager::Done{};
}

Outcome SessionReconciler::Write(const Context& ctx, const Inputs& in, const Plan& plan) {
  Session after = in.session;
  after.status = plan.status;
  registry::With with{
      .claims = plan.claims, .guards = plan.guards, .create_secrets = {}, .needs = plan.needs};
  if (plan.with_secret) with.create_secrets.push_back(NewSecretFor(in.session));
  const auto written = deps_.client.WriteStatus(ctx, after, std::move(with));
  if (plan.placement == Placement::kScheduled) {
    CountPlacement(written ? "scheduled" : "error", plan);
  }
  if (!written) return AfterWriteError(written.error());
  if (plan.claims.empty() &&
      written->metadata.resourceVersion == in.session.metadata.resourceVersion) {
    return Act(ctx, in, plan);  // the same on the wire: nothing to announce
  }

  Tell(in.session, plan.events);
  const auto& uid = in.session.metadata.uid;
  const MonoTime now = deps_.clock.Now();
  const auto facts = memory_.Get(uid, now);
  if (plan.with_secret && !facts.was_ready) Measure("scheduled", now - facts.first_seen);
  if (IsTrue(plan.status.conditions, cond::kReady) && !facts.was_ready) {
    if (facts.started != MonoTime{}) {  // else it was adopted: its start is not ours to measure
      Measure("ready", now - facts.started);
      Measure("total", now - facts.first_seen);
    }
    memory_.Ready(uid);
  }
  if (plan.action != Action::kNone) return RequeueAfter{Duration::zero()};
  return Next(plan.look_again, plan.retry);
}

Outcome SessionReconciler::DoStart(const Context& ctx, const Inputs& in, const Plan& plan) {
  const auto& session = in.session;
  const auto driver = deps_.drivers.ForNode(session.status.nodeName);
  if (driver == nullptr) return RequeueAfter{options_.pending_retry};
  const MonoTime before = deps_.clock.Now();
  const auto result = driver->EnsureStarted(ctx.WithTimeout(deps_.clock, kStartTimeout), plan.spec);
  const MonoTime now = deps_.clock.Now();
  if (result && !result->user_password.empty() &&
      result->user_password != in.secrets->user_password) {
    const auto kept = KeepPassword(ctx, in, result->user_password);
    if (!kept) return AfterWriteError(kept.error());
  }
  const Record record = AfterStart(in, plan, result);
  if (result) {
    memory_.Started(session.metadata.uid, now);
    if (!memory_.Get(session.metadata.uid, now).was_ready) Measure("started", now - before);
  }
  if (record.refuse_ports && !NEKO_MUTANT(kTakenPortRetried)) {
    memory_.RefusePorts(session.status.nodeName,
                        {session.status.ports->http, session.status.ports->media},
                        now + options_.refused_port_memory);
  }
  if (record.pull_image) {
    deps_.pulls.Start(session.status.nodeName, plan.spec.image,
                      {session.metadata.namespace_, session.metadata.name});
  }
  return Keep(ctx, in, record);
}

Outcome SessionReconciler::DoRemove(const Context& ctx, const Inputs& in, const Plan& plan) {
  const auto driver = deps_.drivers.ForNode(NodeOf(in.session, *in.ledger));
  if (driver == nullptr) return RequeueAfter{options_.pending_retry};
  const auto removed =
      driver->EnsureRemoved(ctx.WithTimeout(deps_.clock, options_.stop_timeout + kRemoveGrace),
                            in.session.metadata.uid, options_.stop_timeout);
  if (removed) return RequeueAfter{Duration::zero()};
  return Keep(ctx, in, AfterFailedRemoval(in, plan, removed.error()));
}

Outcome SessionReconciler::DoRemoveVolume(const Context& ctx, const Inputs& in, const Plan& plan) {
  const auto driver = deps_.drivers.ForNode(NodeOf(in.session, *in.ledger));
  if (driver == nullptr) return RequeueAfter{options_.pending_retry};
  const auto removed =
      driver->EnsureVolumeRemoved(ctx.WithTimeout(deps_.clock, kRemoveGrace),
                                  runtime::PrivateVolumeName(in.session.metadata.uid));
  if (!removed) return Keep(ctx, in, AfterFailedRemoval(in, plan, removed.error()));
  if (plan.action == Action::kRemoveVolume) return DoFinish(ctx, in);
  Inputs after = in;
  after.left_volume = true;
  return Write(ctx, after, Decide(after));
}

Outcome SessionReconciler::DoFinish(const Context& ctx, const Inputs& in) {
  const auto& meta = in.session.metadata;
  const auto secret = deps_.client.Get<v1alpha1::Secret>(meta.namespace_, SecretName(meta.uid));
  if (secret) {
    const auto deleted = deps_.client.Delete(ctx, *secret);
    if (!deleted) return AfterWriteError(deleted.error());
  }
  registry::With with{
      .claims = {ReleaseOwner(meta.uid)}, .guards = {}, .create_secrets = {}, .needs = {}};
  const auto removed =
      deps_.client.RemoveFinalizer(ctx, in.session, Session::kFinalizer, std::move(with));
  if (!removed && !removed.is(Code::kNotFound)) return AfterWriteError(removed.error());
  memory_.Forget(meta.uid);
  deps_.log.Info("session is gone", {{"namespace", meta.namespace_}, {"name", meta.name}});
  return manager::Done{};
}

Outcome SessionReconciler::DoMakeSecret(const Context& ctx, const Inputs& in) {
  const auto& meta = in.session.metadata;
  // One that is there is not usable (or the plan would not ask for it): replace it.
  const auto broken = deps_.client.Get<v1alpha1::Secret>(meta.namespace_, SecretName(meta.uid));
  if (broken) {
    const auto deleted = deps_.client.Delete(ctx, *broken);
    return deleted ? Outcome(RequeueAfter{Duration::zero()}) : AfterWriteError(deleted.error());
  }
  const auto created = deps_.client.Create(ctx, NewSecretFor(in.session));
  if (!created && !created.is(Code::kAlreadyExists)) return AfterWriteError(created.error());
  return RequeueAfter{Duration::zero()};
}

// Before the instance is on record, so that nobody is ever told a password that opens nothing.
Result<void> SessionReconciler::KeepPassword(const Context& ctx, const Inputs& in,
                                             const std::string& password) {
  const auto& meta = in.session.metadata;
  const auto kept = deps_.client.Patch<v1alpha1::Secret>(
      ctx, meta.namespace_, SecretName(meta.uid),
      {{"data", {{kUserPasswordKey, registry::Base64Encode(password)}}}});
  if (!kept) return kept.error();
  return {};
}

Outcome SessionReconciler::Keep(const Context& ctx, const Inputs& in, const Record& record) {
  Session after = in.session;
  after.status = record.status;
  KeepTransitionTimes(in.session.status.conditions, after.status.conditions);
  after.status.phase = DerivePhase(after);
  if (in.session.status != after.status) {
    const auto written = deps_.client.WriteStatus(ctx, after);
    if (!written) return AfterWriteError(written.error());
    Tell(in.session, record.events);
  }
  return Next(record.look_again, record.retry);
}

v1alpha1::Secret SessionReconciler::NewSecretFor(const Session& session) {
  v1alpha1::Secret secret;
  secret.metadata.namespace_ = session.metadata.namespace_;
  secret.metadata.name = SecretName(session.metadata.uid);
  secret.metadata.ownerReferences.push_back({.apiVersion = v1alpha1::kApiVersion,
                                             .kind = Session::kKind,
                                             .name = session.metadata.name,
                                             .uid = session.metadata.uid,
                                             .controller = true,
                                             .blockOwnerDeletion = false});
  secret.type = "Opaque";
  for (const char* key : {kUserPasswordKey, kAdminPasswordKey, kApiTokenKey}) {
    secret.data[key] = registry::Base64Encode(NewSecret(deps_.random, kSecretBytes));
  }
  return secret;
}

void SessionReconciler::Tell(const Session& session, const std::vector<EventNote>& events) {
  for (const auto& note : events) {
    TellEvent(deps_.events, session, note);
    deps_.log.Info(note.message, {{"namespace", session.metadata.namespace_},
                                  {"name", session.metadata.name},
                                  {"reason", note.reason}});
  }
}

void SessionReconciler::CountPlacement(std::string_view result, const Plan& plan) const {
  if (!deps_.placement) return;
  const auto* scheduled = FindCondition(plan.status.conditions, cond::kScheduled);
  deps_.placement(result, scheduled == nullptr ? std::string_view() : scheduled->message);
}

void SessionReconciler::Measure(const char* stage, Duration took) const {
  if (deps_.stage) deps_.stage(stage, took);
}

}  // namespace nekoplane::reconcilers::session
