#include "api/server/protobuf.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>

#include "api/base/clock.h"
#include "api/codec/utf8.h"
#include "api/registry/base64.h"
#include "api/server/errors.h"
#include "api/server/wire_reader.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

// As many values as a JSON body may have: few bytes must not become much memory.
constexpr int kMaxFields = 100000;

enum class Type {
  kText,
  kBytes,  // base64 in JSON
  kInteger,
  kBool,
  kTime,       // seconds
  kMicroTime,  // microseconds
  kMessage,
  kTextMap,   // map<string, string>
  kBytesMap,  // map<string, bytes>
};

struct Message;

struct Field {
  std::uint32_t number;
  const char* name;
  Type type = Type::kText;
  bool repeated = false;
  const Message* message = nullptr;
  bool keep_zero = false;  // pointers in Go: written only when set, so zero means zero
};

// What the JSON form of a message is made of. The tables refer to one another without cycles, which
// bounds the depth of what can be decoded.
struct Message {
  std::span<const Field> fields;
};

constexpr Field kOwnerReferenceFields[] = {
    {1, "kind"},
    {3, "name"},
    {4, "uid"},
    {5, "apiVersion"},
    {6, "controller", Type::kBool, false, nullptr, true},
    {7, "blockOwnerDeletion", Type::kBool, false, nullptr, true}};
constexpr Message kOwnerReference{kOwnerReferenceFields};

constexpr Field kMetadataFields[] = {
    {1, "name"},
    {2, "generateName"},
    {3, "namespace"},
    {5, "uid"},
    {6, "resourceVersion"},
    {7, "generation", Type::kInteger},
    {8, "creationTimestamp", Type::kTime},
    {9, "deletionTimestamp", Type::kTime},
    {10, "deletionGracePeriodSeconds", Type::kInteger, false, nullptr, true},
    {11, "labels", Type::kTextMap},
    {12, "annotations", Type::kTextMap},
    {13, "ownerReferences", Type::kMessage, true, &kOwnerReference},
    {14, "finalizers", Type::kText, true}};
constexpr Message kMetadata{kMetadataFields};

constexpr Field kSecretFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata},
                                   {2, "data", Type::kBytesMap},
                                   {3, "type"},
                                   {4, "stringData", Type::kTextMap},
                                   {5, "immutable", Type::kBool, false, nullptr, true}};
constexpr Message kSecret{kSecretFields};

constexpr Field kNamespaceSpecFields[] = {{1, "finalizers", Type::kText, true}};
constexpr Message kNamespaceSpec{kNamespaceSpecFields};
constexpr Field kNamespaceStatusFields[] = {{1, "phase"}};
constexpr Message kNamespaceStatus{kNamespaceStatusFields};
constexpr Field kNamespaceFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata},
                                      {2, "spec", Type::kMessage, false, &kNamespaceSpec},
                                      {3, "status", Type::kMessage, false, &kNamespaceStatus}};
constexpr Message kNamespace{kNamespaceFields};

constexpr Field kReferenceFields[] = {{1, "kind"},     {2, "namespace"},  {3, "name"},
                                      {4, "uid"},      {5, "apiVersion"}, {6, "resourceVersion"},
                                      {7, "fieldPath"}};
constexpr Message kReference{kReferenceFields};
constexpr Field kEventSourceFields[] = {{1, "component"}, {2, "host"}};
constexpr Message kEventSource{kEventSourceFields};
constexpr Field kEventSeriesFields[] = {{1, "count", Type::kInteger},
                                        {2, "lastObservedTime", Type::kMicroTime}};
constexpr Message kEventSeries{kEventSeriesFields};
constexpr Field kEventFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata},
                                  {2, "involvedObject", Type::kMessage, false, &kReference},
                                  {3, "reason"},
                                  {4, "message"},
                                  {5, "source", Type::kMessage, false, &kEventSource},
                                  {6, "firstTimestamp", Type::kTime},
                                  {7, "lastTimestamp", Type::kTime},
                                  {8, "count", Type::kInteger},
                                  {9, "type"},
                                  {10, "eventTime", Type::kMicroTime},
                                  {11, "series", Type::kMessage, false, &kEventSeries},
                                  {12, "action"},
                                  {13, "related", Type::kMessage, false, &kReference},
                                  {14, "reportingComponent"},
                                  {15, "reportingInstance"}};
constexpr Message kEvent{kEventFields};

constexpr Field kLeaseSpecFields[] = {
    {1, "holderIdentity", Type::kText, false, nullptr, true},
    {2, "leaseDurationSeconds", Type::kInteger, false, nullptr, true},
    {3, "acquireTime", Type::kMicroTime},
    {4, "renewTime", Type::kMicroTime},
    {5, "leaseTransitions", Type::kInteger, false, nullptr, true}};
constexpr Message kLeaseSpec{kLeaseSpecFields};
constexpr Field kLeaseFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata},
                                  {2, "spec", Type::kMessage, false, &kLeaseSpec}};
constexpr Message kLease{kLeaseFields};

