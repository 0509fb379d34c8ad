// Started: exactly one container, made from what the spec asks for now.
//
// Facts that a retry may find, and what follows from each:
//   none, never started                        start
//   none, but one was recorded                 it was removed behind our back: a failure
//   ours, of another spec hash                 remove, then start
//   ours, recorded, running                    the next steps watch it
//   ours, recorded, exited                     a failure; its logs stay until the next attempt
//   ours, recorded, a failure is counted       remove when the back-off is over, then start
//   ours, not recorded (the reply was lost)    start finds it and returns it: record
//   starting, or perhaps so                    start tells how it went
// A failure is counted once: nextAttemptTime is set with it, and cleared by the next start.
#include <algorithm>
#include <utility>

#include "api/base/mutant.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/claims.h"
#include "reconcilers/session/decide.h"
#include "reconcilers/session/instance_spec.h"
#include "reconcilers/session/start_page.h"
#include "reconcilers/session/steps.h"

namespace nekoplane::reconcilers::session {
namespace {

namespace cond = v1alpha1::session;
using Phase = runtime::Observed::Phase;

// Until the next attempt; zero if it is due. Wall clocks jump: never longer than the longest delay.
Duration Wait(const Inputs& in, const v1alpha1::BrowserSessionStatus& status) {
  if (status.nextAttemptTime.empty()) return Duration::zero();
  const auto at = ParseTime(status.nextAttemptTime);
  if (!at) return Duration::zero();
  return std::clamp<Duration>(*at - in.now, Duration::zero(), in.options.backoff.cap);
}

Flow RemoveFirst(Plan& plan) {
  plan.action = Action::kRemove;
  plan.look_again = Duration::zero();
  return Flow::kStop;
}

std::optional<runtime::FileToPlace> StartPageOf(const Inputs& in) {
  return StartPageFile(in.browser_class->spec.browser, in.session.spec.url);
}

bool PortsRefused(const Inputs& in) {
  const auto it = in.refused_ports.find(in.session.status.nodeName);
  if (it == in.refused_ports.end()) return false;
  const auto& ports = *in.session.status.ports;
  return std::any_of(it->second.begin(), it->second.end(),
                     [&](auto p) { return p == ports.http || p == ports.media; });
}

// A stranger holds one of our ports: claim others instead.
Flow ChangePorts(const Inputs& in, Plan& plan) {
  const auto& uid = in.session.metadata.uid;
  const auto& node = in.session.status.nodeName;
  const auto ports = FreePorts(*in.node, *in.ledger, in.refused_ports.at(node));
  if (!ports) {
    Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonStartFailed,
        "the claimed ports are in use by another program, and node " + node +
            " has no others free in spec.ports");
    plan.look_again = in.options.pending_retry;
    return Flow::kStop;
  }
  for (auto& claim : PortClaims(node, uid, *in.session.status.ports)) {
    plan.claims.push_back(Release(std::move(claim)));
  }
  for (auto& claim : PortClaims(node, uid, *ports)) {
    plan.claims.push_back(Acquire(std::move(claim)));
  }
  plan.status.ports = *ports;
  plan.look_again = Duration::zero();
  return Flow::kStop;
}

// The container is to be started now, unless its image has to come first.
Flow Start(const Inputs& in, Plan& plan) {
  if (!in.browser_class) {
    Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonClassNotFound,
        "there is no BrowserClass \"" + in.session.spec.classRef.name + "\" any more");
    plan.look_again = in.options.pending_retry;
    return Flow::kStop;
  }
  if (PortsRefused(in)) return ChangePorts(in, plan);
  switch (in.pull.kind) {
    case Pull::Kind::kRunning:
      Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonPullingImage, in.pull.text);
      plan.look_again = in.options.pull_look;
      return Flow::kStop;
    case Pull::Kind::kFailed:
      Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonImagePullFailed, in.pull.text);
      plan.look_again = in.pull.retry_in;
      return Flow::kStop;
    case Pull::Kind::kNone:
      break;
  }
  if (!in.secrets) {
    plan.action = Action::kMakeSecret;
    plan.look_again = Duration::zero();
    return Flow::kStop;
  }
  auto spec = BuildInstanceSpec(in);
  if (!spec) {
    Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonInvalidSpec, spec.error().message);
    plan.look_again = in.options.pending_retry;
    return Flow::kStop;
  }
  // What is known about why it does not run yet stays until it does.
  const auto why = ReasonOf(plan.status.conditions, cond::kStarted);
  const auto* started = FindCondition(plan.status.conditions, cond::kStarted);
  const bool explained = started != nullptr && started->status == kFalse &&
                         (why == cond::kReasonCrashLoopBackOff || why == cond::kReasonRecreating ||
                          why == cond::kReasonStartFailed || why == cond::kReasonStarting ||
                          why == cond::kReasonPullingImage);
  if (!explained) Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonStarting);
  if (NEKO_MUTANT(kPasswordInStatus)) {
    Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonStarting,
        "the password is " + in.secrets->user_password);
  }
  plan.action = Action::kStart;
  plan.spec = *std::move(spec);
  plan.look_again = Duration::zero();
  return Flow::kStop;
}

}  // namespace

