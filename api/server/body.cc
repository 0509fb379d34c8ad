#include "api/server/body.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "api/codec/json_parse.h"
#include "api/server/errors.h"
#include "api/server/negotiation.h"
#include "api/server/options.h"
#include "api/server/protobuf.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

// What a parser found wrong with the text is a bad request, too much of it is too large.
Status Unreadable(Status status) {
  if (status.reason == kTooLarge || status.reason == kUnsupportedMediaType) return status;
  status.reason = kBadRequest;
  status.causes.clear();
  return status;
}

Result<json> ParseYamlObject(const std::string& text) {
  auto documents = codec::ParseYaml(text, "body");
  if (!documents) return Unreadable(std::move(documents).error());
  if (documents->size() != 1) {
    return BadRequest("the body must hold exactly one YAML document, it has " +
                      std::to_string(documents->size()));
  }
  return std::move(*documents->front().value);
}

Result<json> ParseJsonText(const std::string& text, std::vector<std::string>* duplicates) {
  auto parsed = codec::ParseJson(text, {}, duplicates);
  if (!parsed) return Unreadable(std::move(parsed).error());
  return parsed;
}

Status UnsupportedPatch() {
  return MakeStatus(
      Code::kInvalid, kUnsupportedMediaType,
      "the body of the request was in an unknown format - accepted media types include: "
      "application/json-patch+json, application/merge-patch+json, "
      "application/strategic-merge-patch+json");
}

// The string at `key`, "" if absent or null.
Result<std::string> StringMember(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || it->is_null()) return std::string();
  if (!it->is_string()) return BadRequest(std::string(key) + " must be a string");
  return it->get<std::string>();
}

Result<void> CheckPropagation(const std::string& policy, bool orphan_dependents) {
  if (policy.empty()) return {};
  if (orphan_dependents) {
    return ForbiddenFieldError("propagationPolicy",
                               "orphanDependents and deletionPropagation cannot be both set");
  }
  constexpr std::array<std::string_view, 3> kPolicies = {"Foreground", "Background", "Orphan"};
  if (std::find(kPolicies.begin(), kPolicies.end(), policy) != kPolicies.end()) return {};
  return UnsupportedValueError("propagationPolicy", policy, {"Foreground", "Background", "Orphan"});
}

Result<registry::DeleteOptions> OptionsFromBody(const json& body) {
  if (!body.is_object()) return BadRequest("DeleteOptions must be an object");
  NEKO_TRY(const std::string kind, StringMember(body, "kind"));
  if (!kind.empty() && kind != "DeleteOptions") {
    return BadRequest("the body of a DELETE must be DeleteOptions, not " + kind);
  }
  registry::DeleteOptions options;
  if (const auto it = body.find("preconditions"); it != body.end() && !it->is_null()) {
    if (!it->is_object()) return BadRequest("preconditions must be an object");
    NEKO_TRY(options.uid, StringMember(*it, "uid"));
    NEKO_TRY(options.resource_version, StringMember(*it, "resourceVersion"));
  }
  if (const auto it = body.find("dryRun"); it != body.end() && !it->is_null()) {
    if (!it->is_array()) return BadRequest("dryRun must be a list");
    for (const json& value : *it) {
      if (!value.is_string()) return BadRequest("dryRun must be a list of strings");
      if (value != "All") {
        return UnsupportedValueError("dryRun", value.get_ref<const std::string&>(), {"All"});
      }
      options.dry_run = true;
    }
  }
  const auto grace = body.find("gracePeriodSeconds");
  if (grace != body.end() && !grace->is_null() && !grace->is_number_integer()) {
    return BadRequest("gracePeriodSeconds must be an integer");
  }
  const auto orphan = body.find("orphanDependents");
  NEKO_TRY(const std::string policy, StringMember(body, "propagationPolicy"));
  NEKO_RETURN_IF_ERROR(CheckPropagation(policy, orphan != body.end() && !orphan->is_null()));
  return options;
}

Result<registry::DeleteOptions> OptionsFromQuery(const http::Request& request) {
  NEKO_TRY(const registry::WriteOptions write, ParseWriteOptions(request));
  registry::DeleteOptions options;
  options.dry_run = write.dry_run;
  if (const std::string* policy = request.param("propagationPolicy")) {
    NEKO_RETURN_IF_ERROR(CheckPropagation(*policy, request.param("orphanDependents") != nullptr));
  }
  return options;
}

}  // namespace

Result<json> ReadObject(const http::Request& request, std::vector<std::string>* duplicates) {
  NEKO_TRY(const BodyType type, BodyTypeOf(request));
  switch (type) {
    case BodyType::kJson:
      return ParseJsonText(request.body, duplicates);
    case BodyType::kYaml:
      return ParseYamlObject(request.body);
    case BodyType::kProtobuf:
      return DecodeProtobuf(request.body);
    default:
      return MakeStatus(
          Code::kInvalid, kUnsupportedMediaType,
          "the body of the request was in an unknown format - accepted media types include: "
          "application/json, application/yaml, application/vnd.kubernetes.protobuf");
  }
}

Result<PatchBody> ReadPatch(const http::Request& request) {
  const auto type = BodyTypeOf(request);
  if (!type) return UnsupportedPatch();
  PatchBody out;
  switch (*type) {
    case BodyType::kMergePatch:
      out.type = registry::PatchType::kMerge;
      break;
    case BodyType::kJsonPatch:
      out.type = registry::PatchType::kJson;
      break;
    case BodyType::kStrategicPatch:
      out.type = registry::PatchType::kStrategic;
      break;
    default:
      return UnsupportedPatch();
  }
  NEKO_TRY(json patch, ParseJsonText(request.body, nullptr));
  if (out.type == registry::PatchType::kJson ? !patch.is_array() : !patch.is_object()) {
    return BadRequest(out.type == registry::PatchType::kJson
                          ? "a JSON patch must be a list of operations"
                          : "a merge patch must be an object");
  }
  out.patch = std::make_shared<json>(std::move(patch));
  return out;
}

Result<registry::DeleteOptions> ReadDeleteOptions(const http::Request& request) {
  if (request.body.empty()) return OptionsFromQuery(request);
  NEKO_TRY(const json body, ReadObject(request, nullptr));
  return OptionsFromBody(body);
}

}  // namespace nekoplane::server
