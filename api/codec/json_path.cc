#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "api/codec/schema.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

// Walks one path; a step that cannot be made, or that is not understood, ends in null.
class Walker {
 public:
  Walker(const json& root, std::string_view path) : at_(&root), path_(path) {}

  json Run() {
    if (path_.starts_with("$")) path_.remove_prefix(1);
    while (!path_.empty()) {
      if (path_ == ".length()") return at_->is_structured() ? at_->size() : 0;
      if (!Step()) return path_.ends_with(".length()") ? json(0) : json();
    }
    return *at_;
  }

 private:
  bool Step() {
    if (path_[0] == '.') {
      path_.remove_prefix(1);
      const std::string name = Name();
      return !name.empty() && Member(name);
    }
    if (path_[0] != '[') return false;
    const std::size_t end = BracketEnd();
    if (end == path_.npos) return false;
    const std::string_view inside = path_.substr(1, end - 1);
    path_.remove_prefix(end + 1);
    if (inside.starts_with("?(") && inside.ends_with(")")) {
      return Filter(inside.substr(2, inside.size() - 3));
    }
    if (inside == "*") return Index(0);
    if (const auto key = Unquoted(inside)) return Member(*key);
    return Number(inside);
  }

  std::string Name() {
    std::string name;
    std::size_t i = 0;
    for (; i < path_.size() && path_[i] != '.' && path_[i] != '['; ++i) {
      if (path_[i] == '\\' && i + 1 < path_.size()) ++i;
      name += path_[i];
    }
    path_.remove_prefix(i);
    return name;
  }

  // The bracket that closes path_[0], quotes respected.
  std::size_t BracketEnd() const {
    char quote = 0;
    for (std::size_t i = 1; i < path_.size(); ++i) {
      if (quote != 0) {
        if (path_[i] == quote) quote = 0;
      } else if (path_[i] == '"' || path_[i] == '\'') {
        quote = path_[i];
      } else if (path_[i] == ']') {
        return i;
      }
    }
    return path_.npos;
  }

  static std::optional<std::string> Unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != text.back()) return std::nullopt;
    if (text.front() != '"' && text.front() != '\'') return std::nullopt;
    return std::string(text.substr(1, text.size() - 2));
  }

  bool Member(const std::string& name) {
    if (!at_->is_object()) return false;
    const auto it = at_->find(name);
    if (it == at_->end()) return false;
    at_ = &*it;
    return true;
  }

  bool Index(std::ptrdiff_t index) {
    if (!at_->is_array()) return false;
    const auto size = static_cast<std::ptrdiff_t>(at_->size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return false;
    at_ = &(*at_)[static_cast<std::size_t>(index)];
    return true;
  }

  bool Number(std::string_view text) {
    const bool negative = text.starts_with("-");
    if (negative) text.remove_prefix(1);
    if (text.empty() || text.size() > 9) return false;
    std::ptrdiff_t value = 0;
    for (const char c : text) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    return Index(negative ? -value : value);
  }

  // @.type=="Ready": the first element that has it.
  bool Filter(std::string_view condition) {
    const std::size_t op = condition.find("==");
    if (!at_->is_array() || op == condition.npos || !condition.starts_with("@.")) return false;
    const auto trimmed = [](std::string_view text) {
      while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
      while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
      return text;
    };
    const std::string_view path = trimmed(condition.substr(1, op - 1));
    const std::string_view right = trimmed(condition.substr(op + 2));
    const auto text = Unquoted(right);
    for (const json& item : *at_) {
      const json value = Walker(item, path).Run();
      if (text ? value == *text : (!value.is_null() && value.dump() == right)) {
        at_ = &item;
        return true;
      }
    }
    return false;
  }

  const json* at_;
  std::string_view path_;
};

std::string TextOf(const json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// "{.kind|lower}/{.name}". Null if none of its paths leads anywhere.
json Template(const json& object, std::string_view text) {
  std::string out;
  bool any = false;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == text.npos ? open : text.find('}', open);
    if (close == text.npos) {
      out += text;
      break;
    }
    out += text.substr(0, open);
    std::string_view path = text.substr(open + 1, close - open - 1);
    const bool lower = path.ends_with("|lower");
    if (lower) path.remove_suffix(6);
    const json value = Walker(object, path).Run();
    any = any || !value.is_null();
    std::string piece = TextOf(value);
    if (lower) {
      std::transform(piece.begin(), piece.end(), piece.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    out += piece;
    text.remove_prefix(close + 1);
  }
  return any ? json(out) : json();
}

}  // namespace

json EvalJsonPath(const json& object, std::string_view path) {
  if (path.find('{') != path.npos) return Template(object, path);
  return Walker(object, path).Run();
}

}  // namespace nekoplane::codec
