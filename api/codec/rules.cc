#include "api/codec/rules.h"

#include <nlohmann/json.hpp>
#include <string>

namespace nekoplane::codec {
namespace {

using nlohmann::json;

bool Take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string TakeName(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() &&
         (std::isalnum(static_cast<unsigned char>(text[length])) != 0 || text[length] == '_')) {
    ++length;
  }
  std::string name(text.substr(0, length));
  text.remove_prefix(length);
  return name;
}

bool Has(const json& self, const std::string& name) {
  return self.is_object() && self.contains(name) && !self[name].is_null();
}

// `list` is the inside of ['x', 'y'].
bool Lists(std::string_view list, const std::string& text) {
  return text.find('\'') == text.npos && list.find("'" + text + "'") != list.npos;
}

}  // namespace

std::optional<bool> ObeysRule(std::string_view rule, const json& self) {
  if (Take(rule, "has(self.")) {
    const std::string a = TakeName(rule);
    if (!Take(rule, ") != has(self.")) return std::nullopt;
    const std::string b = TakeName(rule);
    if (rule != ")") return std::nullopt;
    return Has(self, a) != Has(self, b);
  }
  if (Take(rule, "!(self in [")) {
    if (!rule.ends_with("])")) return std::nullopt;
    return !self.is_string() || !Lists(rule, self.get_ref<const std::string&>());
  }
  if (Take(rule, "self.all(key, key in [")) {
    if (!rule.ends_with("])")) return std::nullopt;
    if (!self.is_object()) return true;
    for (const auto& [key, value] : self.items()) {
      if (!Lists(rule, key)) return false;
    }
    return true;
  }
  if (Take(rule, "self.")) {
    const std::string a = TakeName(rule);
    if (!Take(rule, " <= self.")) return std::nullopt;
    const std::string b = TakeName(rule);
    if (!rule.empty()) return std::nullopt;
    if (!Has(self, a) || !Has(self, b)) return true;  // `required` says so
    return !self[a].is_number() || !self[b].is_number() || self[a] <= self[b];
  }
  return std::nullopt;
}

}  // namespace nekoplane::codec
