// Checks that several strategies share. Each appends at most one cause.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/status.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::registry {

using Causes = std::vector<FieldCause>;

// Go's duration syntax, not negative; "" is fine.
void CheckDuration(const std::string& field, const std::string& text, Causes& causes);
// A quantity of bytes or of cores; "" is fine.
void CheckBytes(const std::string& field, const std::string& text, Causes& causes);
void CheckCores(const std::string& field, const std::string& text, Causes& causes);
// memory and cpu only, all parse, requests within limits.
void CheckResources(const std::string& field, const v1alpha1::ResourceRequirements& resources,
                    Causes& causes);
// The name of another object; "" is fine.
void CheckReference(const std::string& field, const std::string& name, Causes& causes);
// A literal IPv4 or IPv6 address that people can connect to.
void CheckAddress(const std::string& field, const std::string& address, Causes& causes);
// Names of environment variables: syntax, repeats, and those that nekoplane sets itself.
enum class EnvRules { kSession, kClass };
void CheckEnv(const std::string& field, const std::vector<v1alpha1::EnvVar>& env, EnvRules rules,
              Causes& causes);

// Why a session may not set that variable; nullopt if it may. A class may choose video and audio
// settings that a session may not (`rules`).
std::optional<std::string> OwnedEnvReason(std::string_view name, EnvRules rules);

// Adds the finalizer unless the object is being deleted: replacing an object with a manifest that
// does not mention it must not let go of what runs for it.
void KeepFinalizer(nlohmann::json& object, std::string_view finalizer);

}  // namespace nekoplane::registry
