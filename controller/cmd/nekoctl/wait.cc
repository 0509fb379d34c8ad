#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "controller/cmd/nekoctl/commands.h"

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

// The condition of that type if it speaks of the current generation; null otherwise.
const json* FindCondition(const json& object, const std::string& type) {
  const auto pointer = json::json_pointer("/status/conditions");
  if (!object.contains(pointer) || !object.at(pointer).is_array()) return nullptr;
  const auto generation = object.value("/metadata/generation"_json_pointer, std::int64_t{0});
  for (const json& condition : object.at(pointer)) {
    if (!SameText(condition.value("type", ""), type)) continue;
    return condition.value("observedGeneration", std::int64_t{0}) < generation ? nullptr
                                                                               : &condition;
  }
  return nullptr;
}

// What a person wants to read while waiting: the first condition that is not yet as hoped.
std::string Progress(const json& object) {
  for (const char* type : {"Scheduled", "ProfileBound", "Started", "Ready"}) {
    const json* condition = FindCondition(object, type);
    if (condition == nullptr) continue;
    if (condition->value("status", "") != "True") {
      const std::string message = condition->value("message", "");
      return std::string(type) + ": " + condition->value("reason", "") +
             (message.empty() ? "" : ": " + message);
    }
  }
  return "";
}

}  // namespace

Result<void> Wait(Env& env, const WaitArgs& args) {
  NEKO_TRY(const Target target, ResolveTarget(env.kinds, args.words));
  if (target.names.empty()) {
    return MakeStatus(Code::kInvalid, "MissingName", "say what to wait for, such as bs/my-browser");
  }
  const bool deletion = args.condition == "delete";
  std::string type, status = "True";
  if (!deletion) {
    if (!args.condition.starts_with("condition=")) {
      return MakeStatus(Code::kInvalid, "UnknownCondition",
                        "--for takes condition=TYPE, condition=TYPE=STATUS or delete");
    }
    type = args.condition.substr(10);
    if (const std::size_t eq = type.find('='); eq != std::string::npos) {
      status = type.substr(eq + 1);
      type.resize(eq);
    }
  }
  const MonoTime deadline = env.clock.Now() + args.timeout;
  for (const std::string& name : target.names) {
    std::string last;
    for (bool met = false; !met;) {
      auto object = env.api.Get(ApiClient::PathOf(*target.kind, env.ns, name));
      if (deletion && object.is(Code::kNotFound)) break;
      if (!object) return std::move(object).error();
      const auto look = [&](const json& now) {
        const json* condition = deletion ? nullptr : FindCondition(now, type);
        met = condition != nullptr && SameText(condition->value("status", ""), status);
        const std::string progress = Progress(now);
        if (!met && !progress.empty() && progress != last)
          std::cerr << name << ": " << progress << '\n';
        last = progress;
        return !met;
      };
      if (!look(*object)) break;
      const Duration left = deadline - env.clock.Now();
      if (left <= Duration::zero()) {
        return MakeStatus(Code::kTimeout, "TimedOut",
                          "timed out waiting for " + args.condition + " on " + target.kind->plural +
                              "/" + name + (last.empty() ? "" : "; it says " + last));
      }
      auto watched = env.api.Watch(
          ApiClient::PathOf(*target.kind, env.ns, "") +
              "?watch=true&fieldSelector=" + QueryEscape("metadata.name=" + name) +
              "&resourceVersion=" + object->value("/metadata/resourceVersion"_json_pointer, "0"),
          "application/json", left, [&](const json& event) {
            if (event.value("type", "") == "DELETED") {
              met = deletion;
              return false;
            }
            return event.value("type", "") == "BOOKMARK" || look(event["object"]);
          });
      // A cut or expired watch only means to look again.
      if (!watched && !watched.is(Code::kTimeout) && !watched.is(Code::kExpired) &&
          !watched.is(Code::kUnavailable)) {
        return watched;
      }
    }
    std::cout << target.kind->singular << '/' << name << (deletion ? " deleted" : " condition met")
              << std::endl;
  }
  return {};
}

}  // namespace nekoplane::ctl
