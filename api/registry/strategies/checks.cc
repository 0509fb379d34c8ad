#include "api/registry/strategies/checks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include "api/base/clock.h"
#include "api/base/quantity.h"
#include "api/registry/messages.h"
#include "api/registry/meta.h"

namespace nekoplane::registry {
namespace {

// Kubernetes' sentence for quantities, shortened to what people need.
constexpr char kQuantityText[] =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

void CheckQuantity(const std::string& field, const std::string& key, const std::string& text,
                   Causes& causes) {
  key == "memory" ? CheckBytes(field, text, causes) : CheckCores(field, text, causes);
}

// Compares in the unit of the key; false if either does not parse.
bool Exceeds(const std::string& key, const std::string& request, const std::string& limit) {
  const auto parse = key == "memory" ? ParseBytes : ParseMilliCores;
  const auto a = parse(request);
  const auto b = parse(limit);
  return a && b && *a > *b;
}

bool IsEnvName(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

void CheckDuration(const std::string& field, const std::string& text, Causes& causes) {
  if (text.empty()) return;
  const auto parsed = ParseDuration(text);
  if (!parsed) {
    causes.push_back(InvalidValue(field, Quoted(text),
                                  "must be a duration such as \"90s\", \"10m\" or \"1h30m\""));
  } else if (*parsed < Duration::zero()) {
    causes.push_back(InvalidValue(field, Quoted(text), "must be greater than or equal to 0"));
  }
}

void CheckBytes(const std::string& field, const std::string& text, Causes& causes) {
  if (text.empty() || ParseBytes(text)) return;
  causes.push_back(InvalidValue(field, Quoted(text), kQuantityText));
}

void CheckCores(const std::string& field, const std::string& text, Causes& causes) {
  if (text.empty() || ParseMilliCores(text)) return;
  causes.push_back(InvalidValue(field, Quoted(text), kQuantityText));
}

void CheckResources(const std::string& field, const v1alpha1::ResourceRequirements& resources,
                    Causes& causes) {
  const auto check_map = [&](const char* name, const v1alpha1::StringMap& map) {
    for (const auto& [key, text] : map) {
      const std::string path = field + "." + name + "[" + key + "]";
      if (key != "memory" && key != "cpu") {
        causes.push_back(NotSupportedValue(field + "." + name, Quoted(key), {"cpu", "memory"}));
      } else if (text.empty()) {
        causes.push_back(InvalidValue(path, Quoted(text), kQuantityText));
      } else {
        CheckQuantity(path, key, text, causes);
      }
    }
  };
  check_map("requests", resources.requests);
  check_map("limits", resources.limits);
  for (const auto& [key, request] : resources.requests) {
    const auto limit = resources.limits.find(key);
    if (limit == resources.limits.end() || !Exceeds(key, request, limit->second)) continue;
    causes.push_back(
        InvalidValue(field + ".requests[" + key + "]", Quoted(request),
                     "must be less than or equal to " + key + " limit of " + limit->second));
  }
}

void CheckReference(const std::string& field, const std::string& name, Causes& causes) {
  if (name.empty()) return;
  if (auto wrong = Dns1123SubdomainError(name)) {
    causes.push_back(InvalidValue(field, Quoted(name), *wrong));
  }
}

void CheckAddress(const std::string& field, const std::string& address, Causes& causes) {
  std::array<unsigned char, 16> bytes{};
  std::size_t used = 0;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    used = 4;
  } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
    used = 16;
  }
  if (used == 0) {
    causes.push_back(
        InvalidValue(field, Quoted(address),
                     "must be one literal IPv4 or IPv6 address that viewers can reach, "
                     "such as 192.168.1.5; host names and lists are not possible "
                     "because WebRTC advertises it as it is"));
  } else if (std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(used),
                         [](unsigned char b) { return b == 0; })) {
    causes.push_back(InvalidValue(field, Quoted(address),
                                  "must be an address that viewers can reach, not the wildcard"));
  }
}

void CheckEnv(const std::string& field, const std::vector<v1alpha1::EnvVar>& env, EnvRules rules,
              Causes& causes) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < env.size(); ++i) {
    const std::string path = field + "[" + std::to_string(i) + "].name";
    const std::string& name = env[i].name;
    if (name.empty()) {
      causes.push_back(RequiredValue(path));
    } else if (!IsEnvName(name)) {
      causes.push_back(InvalidValue(path, Quoted(name),
                                    "a valid environment variable name must consist of alphabetic "
                                    "characters, digits, '_', '-', or '.', and must not start with "
                                    "a digit"));
    } else if (auto why = OwnedEnvReason(name, rules)) {
      causes.push_back(InvalidValue(path, Quoted(name), *why));
    } else if (!seen.insert(name).second) {
      causes.push_back(DuplicateValue(path, Quoted(name)));
    }
    if (env[i].value.find('\0') != std::string::npos) {
      causes.push_back(InvalidValue(field + "[" + std::to_string(i) + "].value",
                                    Quoted(env[i].value), "must not contain a NUL character"));
    }
  }
}

void KeepFinalizer(nlohmann::json& object, std::string_view finalizer) {
  if (object.at("metadata").contains("deletionTimestamp")) return;
  std::vector<std::string> finalizers = Finalizers(object);
  if (std::find(finalizers.begin(), finalizers.end(), finalizer) != finalizers.end()) return;
  finalizers.emplace_back(finalizer);
  SetFinalizers(object, finalizers);
}

}  // namespace nekoplane::registry