constexpr Field kResourceAttributesFields[] = {
    {1, "namespace"}, {2, "verb"},        {3, "group"}, {4, "version"},
    {5, "resource"},  {6, "subresource"}, {7, "name"}};
constexpr Message kResourceAttributes{kResourceAttributesFields};
constexpr Field kPathAttributesFields[] = {{1, "path"}, {2, "verb"}};
constexpr Message kPathAttributes{kPathAttributesFields};
constexpr Field kAccessSpecFields[] = {
    {1, "resourceAttributes", Type::kMessage, false, &kResourceAttributes},
    {2, "nonResourceAttributes", Type::kMessage, false, &kPathAttributes}};
constexpr Message kAccessSpec{kAccessSpecFields};
constexpr Field kAccessReviewFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata},
                                         {2, "spec", Type::kMessage, false, &kAccessSpec}};
constexpr Message kAccessReview{kAccessReviewFields};
constexpr Field kRulesSpecFields[] = {{1, "namespace"}};
constexpr Message kRulesSpec{kRulesSpecFields};
constexpr Field kRulesReviewFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata},
                                        {2, "spec", Type::kMessage, false, &kRulesSpec}};
constexpr Message kRulesReview{kRulesReviewFields};
constexpr Field kSubjectReviewFields[] = {{1, "metadata", Type::kMessage, false, &kMetadata}};
constexpr Message kSubjectReview{kSubjectReviewFields};

constexpr Field kPreconditionsFields[] = {{1, "uid"}, {2, "resourceVersion"}};
constexpr Message kPreconditions{kPreconditionsFields};
constexpr Field kDeleteOptionsFields[] = {
    {1, "gracePeriodSeconds", Type::kInteger, false, nullptr, true},
    {2, "preconditions", Type::kMessage, false, &kPreconditions},
    {3, "orphanDependents", Type::kBool, false, nullptr, true},
    {4, "propagationPolicy"},
    {5, "dryRun", Type::kText, true}};
constexpr Message kDeleteOptions{kDeleteOptionsFields};

struct KnownKind {
  const char* api_version;  // "" = any
  const char* kind;
  const Message* message;
};

constexpr KnownKind kKnownKinds[] = {
    {"v1", "Secret", &kSecret},
    {"v1", "Namespace", &kNamespace},
    {"v1", "Event", &kEvent},
    {"coordination.k8s.io/v1", "Lease", &kLease},
    {"authorization.k8s.io/v1", "SelfSubjectAccessReview", &kAccessReview},
    {"authorization.k8s.io/v1", "SelfSubjectRulesReview", &kRulesReview},
    {"authentication.k8s.io/v1", "SelfSubjectReview", &kSubjectReview},
    {"authentication.k8s.io/v1beta1", "SelfSubjectReview", &kSubjectReview},
    // Registered by clients in every group.
    {"", "DeleteOptions", &kDeleteOptions},
};

Status Malformed(const std::string& what) { return BadRequest("malformed protobuf body: " + what); }

Result<std::string> TextOf(const WireField& field, const char* name) {
  if (field.type != WireType::kBytes) return Malformed(std::string("wrong type for ") + name);
  if (codec::FindInvalidUtf8(field.bytes)) return Malformed(std::string(name) + " is not UTF-8");
  return std::string(field.bytes);
}

// Times are messages {1 seconds, 2 nanos}; Go writes an unset one as an empty message, or as
// year 1.
Result<json> TimeOf(const WireField& field, const Field& spec) {
  if (field.type != WireType::kBytes) return Malformed(std::string("wrong type for ") + spec.name);
  WireReader reader(field.bytes);
  std::int64_t seconds = 0, nanos = 0;
  while (!reader.done()) {
    const auto part = reader.Next();
    if (!part) return Malformed(std::string("broken ") + spec.name);
    if (part->type != WireType::kVarint) continue;
    if (part->number == 1) seconds = static_cast<std::int64_t>(part->value);
    if (part->number == 2) nanos = static_cast<std::int64_t>(part->value);
  }
  constexpr std::int64_t kYearOne = -62135596800;
  if ((seconds == 0 && nanos == 0) || seconds == kYearOne) return json(nullptr);
  // What WallTime can hold: nanoseconds since 1970 in 64 bits, 1677 to 2262.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  if (seconds > kMost || seconds < -kMost || nanos < 0 || nanos >= 1'000'000'000) {
    return Malformed(std::string(spec.name) + " is out of range");
  }
  const WallTime time{std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos)};
  return json(spec.type == Type::kTime ? FormatTime(time) : FormatMicroTime(time));
}

Result<json> DecodeMessage(const Message& message, std::string_view bytes, int& budget);

