#include "api/server/table.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

namespace nekoplane::server {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

std::string Dump(const auto& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "5m12s"; kubectl's own words for what is no date.
std::string AgeOf(const Json& value, WallTime now) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) return "<unknown>";
  const auto time = ParseTime(value.get_ref<const std::string&>());
  if (!time) return "<invalid>";
  // A clock that was set back is no reason to print a negative age.
  return HumanDuration(std::max(Duration::zero(), Duration(now - *time)));
}

// The value in the type that its column declares; null prints as nothing.
Json Cell(Json value, const std::string& type, WallTime now) {
  if (value.is_null()) return nullptr;
  if (type == "date") return AgeOf(value, now);
  if (type == "integer") return value.is_number() ? Json(value.get<std::int64_t>()) : Json(nullptr);
  if (type == "number") return value.is_number() ? std::move(value) : Json(nullptr);
  if (type == "boolean") return value.is_boolean() ? std::move(value) : Json(nullptr);
  return value.is_string() ? std::move(value) : Json(value.dump());
}

// Events of the newer generation leave the classic timestamps empty.
Json EventTime(const Json& event) {
  for (const char* path :
       {".series.lastObservedTime", ".eventTime", ".metadata.creationTimestamp"}) {
    if (Json value = codec::EvalJsonPath(event, path); value.is_string()) return value;
  }
  return nullptr;
}

OrderedJson PartialObject(const Json& object, std::string_view meta_version) {
  OrderedJson out;
  out["kind"] = "PartialObjectMetadata";
  out["apiVersion"] = "meta.k8s.io/" + std::string(meta_version);
  const bool has = object.is_object() && object.contains("metadata");
  out["metadata"] = has ? OrderedJson(object["metadata"]) : OrderedJson::object();
  return out;
}

std::string RowText(const Json& cells, IncludeObject include, std::string_view object) {
  std::string out = "{\"cells\":" + Dump(cells);
  if (include != IncludeObject::kNone) out.append(",\"object\":").append(object);
  return out + "}";
}

}  // namespace

TableWriter::TableWriter(const codec::Kind& kind)
    : columns_(kind.TableColumns()), event_(kind.group.empty() && kind.plural == "events") {
  OrderedJson out = OrderedJson::array();
  for (const codec::PrinterColumn& column : columns_) {
    OrderedJson entry;
    entry["name"] = column.name;
    entry["type"] = column.type;
    entry["format"] = column.format;
    entry["description"] = column.description;
    entry["priority"] = column.priority;
    out.push_back(std::move(entry));
  }
  definitions_ = Dump(out);
}

std::string TableWriter::Row(const store::Object& object, const Representation& how,
                             WallTime now) const {
  Json parsed = Json::parse(object.bytes, nullptr, false);
  if (!parsed.is_object()) {
    parsed = {{"metadata", {{"name", object.key.name}, {"namespace", object.key.ns}}}};
  }
  Json cells = Json::array();
  for (const codec::PrinterColumn& column : columns_) {
    Json value = codec::EvalJsonPath(parsed, column.json_path);
    if (event_ && column.type == "date" && value.is_null()) value = EventTime(parsed);
    cells.push_back(Cell(std::move(value), column.type, now));
  }
  if (how.include_object == IncludeObject::kObject) {
    return RowText(cells, how.include_object, object.bytes);
  }
  return RowText(cells, how.include_object, Dump(PartialObject(parsed, how.meta_version)));
}

std::string TableWriter::EmptyRow(std::string_view metadata, const Representation& how) const {
  Json cells = Json::array();
  for (const codec::PrinterColumn& column : columns_) {
    cells.push_back(column.format == "name" ? Json("") : Json(nullptr));
  }
  std::string object = "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/" +
                       how.meta_version + "\",\"metadata\":";
  object.append(metadata).append("}");
  return RowText(cells, IncludeObject::kMetadata, object);
}

std::string TableDocument(const Representation& how, std::string_view metadata,
                          std::string_view columns, std::string_view rows) {
  std::string out =
      "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/" + how.meta_version + "\",\"metadata\":";
  out.append(metadata);
  // Clients that read the field unconditionally get null, as from upstream.
  out.append(",\"columnDefinitions\":").append(columns.empty() ? "null" : columns);
  out.append(",\"rows\":[").append(rows).append("]}");
  return out;
}

std::string PartialMetadata(std::string_view bytes, std::string_view meta_version) {
  return Dump(PartialObject(Json::parse(bytes, nullptr, false), meta_version));
}

}  // namespace nekoplane::server