Flow InstanceFailed(const Inputs& in, Plan& plan, std::string_view reason, std::string message) {
  auto& status = plan.status;
  status.failures = FailuresNow(in) + 1;
  const Duration delay = CrashDelay(in.options.backoff, status.failures);
  status.nextAttemptTime = FormatTime(in.now + delay);
  if (delay > Duration::zero()) {
    Say(in, status, cond::kStarted, kFalse, cond::kReasonCrashLoopBackOff,
        message + "; failure " + std::to_string(status.failures) + " in a row, next start at " +
            status.nextAttemptTime);
  } else {
    Say(in, status, cond::kStarted, kFalse, cond::kReasonStarting, message + "; starting again");
  }
  Say(in, status, cond::kReady, kFalse, reason, message);
  Say(in, status, cond::kHealthy, kFalse, reason, message);
  plan.events.push_back(
      {.warning = true, .reason = std::string(reason), .message = std::move(message)});
  plan.look_again = delay;
  return Flow::kStop;
}

Flow Launch(const Inputs& in, Plan& plan) {
  const auto& recorded = in.session.status.instance;
  if (in.observation.kind == Observation::Kind::kUnknown) {
    return EngineUnknown(in, plan, in.observation.why);
  }
  if (!in.node) {
    return EngineUnknown(in, plan,
                         MakeStatus(Code::kUnavailable, cond::kReasonEngineUnavailable,
                                    "node " + in.session.status.nodeName + " does not exist"));
  }
  const std::string hash = SpecHash(in);
  // What is said below is about the container at hand; a leftover "unknown" is not.
  if (ReasonOf(plan.status.conditions, cond::kReady) == cond::kReasonEngineUnavailable) {
    SayNotRunning(in, plan.status, recorded ? cond::kReasonProbing : cond::kReasonNotStarted);
  }
  if (recorded && recorded->specHash != hash) {  // a new spec deserves a try at once
    plan.status.failures = 0;
    plan.status.nextAttemptTime.clear();
  }
  const bool failed = !plan.status.nextAttemptTime.empty();
  const Duration wait = Wait(in, plan.status);
  const bool found = in.observation.kind == Observation::Kind::kFound;
  const auto& instance = in.observation.instance;

  const bool starting = found && instance.phase == Phase::kStarting;
  if (found && !starting && instance.spec_hash != hash && !NEKO_MUTANT(kSpecChangeIgnored)) {
    Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonRecreating,
        "the spec asks for another container");
    if (!NEKO_MUTANT(kReadyDuringRecreate)) {
      SayNotRunning(in, plan.status, cond::kReasonNotStarted);
    }
    return RemoveFirst(plan);
  }
  const bool known = found && recorded && recorded->id == instance.id;
  const bool fresh = starting || (found && !known && instance.phase == Phase::kRunning);
  if (failed && !fresh && wait > Duration::zero()) {
    if (ReasonOf(plan.status.conditions, cond::kStarted) == cond::kReasonEngineUnavailable) {
      Say(in, plan.status, cond::kStarted, kFalse, cond::kReasonCrashLoopBackOff,
          "next start at " + plan.status.nextAttemptTime);
    }
    plan.look_again = wait;
    return Flow::kStop;
  }
  if (!found) {
    if (recorded && !failed && recorded->specHash == hash) {
      return InstanceFailed(in, plan, cond::kReasonContainerGone,
                            "the container was removed by somebody else");
    }
    return Start(in, plan);
  }
  if (known && !failed && instance.phase == Phase::kRunning) {
    Say(in, plan.status, cond::kStarted, kTrue, cond::kReasonStarted);
    return Flow::kNext;
  }
  if (!failed && instance.phase == Phase::kExited) {
    if (!recorded) plan.status.instance = v1alpha1::SessionInstance{};
    plan.status.instance->id = instance.id;
    plan.status.instance->specHash = hash;
    return InstanceFailed(in, plan, cond::kReasonContainerDied,
                          instance.oom_killed ? "the container ran out of memory"
                                              : "the container exited with code " +
                                                    std::to_string(instance.exit_code));
  }
  if (fresh) return Start(in, plan);
  // Dead and its back-off is over, or made but not startable: a fresh one, never the same again
  // (an X server's locks and a browser's survive in the old one).
  if (failed || known || PortsRefused(in)) return RemoveFirst(plan);
  return Start(in, plan);
}

