#include "api/server/frames.h"

#include <nlohmann/json.hpp>

namespace nekoplane::server {
namespace {

const char* TypeName(FrameType type) {
  switch (type) {
    case FrameType::kAdded:
      return "ADDED";
    case FrameType::kModified:
      return "MODIFIED";
    case FrameType::kDeleted:
      break;
  }
  return "DELETED";
}

std::string Wrap(std::string_view type, std::string_view object) {
  std::string out;
  out.reserve(object.size() + 40);
  out.append("{\"type\":\"").append(type).append("\",\"object\":").append(object).append("}\n");
  return out;
}

std::string VersionJson(std::uint64_t version) {
  return "{\"resourceVersion\":\"" + std::to_string(version) + "\"}";
}

}  // namespace

int FrameStyle::code() const {
  int code = static_cast<int>(how.transform);
  code = code * 4 + static_cast<int>(how.include_object);
  code = code * 2 + (how.meta_version == "v1" ? 1 : 0);
  return code * 2 + (with_columns ? 1 : 0);
}

std::string EncodeEvent(FrameType type, const store::Object& object, const FrameStyle& style,
                        WallTime now) {
  switch (style.how.transform) {
    case Transform::kTable:
      return Wrap(TypeName(type),
                  TableDocument(style.how, VersionJson(object.version),
                                style.with_columns ? style.table->definitions() : std::string(),
                                style.table->Row(object, style.how, now)));
    case Transform::kPartialMetadata:
      return Wrap(TypeName(type), PartialMetadata(object.bytes, style.how.meta_version));
    case Transform::kNone:
      break;
  }
  return Wrap(TypeName(type), object.bytes);
}

store::Object WithVersion(const store::Object& object, std::uint64_t version) {
  store::Object out = object;
  out.version = version;
  nlohmann::json parsed = nlohmann::json::parse(object.bytes, nullptr, false);
  if (parsed.is_object()) {
    parsed["metadata"]["resourceVersion"] = std::to_string(version);
    out.bytes = parsed.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  return out;
}

std::string EncodeBookmark(std::uint64_t version, bool initial_end, const FrameStyle& style) {
  std::string metadata =
      "{\"resourceVersion\":\"" + std::to_string(version) + "\",\"creationTimestamp\":null";
  if (initial_end) metadata += ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}";
  metadata += "}";
  std::string object;
  switch (style.how.transform) {
    case Transform::kTable:
      object = TableDocument(style.how, VersionJson(version),
                             style.with_columns ? style.table->definitions() : std::string(),
                             style.table->EmptyRow(metadata, style.how));
      break;
    case Transform::kPartialMetadata:
      object = "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/" +
               style.how.meta_version + "\",\"metadata\":" + metadata + "}";
      break;
    case Transform::kNone:
      object = "{\"kind\":\"" + style.kind->kind + "\",\"apiVersion\":\"" +
               style.kind->api_version() + "\",\"metadata\":" + metadata + "}";
      break;
  }
  return Wrap("BOOKMARK", object);
}

std::string EncodeError(std::string_view status) { return Wrap("ERROR", status); }

}  // namespace nekoplane::server
