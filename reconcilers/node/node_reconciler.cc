#include "reconcilers/node/node_reconciler.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "reconcilers/common/conditions.h"
#include "reconcilers/common/outcome.h"

namespace nekoplane::reconcilers::node {
namespace {

namespace cond = v1alpha1::node;
using v1alpha1::BrowserNode;

constexpr auto kFactsTimeout = std::chrono::seconds(10);

bool Answers(const BrowserNode& node) { return IsTrue(node.status.conditions, cond::kReady); }

}  // namespace

manager::Outcome NodeReconciler::Reconcile(const Context& ctx, const queue::Key& key) {
  auto node = deps_.client.Get<BrowserNode>("", key.name);
  if (!node) {
    if (node.is(Code::kNotFound)) return manager::Done{};
    return manager::GiveUp{std::move(node).error()};
  }
  Inputs in{.node = *std::move(node),
            .ledger = deps_.client.Claims(),
            .facts = std::nullopt,
            .why = MakeStatus(Code::kUnavailable, cond::kReasonEngineUnavailable,
                              "nekoplane is not connected to this node's engine"),
            .now = deps_.clock.WallNow(),
            .options = options_};
  if (const auto driver = deps_.drivers.ForNode(key.name)) {
    auto facts = driver->Facts(ctx.WithTimeout(deps_.clock, kFactsTimeout));
    if (facts) {
      in.facts = *std::move(facts);
    } else if (facts.is(Code::kCancelled)) {
      return manager::Done{};  // we are stopping: that says nothing about the node
    } else {
      in.why = std::move(facts).error();
    }
  }

  BrowserNode after = in.node;
  after.status = Decide(in);
  if (in.node.status == after.status) return manager::RequeueAfter{options_.look};
  const auto written = deps_.client.WriteStatus(ctx, after);
  if (!written) return AfterWriteError(written.error());
  const bool first = in.node.status.conditions.empty();
  if (!first && Answers(in.node) != Answers(after)) {
    const auto* ready = FindCondition(after.status.conditions, cond::kReady);
    const EventNote note{.warning = !Answers(after),
                         .reason = ready->reason,
                         .message = Answers(after)
                                        ? "the engine answers again"
                                        : "the engine does not answer: " + in.why.message};
    TellEvent(deps_.events, after, note);
    deps_.log.Write(note.warning ? LogLevel::kWarning : LogLevel::kInfo, note.message,
                    {{"node", key.name}});
  }
  return manager::RequeueAfter{options_.look};
}

Result<BrowserNode> EnsureHostNode(const Context& ctx, registry::Client& client,
                                   const HostSettings& settings) {
  nlohmann::json told = {{"docker", {{"endpoint", settings.docker_endpoint}}}};
  const auto tell = [&told](const char* name, const std::optional<v1alpha1::PortRange>& range) {
    if (range) told["ports"][name] = {{"from", range->from}, {"to", range->to}};
  };
  tell("http", settings.http_ports);
  tell("media", settings.media_ports);
  if (!settings.advertise_address.empty()) told["address"] = settings.advertise_address;

  BrowserNode host;
  host.metadata.name = BrowserNode::kHost;
  host.spec.docker =
      v1alpha1::DockerEndpoint{.endpoint = settings.docker_endpoint, .tls = std::nullopt};
  host.spec.address = settings.own_address;
  if (!settings.advertise_address.empty()) host.spec.address = settings.advertise_address;
  if (settings.http_ports) host.spec.ports.http = *settings.http_ports;
  if (settings.media_ports) host.spec.ports.media = *settings.media_ports;
  auto made = client.Create(ctx, host);
  if (!made && made.is(Code::kAlreadyExists)) {
    made = client.Patch<BrowserNode>(ctx, "", BrowserNode::kHost, {{"spec", told}});
  }
  if (!made) return Annotate(std::move(made).error(), "node host");
  return made;
}

}  // namespace nekoplane::reconcilers::node
