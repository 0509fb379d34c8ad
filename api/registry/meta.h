// The rules of metadata that hold for every kind: names, labels, annotations, owners, finalizers.
// Pure functions with Kubernetes' wording.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"
#include "api/codec/schema.h"

namespace nekoplane::registry {

// What is wrong with the text as a name; nullopt if nothing is.
std::optional<std::string> Dns1123SubdomainError(std::string_view name);
std::optional<std::string> Dns1123LabelError(std::string_view name);
std::optional<std::string> QualifiedNameError(std::string_view name);  // [prefix/]name
std::optional<std::string> LabelValueError(std::string_view value);

// base cut to 58 bytes, then the suffix of 5 characters.
std::string GeneratedName(std::string_view base, std::string_view suffix);

// Checks the JSON types within `metadata` and removes members Kubernetes does not know, whose paths
// go to `unknown`. selfLink and managedFields are dropped silently, empty maps and lists too.
// Errors: kInvalid/BadRequest naming the first member of the wrong type.
Result<void> CleanMetadata(const codec::Kind& kind, nlohmann::json& metadata,
                           std::vector<std::string>& unknown);

// Everything wrong with clean metadata; the name is checked as Kubernetes does for that kind.
std::vector<FieldCause> ValidateMetadata(const codec::Kind& kind, const nlohmann::json& metadata);

// What an update may not do to metadata: add finalizers while the object is being deleted.
std::vector<FieldCause> ValidateMetadataUpdate(const nlohmann::json& metadata,
                                               const nlohmann::json& old_metadata);

// The finalizers in order; empty if there are none.
std::vector<std::string> Finalizers(const nlohmann::json& object);

// Replaces the list; removes the member if it is empty.
void SetFinalizers(nlohmann::json& object, const std::vector<std::string>& finalizers);

// A string member of metadata, "" if absent.
std::string MetaString(const nlohmann::json& object, const char* member);

}  // namespace nekoplane::registry
