#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "api/codec/selector.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

Status Bad(std::string_view selector, const std::string& what) {
  return MakeStatus(Code::kInvalid, "BadSelector",
                    "invalid field selector: \"" + std::string(selector) + "\": " + what);
}

// Splits at commas that no backslash precedes; the pieces keep their backslashes.
std::vector<std::string_view> SplitTerms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(start));
  return terms;
}

Result<std::string> Unescape(std::string_view value, std::string_view selector) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\') {
      const char next = i + 1 < value.size() ? value[i + 1] : '\0';
      if (next != '\\' && next != ',' && next != '=') {
        return Bad(selector, "only \\\\, \\, and \\= are escapes in a value");
      }
      out += next;
      ++i;
    } else if (value[i] == '=') {
      return Bad(selector, "'=' in a value must be written \\=");
    } else {
      out += value[i];
    }
  }
  return out;
}

std::string ValueAt(const json& object, std::string_view path) {
  const json* at = &object;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    if (!at->is_object()) return "";
    const auto it = at->find(path.substr(0, dot));
    if (it == at->end()) return "";
    at = &*it;
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  }
  if (at->is_string()) return at->get<std::string>();
  return at->is_primitive() && !at->is_null() ? at->dump() : "";
}

}  // namespace

Result<FieldSelector> FieldSelector::Parse(std::string_view text) {
  FieldSelector selector;
  for (const std::string_view term : SplitTerms(text)) {
    if (term.empty()) continue;
    // The first operator wins; keys cannot be escaped.
    const std::size_t at = term.find('=');
    if (at == term.npos) return Bad(text, "can't understand \"" + std::string(term) + "\"");
    const bool unequal = at > 0 && term[at - 1] == '!';
    const bool doubled = !unequal && term.substr(at, 2) == "==";
    FieldTerm parsed;
    parsed.path = std::string(term.substr(0, unequal ? at - 1 : at));
    parsed.equal = !unequal;
    NEKO_TRY(parsed.value, Unescape(term.substr(at + (doubled ? 2 : 1)), text));
    if (parsed.path.empty()) return Bad(text, "can't understand \"" + std::string(term) + "\"");
    selector.terms_.push_back(std::move(parsed));
  }
  return selector;
}

bool FieldSelector::Matches(const json& object) const {
  return std::all_of(terms_.begin(), terms_.end(), [&](const FieldTerm& term) {
    return (ValueAt(object, term.path) == term.value) == term.equal;
  });
}

}  // namespace nekoplane::codec
