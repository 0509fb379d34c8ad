// Small helpers for walking a schema and an object side by side.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace nekoplane::codec {

// nullptr if the schema does not have it.
inline const nlohmann::json* Keyword(const nlohmann::json& schema, std::string_view name) {
  if (!schema.is_object()) return nullptr;
  const auto it = schema.find(name);
  return it == schema.end() ? nullptr : &*it;
}

inline bool Flag(const nlohmann::json& schema, std::string_view name) {
  const nlohmann::json* const value = Keyword(schema, name);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

inline bool KeepsUnknown(const nlohmann::json& schema) {
  return Flag(schema, "x-kubernetes-preserve-unknown-fields");
}

// Lengthens a field path ("spec.env[0].name") for as long as it lives.
class PathScope {
 public:
  PathScope(std::string& path, const std::string& member) : path_(path), length_(path.size()) {
    if (!path_.empty()) path_ += '.';
    path_ += member;
  }

  PathScope(std::string& path, std::size_t index) : path_(path), length_(path.size()) {
    path_ += "[" + std::to_string(index) + "]";
  }

  ~PathScope() { path_.resize(length_); }

  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;

 private:
  std::string& path_;
  const std::size_t length_;
};

}  // namespace nekoplane::codec
