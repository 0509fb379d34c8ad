#include "reconcilers/session/gather.h"

#include <algorithm>
#include <utility>

#include "api/base/mutant.h"
#include "api/registry/base64.h"
#include "api/v1alpha1/core.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/common/conditions.h"
#include "reconcilers/session/decide.h"
#include "reconcilers/session/instance_spec.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;

constexpr auto kInspectTimeout = std::chrono::seconds(10);
constexpr auto kProbeTimeout = std::chrono::seconds(2);

template <class T>
std::optional<T> Optional(Result<T> result) {
  if (!result) return std::nullopt;
  return std::move(result).value();
}

// For kAdoptByName.
Result<runtime::Observed> FindByName(const Context& ctx, runtime::RuntimeDriver& driver,
                                     const v1alpha1::BrowserSession& session) {
  NEKO_TRY(const auto instances, driver.List(ctx));
  for (const auto& instance : instances) {
    if (instance.session_name == session.metadata.name) return instance;
  }
  return MakeStatus(Code::kNotFound, "NotFound", "no container of that name");
}

// Which loss of the node this is; "" = it is not lost.
std::string LossOf(const v1alpha1::BrowserNode& node) {
  if (!IsLost(node)) return "";
  const auto* ready = FindCondition(node.status.conditions, v1alpha1::node::kReady);
  return node.metadata.uid + " " + ready->lastTransitionTime;
}

}  // namespace

std::optional<Secrets> SecretsFrom(const v1alpha1::Secret& secret) {
  Secrets out;
  const std::pair<const char*, std::string*> wanted[] = {{kUserPasswordKey, &out.user_password},
                                                         {kAdminPasswordKey, &out.admin_password},
                                                         {kApiTokenKey, &out.api_token}};
  for (const auto& [key, value] : wanted) {
    const auto it = secret.data.find(key);
    if (it == secret.data.end()) return std::nullopt;
    auto plain = registry::Base64Decode(it->second);
    if (!plain || plain->empty()) return std::nullopt;
    *value = *std::move(plain);
  }
  return out;
}

Inputs Gatherer::Gather(const Context& ctx, v1alpha1::BrowserSession session) {
  Inputs in;
  in.session = std::move(session);
  in.ledger = client_.Claims();
  in.now = clock_.WallNow();
  in.options = options_;
  in.nodes = NodeSet(*options_.policy);
  in.refused_ports = memory_.RefusedPorts(clock_.Now());
  Objects(in);
  Machine(ctx, in);
  return in;
}

void Gatherer::Objects(Inputs& in) const {
  const auto& session = in.session;
  const std::string node = NodeOf(session, *in.ledger);
  if (!node.empty()) {
    auto found = client_.Get<v1alpha1::BrowserNode>("", node);
    in.node_gone = found.is(Code::kNotFound);
    in.node = Optional(std::move(found));
    in.lost_for = memory_.LostFor(node, in.node ? LossOf(*in.node) : "", clock_.Now());
    NoteCapabilities(node, in);
  }
  if (session.metadata.deleting()) return;

  in.browser_class = Optional(client_.Get<v1alpha1::BrowserClass>("", session.spec.classRef.name));
  if (session.spec.profileRef) {
    in.profile = Optional(client_.Get<v1alpha1::BrowserProfile>(session.metadata.namespace_,
                                                                session.spec.profileRef->name));
  }
  if (in.profile) {
    in.profile_node_given_up = ProfileNodeGivenUp(in);
    const auto held = in.ledger->Find(store::kClaimProfile, "", in.profile->metadata.uid);
    if (held && held->owner != session.metadata.uid) {
      in.profile_holder = "with uid " + held->owner;
      const auto sessions = client_.registry().store().List(v1alpha1::BrowserSession::kResource);
      sessions->ForEach("", "", [&](const store::ObjectPtr& other) {
        if (other->uid != held->owner) return true;
        in.profile_holder = other->key.ns + "/" + other->key.name;
        return false;
      });
    }
  }
  if (!Placed(session) && session.spec.operatingMode == v1alpha1::OperatingMode::kRunning) {
    in.nodes = nodes_.At(in.ledger);
    in.capabilities_of = [this](std::string_view name) {
      const auto driver = drivers_.ForNode(name);
      return driver == nullptr ? runtime::Capabilities{} : driver->capabilities();
    };
    in.queue = waiting_.Look(AsWaiting(session, in.now));
  }
}

// Only who may start without its data has to know.
bool Gatherer::ProfileNodeGivenUp(const Inputs& in) const {
  const std::string& name = in.profile->status.nodeName;
  if (name.empty() || in.session.spec.nodeLossPolicy != v1alpha1::NodeLossPolicy::kStartEmpty) {
    return false;
  }
  const auto node = client_.Get<v1alpha1::BrowserNode>("", name);
  if (!node) return node.is(Code::kNotFound);
  if (node->metadata.deleting()) return true;
  const auto lost_for = memory_.LostFor(name, LossOf(*node), clock_.Now());
  return IsLost(*node) && lost_for >= options_.node_loss_grace;
}

void Gatherer::NoteCapabilities(const std::string& node, Inputs& in) const {
  const auto driver = drivers_.ForNode(node);
  if (driver != nullptr) in.capabilities[node] = driver->capabilities();
}

