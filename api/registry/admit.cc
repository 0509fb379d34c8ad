#include "api/registry/admit.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/registry/messages.h"
#include "api/registry/meta.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

// Null means absent: Kubernetes drops it wherever a schema does not ask for it, and ours never
// does.
void DropNulls(json& value) {
  if (value.is_array()) {
    for (json& item : value) DropNulls(item);
  } else if (value.is_object()) {
    for (auto it = value.begin(); it != value.end();) {
      if (it->is_null()) {
        it = value.erase(it);
      } else {
        DropNulls(*it);
        ++it;
      }
    }
  }
}

// The envelope is not the schema's business.
struct Envelope {
  json api_version, kind, metadata;

  explicit Envelope(json& object)
      : api_version(std::move(object["apiVersion"])),
        kind(std::move(object["kind"])),
        metadata(std::move(object["metadata"])) {
    object.erase("apiVersion");
    object.erase("kind");
    object.erase("metadata");
  }

  void PutBack(json& object) {
    object["apiVersion"] = std::move(api_version);
    object["kind"] = std::move(kind);
    object["metadata"] = std::move(metadata);
  }
};

Result<void> ReportFields(const codec::Kind& kind, const WriteOptions& options,
                          const std::vector<std::string>& unknown,
                          std::vector<std::string>& warnings) {
  if (options.field_validation == FieldValidation::kIgnore) return {};
  std::vector<std::string> errors;
  for (const std::string& path : unknown) errors.push_back("unknown field " + Quoted(path));
  for (const std::string& path : options.duplicate_fields) {
    errors.push_back("duplicate field " + Quoted(path));
  }
  if (errors.empty()) return {};
  if (options.field_validation == FieldValidation::kStrict) return StrictDecoding(kind, errors);
  warnings.insert(warnings.end(), std::make_move_iterator(errors.begin()),
                  std::make_move_iterator(errors.end()));
  return {};
}

void Append(std::vector<FieldCause>& to, std::vector<FieldCause> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

// Where schema and strategy dislike the same field for the same reason, the strategy's words stay:
// a pattern says what is wrong to programs, the strategy to people.
void AppendOver(std::vector<FieldCause>& to, std::vector<FieldCause> from) {
  std::erase_if(to, [&](const FieldCause& have) {
    return std::any_of(from.begin(), from.end(), [&](const FieldCause& cause) {
      return cause.field == have.field && cause.reason == have.reason;
    });
  });
  Append(to, std::move(from));
}

json WithoutStatus(const json& object) {
  json copy = object;
  copy.erase("status");
  return copy;
}

}  // namespace

Result<void> AcceptBody(const codec::Kind& kind, json& object, std::vector<std::string>& unknown) {
  if (!object.is_object()) {
    return CannotBeHandled(kind,
                           "the body must be an object, not " + std::string(object.type_name()));
  }
  DropNulls(object);
  const auto expect = [&](const char* member, const std::string& wanted,
                          const char* what) -> Result<void> {
    const auto it = object.find(member);
    if (it == object.end() || (it->is_string() && it->get_ref<const std::string&>().empty())) {
      object[member] = wanted;
      return {};
    }
    if (!it->is_string()) return CannotBeHandled(kind, std::string(member) + " must be a string");
    const auto& given = it->get_ref<const std::string&>();
    if (given == wanted) return {};
    return BadRequest("the " + std::string(what) + " in the data (" + given +
                      ") does not match the expected " + what + " (" + wanted + ")");
  };
  NEKO_RETURN_IF_ERROR(expect("apiVersion", kind.api_version(), "API version"));
  NEKO_RETURN_IF_ERROR(expect("kind", kind.kind, "kind"));
  json& metadata = object["metadata"];
  if (metadata.is_null()) metadata = json::object();
  if (!metadata.is_object()) return CannotBeHandled(kind, "metadata must be an object");
  return CleanMetadata(kind, metadata, unknown);
}

Result<void> AdmitMain(const Admission& a, json& object, std::vector<std::string> unknown,
                       std::vector<std::string>& warnings) {
  Envelope envelope(object);
  for (std::string& path : codec::Prune(*a.kind.schema, object)) unknown.push_back(std::move(path));
  NEKO_RETURN_IF_ERROR(ReportFields(a.kind, a.options, unknown, warnings));
  codec::ApplyDefaults(*a.kind.schema, object);
  // A status that only exists because of defaults would look like one somebody wrote.
  if (a.kind.status_subresource) object.erase("status");
  envelope.PutBack(object);
  a.strategy.Prepare(object, a.old);

  std::vector<FieldCause> causes = ValidateMetadata(a.kind, object["metadata"]);
  if (a.old != nullptr) {
    Append(causes, ValidateMetadataUpdate(object["metadata"], a.old->at("metadata")));
  }
  if (a.old == nullptr || !SameSpec(a.kind, object, *a.old)) {
    if (a.kind.status_subresource && object.contains("status")) {
      Append(causes, codec::Validate(*a.kind.schema, WithoutStatus(object)));
    } else {
      Append(causes, codec::Validate(*a.kind.schema, object));
    }
    std::vector<FieldCause> more;
    a.strategy.Validate(object, a.old, more);
    AppendOver(causes, std::move(more));
  }
  if (causes.empty()) return {};
  return Invalid(a.kind, MetaString(object, "name"), std::move(causes));
}

Result<void> AdmitStatus(const Admission& a, json& object, std::vector<std::string>& warnings) {
  json only = json::object();
  if (object.contains("status")) only["status"] = object["status"];
  NEKO_RETURN_IF_ERROR(
      ReportFields(a.kind, a.options, codec::Prune(*a.kind.schema, only), warnings));
  if (only.contains("status")) {
    json with_defaults = only;
    codec::ApplyDefaults(*a.kind.schema, with_defaults);
    only["status"] = with_defaults["status"];
  }
  std::vector<FieldCause> causes;
  for (FieldCause& cause : codec::Validate(*a.kind.schema, only)) {
    // The rest of the object is the stored one, which is not part of this write.
    if (cause.field.substr(0, 6) == "status") causes.push_back(std::move(cause));
  }
  if (!causes.empty()) return Invalid(a.kind, MetaString(object, "name"), std::move(causes));
  if (only.contains("status")) {
    object["status"] = std::move(only["status"]);
  } else {
    object.erase("status");
  }
  return {};
}

bool SameSpec(const codec::Kind& kind, const json& a, const json& b) {
  const auto ignored = [&](const std::string& key) {
    return key == "metadata" || (key == "status" && kind.status_subresource);
  };
  for (const auto& [key, value] : a.items()) {
    if (ignored(key)) continue;
    const auto other = b.find(key);
    if (other == b.end() || *other != value) return false;
  }
  for (const auto& [key, value] : b.items()) {
    if (!ignored(key) && !a.contains(key)) return false;
  }
  return true;
}

}  // namespace nekoplane::registry
