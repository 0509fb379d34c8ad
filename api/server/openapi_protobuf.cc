#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/openapi_build.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

// Builds one protobuf message.
class Writer {
 public:
  void Bytes(int field, std::string_view value) {
    Varint(static_cast<std::uint64_t>(field) << 3 | 2);
    Varint(value.size());
    out_.append(value);
  }

  void Bool(int field, bool value) {
    if (!value) return;
    Varint(static_cast<std::uint64_t>(field) << 3);
    Varint(1);
  }

  void Integer(int field, std::int64_t value) {
    Varint(static_cast<std::uint64_t>(field) << 3);
    Varint(static_cast<std::uint64_t>(value));
  }

  void Double(int field, double value) {
    Varint(static_cast<std::uint64_t>(field) << 3 | 1);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; ++i) out_ += static_cast<char>(bits >> (8 * i) & 255);
  }

  // A string member, if it is there.
  void Text(int field, const json& object, const char* key) {
    const auto it = object.find(key);
    if (it != object.end() && it->is_string()) Bytes(field, it->get_ref<const std::string&>());
  }

  std::string Take() { return std::move(out_); }

 private:
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

// NamedX{1 name, 2 value}
std::string Named(std::string_view name, std::string_view value) {
  Writer out;
  out.Bytes(1, name);
  out.Bytes(2, value);
  return out.Take();
}

// Any{2 yaml}; JSON is YAML.
std::string Any(const json& value) {
  Writer out;
  out.Bytes(2, value.dump());
  return out.Take();
}

// x-* members as NamedAny.
void Extensions(int field, const json& object, Writer& out) {
  for (const auto& [key, value] : object.items()) {
    if (key.starts_with("x-")) out.Bytes(field, Named(key, Any(value)));
  }
}

std::string Schema(const json& schema);

std::string Properties(const json& properties) {
  Writer out;
  for (const auto& [name, property] : properties.items()) {
    out.Bytes(1, Named(name, Schema(property)));
  }
  return out.Take();
}

std::string AdditionalProperties(const json& value) {
  Writer out;
  if (value.is_object()) {
    out.Bytes(1, Schema(value));
  } else {
    out.Bool(2, value.is_boolean() && value.get<bool>());
  }
  return out.Take();
}

std::string Single(int field, std::string_view value) {
  Writer out;
  out.Bytes(field, value);
  return out.Take();
}

void Limits(const json& schema, Writer& out) {
  constexpr std::pair<const char*, int> kDoubles[] = {{"maximum", 7}, {"minimum", 9}};
  for (const auto& [key, field] : kDoubles) {
    if (const auto it = schema.find(key); it != schema.end() && it->is_number()) {
      out.Double(field, it->get<double>());
    }
  }
  constexpr std::pair<const char*, int> kIntegers[] = {{"maxLength", 11},
                                                       {"minLength", 12},
                                                       {"maxItems", 14},
                                                       {"minItems", 15},
                                                       {"maxProperties", 17}};
  for (const auto& [key, field] : kIntegers) {
    if (const auto it = schema.find(key); it != schema.end() && it->is_number_integer()) {
      out.Integer(field, it->get<std::int64_t>());
    }
  }
}

std::string Schema(const json& schema) {
  Writer out;
  if (!schema.is_object()) return out.Take();
  out.Text(1, schema, "$ref");
  out.Text(2, schema, "format");
  out.Text(3, schema, "title");
  out.Text(4, schema, "description");
  if (const auto it = schema.find("default"); it != schema.end()) out.Bytes(5, Any(*it));
  Limits(schema, out);
  out.Text(13, schema, "pattern");
  if (const auto it = schema.find("required"); it != schema.end() && it->is_array()) {
    for (const json& name : *it) out.Bytes(19, name.get<std::string>());
  }
  if (const auto it = schema.find("enum"); it != schema.end() && it->is_array()) {
    for (const json& value : *it) out.Bytes(20, Any(value));
  }
  if (const auto it = schema.find("additionalProperties"); it != schema.end()) {
    out.Bytes(21, AdditionalProperties(*it));
  }
  if (const auto it = schema.find("type"); it != schema.end() && it->is_string()) {
    out.Bytes(22, Single(1, it->get_ref<const std::string&>()));
  }
  if (const auto it = schema.find("items"); it != schema.end()) {
    out.Bytes(23, Single(1, Schema(*it)));
  }
  if (const auto it = schema.find("properties"); it != schema.end() && it->is_object()) {
    out.Bytes(25, Properties(*it));
  }
  Extensions(31, schema, out);
  return out.Take();
}

// ParametersItem{1 Parameter{2 NonBodyParameter{3 QueryParameterSubSchema}}}
std::string QueryParameter(const json& parameter) {
  Writer query;
  query.Text(2, parameter, "in");
  query.Text(3, parameter, "description");
  query.Text(4, parameter, "name");
  query.Text(6, parameter, "type");
  return Single(1, Single(2, Single(3, query.Take())));
}

std::string Operation(const json& operation) {
  Writer out;
  if (const auto it = operation.find("parameters"); it != operation.end()) {
    for (const json& parameter : *it) out.Bytes(8, QueryParameter(parameter));
  }
  Writer responses;
  for (const auto& [code, response] : operation.at("responses").items()) {
    Writer value;
    value.Text(1, response, "description");
    responses.Bytes(1, Named(code, Single(1, value.Take())));
  }
  out.Bytes(9, responses.Take());
  Extensions(13, operation, out);
  return out.Take();
}

std::string PathItem(const json& item) {
  Writer out;
  constexpr std::pair<const char*, int> kMethods[] = {
      {"get", 2}, {"put", 3}, {"post", 4}, {"delete", 5}, {"patch", 8}};
  for (const auto& [method, field] : kMethods) {
    if (const auto it = item.find(method); it != item.end()) out.Bytes(field, Operation(*it));
  }
  return out.Take();
}

}  // namespace

std::string SwaggerToProtobuf(const std::string& swagger) {
  const json document = json::parse(swagger, nullptr, false);
  Writer info, paths, out;
  info.Text(1, document["info"], "title");
  info.Text(2, document["info"], "version");
  for (const auto& [path, item] : document["paths"].items()) {
    paths.Bytes(2, Named(path, PathItem(item)));
  }
  out.Text(1, document, "swagger");
  out.Bytes(2, info.Take());
  out.Bytes(8, paths.Take());
  out.Bytes(9, Properties(document["definitions"]));
  return out.Take();
}

}  // namespace nekoplane::server
