// cordon, uncordon, drain and top: BrowserNodes in the hands of whoever looks after the machines.
// Each change is one merge patch of the node's spec, which kubectl patch can make as well.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "api/base/quantity.h"
#include "api/codec/json_codec.h"
#include "api/v1alpha1/browser_node.h"
#include "controller/cmd/nekoctl/commands.h"
#include "controller/cmd/nekoctl/table_printer.h"

namespace nekoplane::ctl {

using nlohmann::json;
using v1alpha1::BrowserNode;

namespace {

constexpr auto kProgressEvery = std::chrono::seconds(2);
constexpr auto kLookEvery = std::chrono::seconds(1);
constexpr Duration kPatience = std::chrono::minutes(10);

const codec::Kind& NodeKind(Env& env) {
  return *env.kinds.FindKind(v1alpha1::kApiVersion, BrowserNode::kKind);
}

Result<std::string> NameOf(Env& env, const std::string& node) {
  return ResolveName(env.kinds, NodeKind(env), node);
}

// Below, a name is that alone, without a kind.

std::string PathOf(Env& env, const std::string& name) {
  return ApiClient::PathOf(NodeKind(env), "", name);
}

std::string Label(const std::string& name) { return "browsernode/" + name; }

// Makes the node's spec say so. False: it does already.
Result<bool> Change(Env& env, const std::string& name, const json& spec) {
  NEKO_TRY(const json object, env.api.Get(PathOf(env, name)));
  const json before = object.value("spec", json::object());
  json after = before;
  after.merge_patch(spec);
  if (after == before) return false;
  NEKO_RETURN_IF_ERROR(
      env.api.Send("PATCH", PathOf(env, name), {{"spec", spec}}, "application/merge-patch+json"));
  return true;
}

const v1alpha1::Condition* Find(const BrowserNode& node, std::string_view type) {
  const auto& all = node.status.conditions;
  const auto it =
      std::find_if(all.begin(), all.end(), [&](const auto& c) { return c.type == type; });
  return it == all.end() ? nullptr : &*it;
}

// How a drain stands.
struct Standing {
  bool done = false;
  Result<void> failed;  // it will never be done
  std::string text;     // what it waits for
};

Standing Look(const BrowserNode& node) {
  if (!node.spec.drain) {
    return {.failed = MakeStatus(Code::kConflict, "NotDraining",
                                 "somebody called the drain of " + node.metadata.name + " off")};
  }
  const auto* drained = Find(node, v1alpha1::node::kDrained);
  if (drained == nullptr || drained->observedGeneration < node.metadata.generation) {
    return {.text = "nekoplane has not looked at it yet"};
  }
  if (drained->reason == v1alpha1::node::kReasonMigrateUnsupported) {
    return {.failed = MakeStatus(Code::kInvalid, drained->reason, drained->message)};
  }
  return {.done = drained->is_true(), .text = drained->message};
}

Result<void> AwaitDrained(Env& env, const std::string& name, Duration timeout) {
  const MonoTime start = env.clock.Now();
  MonoTime told_at = start;
  std::string told;
  for (;;) {
    const auto object = env.api.Get(PathOf(env, name));
    if (object.is(Code::kNotFound)) {
      std::cout << Label(name) << " is gone" << std::endl;
      return {};
    }
    if (!object) return object.error();
    NEKO_TRY(const BrowserNode node, codec::Decode<BrowserNode>(*object));
    const Standing now = Look(node);
    NEKO_RETURN_IF_ERROR(now.failed);
    if (now.done) {
      std::cout << Label(name) << " drained" << std::endl;
      return {};
    }
    const Duration left = start + timeout - env.clock.Now();
    if (left <= Duration::zero()) {
      return MakeStatus(Code::kTimeout, "TimedOut",
                        Label(name) + " is not drained after " + FormatDuration(timeout) +
                            " (the drain goes on): " + now.text);
    }
    if (env.clock.Now() - told_at >= kProgressEvery && now.text != told) {
      std::cerr << now.text << std::endl;
      told = now.text;
      told_at = env.clock.Now();
    }
    const auto watched =
        env.api.Watch(ApiClient::PathOf(NodeKind(env), "", "") +
                          "?watch=true&fieldSelector=" + QueryEscape("metadata.name=" + name) +
                          "&resourceVersion=" + QueryEscape(node.metadata.resourceVersion),
                      "application/json", std::min<Duration>(left, kLookEvery),
                      [](const json& event) { return event.value("type", "") == "BOOKMARK"; });
    // A cut or expired watch only means to look again.
    if (!watched && !watched.is(Code::kTimeout) && !watched.is(Code::kExpired) &&
        !watched.is(Code::kUnavailable)) {
      return watched;
    }
  }
}

std::string StatusOf(const BrowserNode& node) {
  const auto* ready = Find(node, v1alpha1::node::kReady);
  std::string text = ready == nullptr ? "Unknown" : ready->is_true() ? "Ready" : ready->reason;
  if (node.metadata.deleting()) {
    text += ",Deleting";
  } else if (node.spec.drain) {
    const auto* drained = Find(node, v1alpha1::node::kDrained);
    text += drained != nullptr && drained->is_true() ? ",Drained" : ",Draining";
  } else if (node.spec.schedulingPolicy == v1alpha1::SchedulingPolicy::kUnschedulable) {
    text += ",Cordoned";
  }
  return text;
}

// "3Gi" of "16Gi" taken leaves "13Gi"; "" if that cannot be told.
std::string Free(const std::string& total, const std::string& taken,
                 Result<std::int64_t> (*parse)(std::string_view),
                 std::string (*format)(std::int64_t)) {
  const auto all = parse(total);
  const auto used = parse(taken.empty() ? "0" : taken);
  if (total.empty() || !all || !used) return "";
  return format(std::max<std::int64_t>(0, *all - *used));
}

std::string FreeCount(const std::optional<std::int64_t>& total,
                      const std::optional<std::int64_t>& taken) {
  if (!total) return "";
  return std::to_string(std::max<std::int64_t>(0, *total - taken.value_or(0)));
}

std::string Of(const std::string& part, const std::string& whole) {
  return whole.empty() ? "-" : (part.empty() ? "0" : part) + "/" + whole;
}

std::string Text(const std::optional<std::int64_t>& count) {
  return count ? std::to_string(*count) : "";
}

}  // namespace

Result<void> Cordon(Env& env, const std::string& node) {
  NEKO_TRY(const std::string name, NameOf(env, node));
  NEKO_TRY(const bool changed, Change(env, name, {{"schedulingPolicy", "Unschedulable"}}));
  std::cout << Label(name) << (changed ? " cordoned" : " already cordoned") << std::endl;
  return {};
}

Result<void> Uncordon(Env& env, const std::string& node) {
  NEKO_TRY(const std::string name, NameOf(env, node));
  NEKO_TRY(const bool changed,
           Change(env, name, {{"schedulingPolicy", "Schedulable"}, {"drain", nullptr}}));
  std::cout << Label(name) << (changed ? " uncordoned" : " already uncordoned") << std::endl;
  return {};
}

Result<Duration> DrainTimeout(const DrainArgs& args) {
  if (args.timeout) return *args.timeout;
  if (args.deadline.empty()) return kPatience;
  NEKO_TRY(const Duration deadline, ParseDuration(args.deadline));
  return deadline + kPatience;
}

Result<void> Drain(Env& env, const DrainArgs& args) {
  NEKO_TRY(const std::string name, NameOf(env, args.node));
  json drain = {{"policy", args.policy}, {"deadline", nullptr}};
  if (!args.deadline.empty()) drain["deadline"] = args.deadline;
  NEKO_TRY(const bool changed,
           Change(env, name, {{"schedulingPolicy", "Unschedulable"}, {"drain", drain}}));
  std::cout << Label(name) << (changed ? " draining" : " already draining") << std::endl;
  if (!args.wait) return {};
  NEKO_TRY(const Duration timeout, DrainTimeout(args));
  return AwaitDrained(env, name, timeout);
}

Result<void> Top(Env& env) {
  NEKO_TRY(const json list, env.api.Get(ApiClient::PathOf(NodeKind(env), "", "")));
  json table = {{"columnDefinitions", json::array()}, {"rows", json::array()}};
  for (const char* name : {"Name", "Status", "Sessions", "CPU", "CPU free", "Memory", "Memory free",
                           "GPUs free", "Ports free", "Load"}) {
    table["columnDefinitions"].push_back({{"name", name}});
  }
  for (const json& item : list.value("items", json::array())) {
    NEKO_TRY(const BrowserNode node, codec::Decode<BrowserNode>(item));
    const auto& offered = node.status.allocatable;
    const auto& taken = node.status.allocated;
    const auto or_dash = [](std::string text) { return text.empty() ? "-" : text; };
    table["rows"].push_back(
        {{"cells",
          {node.metadata.name, StatusOf(node), node.status.sessions, Of(taken.cpu, offered.cpu),
           or_dash(Free(offered.cpu, taken.cpu, ParseMilliCores, FormatMilliCores)),
           Of(taken.memory, offered.memory),
           or_dash(Free(offered.memory, taken.memory, ParseBytes, FormatBytes)),
           Of(FreeCount(offered.gpus, taken.gpus), Text(offered.gpus)),
           Of(FreeCount(offered.ports, taken.ports), Text(offered.ports)),
           node.status.loadPercent == 0 ? "-" : std::to_string(node.status.loadPercent) + "%"}}});
  }
  TablePrinter(std::cout, {}).Print(table);
  return {};
}

}  // namespace nekoplane::ctl