Record AfterStart(const Inputs& in, const Plan& plan, const Result<runtime::Observed>& result) {
  Record record{.status = plan.status, .look_again = Duration::zero()};
  auto& status = record.status;
  if (result) {
    v1alpha1::SessionInstance instance = status.instance.value_or(v1alpha1::SessionInstance{});
    if (!status.nextAttemptTime.empty() && !instance.id.empty()) ++instance.restarts;
    instance.id = result->id;
    instance.image = result->image.empty() ? plan.spec.image : result->image;
    instance.specHash = plan.spec.spec_hash;
    instance.startedAt = FormatTime(in.now);
    const std::string image = result->image.empty() ? plan.spec.image : result->image;
    status.instance = std::move(instance);
    if (!NEKO_MUTANT(kRetryTimeNotCleared)) status.nextAttemptTime.clear();
    const auto capabilities = CapabilitiesOf(in, status.nodeName);
    if (!capabilities.ports) {
      status.ports = {.http = result->http_port, .media = result->media_port};
    }
    status.endpoints = v1alpha1::SessionEndpoints{.neko = NekoUrl(*in.node, *status.ports)};
    Say(in, status, cond::kStarted, kTrue, cond::kReasonStarted);
    Say(in, status, cond::kReady, kFalse, cond::kReasonProbing, "waiting for Neko to answer");
    Say(in, status, cond::kHealthy, kUnknown, cond::kReasonProbing);
    record.events.push_back({.warning = false,
                             .reason = "Started",
                             .message = "started a container from image " +
                                        (capabilities.images ? plan.spec.image : image)});
    if (!capabilities.files && StartPageOf(in)) {
      record.events.push_back({.warning = true,
                               .reason = "StartPageNotPlaced",
                               .message = "node " + status.nodeName +
                                          " takes no files: the browser begins with its own page "
                                          "instead of spec.url"});
    }
    if (NEKO_MUTANT(kPasswordInEvent)) record.events[0].message += in.secrets->user_password;
    return record;
  }

  const Status& why = result.error();
  if (why.code == Code::kNotFound && why.reason == "ImageNotFound") {
    record.pull_image = true;
    record.look_again = in.options.pull_look;
    Say(in, status, cond::kStarted, kFalse, cond::kReasonPullingImage,
        "pulling image " + plan.spec.image);
    record.events.push_back(
        {.warning = false, .reason = "Pulling", .message = "pulling image " + plan.spec.image});
    return record;
  }
  if (why.code == Code::kConflict && why.reason == "PortInUse") {
    record.refuse_ports = true;
    const std::string message = "port " + std::to_string(status.ports->http) + " or " +
                                std::to_string(status.ports->media) + " on node " +
                                status.nodeName + " is in use by another program; taking others";
    Say(in, status, cond::kStarted, kFalse, cond::kReasonStarting, message);
    record.events.push_back({.warning = true, .reason = "PortInUse", .message = message});
    return record;
  }
  if (why.code == Code::kConflict) return record;  // another spec hash: the next look sees it
  if (why.reason == runtime::kReasonStillStarting) {
    Say(in, status, cond::kStarted, kFalse, cond::kReasonStarting, why.message);
    record.look_again = in.options.pull_look;
    return record;
  }
  if (OutcomeUnknown(why.code)) {
    SayEngineUnknown(in, status, why);
    record.retry = why;
    return record;
  }
  ++status.failures;
  const Duration delay = BackoffDelay(in.options.backoff, status.failures);
  status.nextAttemptTime = FormatTime(in.now + delay);
  Say(in, status, cond::kStarted, kFalse, cond::kReasonStartFailed, why.message);
  SayNotRunning(in, status, cond::kReasonNotStarted);
  record.look_again = delay;
  record.events.push_back(
      {.warning = true, .reason = cond::kReasonStartFailed, .message = why.message});
  return record;
}

}  // namespace nekoplane::reconcilers::session