void Gatherer::Machine(const Context& ctx, Inputs& in) {
  const auto& session = in.session;
  const std::string name = NodeOf(session, *in.ledger);
  if (name.empty()) return;
  auto& seen = in.observation;
  if (in.node && IsLost(*in.node)) {
    seen.kind = Observation::Kind::kUnknown;
    seen.why = MakeStatus(Code::kUnavailable, cond::kReasonNodeLost, "the node is lost");
    return;
  }
  const auto driver = drivers_.ForNode(name);
  if (driver == nullptr) {
    // A node that was removed from the store must not keep a deletion from ending, nor a rest.
    const bool runs = session.spec.operatingMode == v1alpha1::OperatingMode::kRunning;
    if (in.node_gone && (session.metadata.deleting() || !runs)) return;
    seen.kind = Observation::Kind::kUnknown;
    seen.why = MakeStatus(Code::kUnavailable, cond::kReasonEngineUnavailable,
                          in.node ? "nekoplane is not connected to it" : "the node does not exist");
    return;
  }
  auto observed = Inspect(ctx, *driver, name, session.metadata.uid);
  if (NEKO_MUTANT(kAdoptByName) && !observed) observed = FindByName(ctx, *driver, session);
  if (!observed) {
    // A stranger's container under our name (kAlreadyExists) is an answer too: ours is not there.
    const bool answered = observed.is(Code::kNotFound) || observed.is(Code::kAlreadyExists) ||
                          NEKO_MUTANT(kUnknownIsGone);
    seen.kind = answered ? Observation::Kind::kGone : Observation::Kind::kUnknown;
    seen.why = std::move(observed).error();
  } else {
    seen.kind = Observation::Kind::kFound;
    seen.instance = std::move(observed).value();
  }
  if (session.metadata.deleting() ||
      session.spec.operatingMode == v1alpha1::OperatingMode::kSuspended || !Placed(session)) {
    return;
  }
  const bool running = seen.kind == Observation::Kind::kFound &&
                       seen.instance.phase == runtime::Observed::Phase::kRunning;
  if (running && session.status.instance && session.status.instance->id == seen.instance.id &&
      session.status.nextAttemptTime.empty()) {
    AskHealth(ctx, *driver, in);
    AskViewers(ctx, in);
    return;
  }
  const auto secret =
      client_.Get<v1alpha1::Secret>(session.metadata.namespace_, SecretName(session.metadata.uid));
  if (secret) in.secrets = SecretsFrom(*secret);
  const auto* variant = in.browser_class && in.node
                            ? scheduler::MatchVariant(*in.browser_class, in.node->status.hardware)
                            : nullptr;
  if (variant != nullptr) {
    in.pull =
        pulls_.Look(name, variant->image, {session.metadata.namespace_, session.metadata.name});
  }
}

Result<runtime::Observed> Gatherer::Inspect(const Context& ctx, runtime::RuntimeDriver& driver,
                                            const std::string& node, const std::string& uid) {
  if (auto why = silent_.Spare(node)) return *std::move(why);
  const MonoTime began = clock_.Now();
  auto observed = driver.Inspect(ctx.WithTimeout(clock_, kInspectTimeout), uid);
  silent_.Asked(node, observed ? nullptr : &observed.error(), clock_.Now() - began);
  return observed;
}

void Gatherer::AskHealth(const Context& ctx, runtime::RuntimeDriver& driver, Inputs& in) {
  const auto& uid = in.session.metadata.uid;
  const MonoTime now = clock_.Now();
  const auto facts = memory_.Get(uid, now);
  // Of one that an earlier nekoplane started, wall clocks must tell; they jump, so that it may seem
  // to start only in the future.
  in.since_start =
      facts.started != MonoTime{}
          ? now - facts.started
          : std::max<Duration>(in.now - in.observation.instance.started_at, now - facts.first_seen);
  in.probe.failures = facts.probe_failures;
  const bool never = facts.last_probe == MonoTime{};
  const bool ready = IsTrue(in.session.status.conditions, cond::kReady);
  if (ready && !never && now - facts.last_probe < options_.probe_interval) {
    in.probe.since_last = now - facts.last_probe;
    return;
  }
  const auto answer =
      driver.ProbeHealth(ctx.WithTimeout(clock_, kProbeTimeout), in.observation.instance);
  if (!answer && answer.error().code == Code::kCancelled) return;  // we are stopping: no fact
  in.probe.kind = answer ? Probe::Kind::kAnswered : Probe::Kind::kSilent;
  if (!answer) in.probe.message = answer.error().message;
  in.probe.failures = memory_.Probed(uid, clock_.Now(), answer.has_value());
}

void Gatherer::AskViewers(const Context& ctx, Inputs& in) const {
  const auto& drain = in.node ? in.node->spec.drain : std::nullopt;
  if (!viewers_ || !drain || drain->policy != v1alpha1::DrainPolicy::kWaitForUsers) return;
  const auto& session = in.session;
  const auto secret =
      client_.Get<v1alpha1::Secret>(session.metadata.namespace_, SecretName(session.metadata.uid));
  const auto secrets = secret ? SecretsFrom(*secret) : std::nullopt;
  if (!secrets || !session.status.endpoints) return;
  in.viewers = Optional(viewers_(ctx.WithTimeout(clock_, kProbeTimeout),
                                 session.status.endpoints->neko, secrets->api_token));
}

}  // namespace nekoplane::reconcilers::session
