#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "api/registry/base64.h"
#include "controller/cmd/nekoctl/commands.h"

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

// "lastTransitionTime" -> "Last Transition Time", as kubectl prints field names.
std::string Words(const std::string& key) {
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    const auto c = static_cast<unsigned char>(key[i]);
    if (i == 0) {
      out += static_cast<char>(std::toupper(c));
    } else {
      if (std::isupper(c) != 0 && std::islower(static_cast<unsigned char>(key[i - 1])) != 0)
        out += ' ';
      out += key[i];
    }
  }
  return out;
}

void Print(const json& value, int indent) {
  const std::string pad(static_cast<std::size_t>(indent), ' ');
  for (const auto& [key, member] : value.items()) {
    std::cout << pad << Words(key) << ':';
    if (member.is_object()) {
      std::cout << '\n';
      Print(member, indent + 2);
    } else if (member.is_array()) {
      std::cout << '\n';
      for (const json& item : member) {
        if (item.is_object()) {
          Print(item, indent + 2);
          if (&item != &member.back()) std::cout << '\n';
        } else {
          std::cout << pad << "  " << (item.is_string() ? item.get<std::string>() : item.dump())
                    << '\n';
        }
      }
    } else {
      std::cout << "  " << (member.is_string() ? member.get<std::string>() : member.dump()) << '\n';
    }
  }
}

// The one place where secrets could be shown: only their sizes are.
void HideSecretData(json& object) {
  if (object.value("kind", "") != "Secret" || !object.contains("data")) return;
  for (auto& [key, value] : object["data"].items()) {
    if (const auto bytes =
            registry::Base64Decode(value.is_string() ? value.get<std::string>() : "")) {
      value = std::to_string(bytes->size()) + " bytes";
    }
  }
}

void PrintEvents(const json& events) {
  if (!events.contains("items") || events["items"].empty()) {
    std::cout << "Events:  <none>\n";
    return;
  }
  std::cout << "Events:\n"
            << "  " << std::left << std::setw(9) << "Type" << std::setw(22) << "Reason"
            << std::setw(7) << "Count" << std::setw(22) << "Last Seen"
            << "Message\n";
  for (const json& event : events["items"]) {
    std::cout << "  " << std::setw(9) << event.value("type", "") << std::setw(22)
              << event.value("reason", "") << std::setw(7) << event.value("count", 1)
              << std::setw(22) << event.value("lastTimestamp", "") << event.value("message", "")
              << '\n';
  }
}

}  // namespace

Result<void> Describe(Env& env, const std::vector<std::string>& words) {
  NEKO_TRY(const Target target, ResolveTarget(env.kinds, words));
  if (target.names.empty()) {
    return MakeStatus(Code::kInvalid, "MissingName",
                      "say which one: describe " + words.front() + " NAME");
  }
  for (const std::string& name : target.names) {
    NEKO_TRY(json object, env.api.Get(ApiClient::PathOf(*target.kind, env.ns, name)));
    HideSecretData(object);
    const json metadata = object.value("metadata", json::object());
    std::cout << "Name:       " << name << '\n';
    if (target.kind->namespaced)
      std::cout << "Namespace:  " << metadata.value("namespace", "") << '\n';
    std::cout << "Kind:       " << object.value("kind", "") << '\n';
    object.erase("kind");
    Print(object, 0);
    const std::string selector =
        "involvedObject.name=" + name + ",involvedObject.uid=" + metadata.value("uid", "");
    const codec::Kind* event_kind = env.kinds.FindKind("v1", "Event");
    NEKO_TRY(const json events,
             env.api.Get(ApiClient::PathOf(*event_kind, target.kind->namespaced ? env.ns : "", "") +
                         "?fieldSelector=" + QueryEscape(selector)));
    PrintEvents(events);
    std::cout << '\n';
  }
  std::cout.flush();
  return {};
}

}  // namespace nekoplane::ctl