Result<json> ValueOf(const WireField& field, const Field& spec, int& budget) {
  switch (spec.type) {
    case Type::kText: {
      NEKO_TRY(std::string text, TextOf(field, spec.name));
      if (text.empty() && !spec.keep_zero && !spec.repeated) return json(nullptr);
      return json(std::move(text));
    }
    case Type::kBytes:
      if (field.type != WireType::kBytes)
        return Malformed(std::string("wrong type for ") + spec.name);
      return json(registry::Base64Encode(field.bytes));
    case Type::kInteger:
      if (field.type != WireType::kVarint)
        return Malformed(std::string("wrong type for ") + spec.name);
      if (field.value == 0 && !spec.keep_zero) return json(nullptr);
      return json(static_cast<std::int64_t>(field.value));
    case Type::kBool:
      if (field.type != WireType::kVarint)
        return Malformed(std::string("wrong type for ") + spec.name);
      if (field.value == 0 && !spec.keep_zero) return json(nullptr);
      return json(field.value != 0);
    case Type::kTime:
    case Type::kMicroTime:
      return TimeOf(field, spec);
    case Type::kMessage: {
      if (field.type != WireType::kBytes)
        return Malformed(std::string("wrong type for ") + spec.name);
      NEKO_TRY(json value, DecodeMessage(*spec.message, field.bytes, budget));
      if (value.empty() && !spec.repeated) return json(nullptr);
      return value;
    }
    case Type::kTextMap:
    case Type::kBytesMap:
      break;
  }
  return Malformed(std::string("unexpected ") + spec.name);
}

// One entry of a map: {1 key, 2 value}; absent ones are empty.
Result<void> AddMapEntry(const WireField& field, const Field& spec, json& object, int& budget) {
  if (field.type != WireType::kBytes) return Malformed(std::string("wrong type for ") + spec.name);
  const Field value_spec{2,     spec.name, spec.type == Type::kTextMap ? Type::kText : Type::kBytes,
                         false, nullptr,   true};
  std::string key;
  json value = "";
  WireReader reader(field.bytes);
  while (!reader.done()) {
    const auto part = reader.Next();
    if (!part) return Malformed(std::string("broken ") + spec.name);
    if (part->number == 1) {
      NEKO_TRY(key, TextOf(*part, spec.name));
    } else if (part->number == 2) {
      NEKO_TRY(value, ValueOf(*part, value_spec, budget));
    }
  }
  object[spec.name][key] = std::move(value);
  return {};
}

Result<json> DecodeMessage(const Message& message, std::string_view bytes, int& budget) {
  json object = json::object();
  WireReader reader(bytes);
  while (!reader.done()) {
    const auto field = reader.Next();
    if (!field) return Malformed("it breaks off or is no protobuf");
    if (--budget < 0) {
      return MakeStatus(Code::kInvalid, kTooLarge, "the body has more than 100000 fields");
    }
    for (const Field& spec : message.fields) {
      if (spec.number != field->number) continue;
      if (spec.type == Type::kTextMap || spec.type == Type::kBytesMap) {
        NEKO_RETURN_IF_ERROR(AddMapEntry(*field, spec, object, budget));
        break;
      }
      NEKO_TRY(json value, ValueOf(*field, spec, budget));
      if (spec.repeated) {
        object[spec.name].push_back(std::move(value));
      } else if (!value.is_null()) {
        object[spec.name] = std::move(value);
      }
      break;
    }
  }
  return object;
}

struct Envelope {
  std::string api_version, kind;
  std::string_view raw;
};

Result<Envelope> OpenEnvelope(std::string_view body) {
  constexpr std::string_view kMagic("k8s\0", 4);
  if (!body.starts_with(kMagic)) return Malformed("it does not begin with k8s");
  Envelope out;
  WireReader reader(body.substr(kMagic.size()));
  while (!reader.done()) {
    const auto field = reader.Next();
    if (!field) return Malformed("broken envelope");
    if (field->type != WireType::kBytes) continue;
    if (field->number == 2) out.raw = field->bytes;
    if (field->number == 3 && !field->bytes.empty()) return Malformed("encoded content");
    if (field->number != 1) continue;
    WireReader type_meta(field->bytes);
    while (!type_meta.done()) {
      const auto part = type_meta.Next();
      if (!part) return Malformed("broken type");
      if (part->number == 1) {
        NEKO_TRY(out.api_version, TextOf(*part, "apiVersion"));
      } else if (part->number == 2) {
        NEKO_TRY(out.kind, TextOf(*part, "kind"));
      }
    }
  }
  return out;
}

}  // namespace

Result<json> DecodeProtobuf(std::string_view body) {
  NEKO_TRY(const Envelope envelope, OpenEnvelope(body));
  int budget = kMaxFields;
  for (const KnownKind& known : kKnownKinds) {
    if (envelope.kind != known.kind) continue;
    if (*known.api_version != '\0' && envelope.api_version != known.api_version) continue;
    NEKO_TRY(json object, DecodeMessage(*known.message, envelope.raw, budget));
    object["apiVersion"] = envelope.api_version;
    object["kind"] = envelope.kind;
    return object;
  }
  return MakeStatus(
      Code::kInvalid, kUnsupportedMediaType,
      "the body of the request was in an unknown format - accepted media types include: "
      "application/json, application/yaml");
}

}  // namespace nekoplane::server
