#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "api/codec/json_parse.h"
#include "api/codec/yaml_scalar.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> kFirstKeys{"apiVersion", "kind", "metadata", "spec",
                                                     "status"};
// Readers look for the colon of an ordinary key within 1024 characters.
constexpr std::size_t kMaxPlainKey = 1000;

std::string Quoted(const std::string& text) {
  // A JSON string is a double-quoted YAML scalar. DEL, NEL and the Unicode line separators are not
  // printable in YAML; escaping everything beyond ASCII would make names unreadable, so only they
  // go.
  const std::string quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    const std::string_view rest = std::string_view(quoted).substr(i);
    if (rest[0] == '\x7F') {
      out += "\\x7F";
    } else if (rest[0] == '\xC2' && static_cast<unsigned char>(rest[1]) < 0xA0) {
      constexpr char kHex[] = "0123456789ABCDEF";
      const auto code = static_cast<unsigned char>(rest[1]);
      out += std::string("\\x") + kHex[code >> 4] + kHex[code & 15];
      ++i;
    } else if (rest.substr(0, 3) == "\xE2\x80\xA8" || rest.substr(0, 3) == "\xE2\x80\xA9") {
      out += rest[2] == '\xA8' ? "\\L" : "\\P";
      i += 2;
    } else if (rest.substr(0, 3) == "\xEF\xBB\xBF") {
      out += "\\uFEFF";
      i += 2;
    } else {
      out += rest[0];
    }
  }
  return out;
}

std::string Text(const std::string& text) { return NeedsQuotes(text) ? Quoted(text) : text; }

// A literal block shows several lines as they are; only for texts that it keeps to the byte.
bool FitsLiteralBlock(const std::string& text) {
  if (text.find('\n') == text.npos || text.front() == ' ' || text.front() == '\n') return false;
  if (text.ends_with("\n\n")) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      if (i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\t')) return false;
    } else if (c < 0x20 || c >= 0x7F) {
      return false;
    }
  }
  return text.back() != ' ';
}

class Emitter {
 public:
  std::string Take() { return std::move(out_); }

  void Document(const json& value) {
    if (value.is_object() && !value.empty()) {
      for (const std::string_view key : kFirstKeys) {
        if (const auto it = value.find(key); it != value.end()) Member(std::string(key), *it, 0);
      }
      for (const auto& [key, member] : value.items()) {
        if (std::find(kFirstKeys.begin(), kFirstKeys.end(), key) == kFirstKeys.end()) {
          Member(key, member, 0);
        }
      }
    } else if (value.is_array() && !value.empty()) {
      List(value, 0);
    } else {
      Scalar(value, 0);
    }
  }

 private:
  static bool IsBlock(const json& value) { return value.is_structured() && !value.empty(); }

  void Indent(int by) { out_.append(static_cast<std::size_t>(by), ' '); }

  // "key: ..." at a line's start or after "- ".
  void Member(const std::string& key, const json& value, int indent) {
    Indent(indent);
    MemberHere(key, value, indent);
  }

  void MemberHere(const std::string& key, const json& value, int indent) {
    const std::string name = Text(key);
    const bool marked = name.size() > kMaxPlainKey;
    out_ += marked ? "? " + name + "\n" : name;
    if (marked) Indent(indent);
    out_ += ':';
    if (!IsBlock(value)) {
      out_ += ' ';
      Scalar(value, indent + 2);
    } else if (value.is_array()) {
      out_ += '\n';
      List(value, marked ? indent + 2 : indent);  // dashes under the key, as kubectl writes them
    } else {
      out_ += '\n';
      for (const auto& [inner, member] : value.items()) Member(inner, member, indent + 2);
    }
  }

  void List(const json& list, int indent) {
    for (const json& item : list) {
      Indent(indent);
      Item(item, indent);
    }
  }

  void Item(const json& item, int indent) {
    out_ += "- ";
    if (!IsBlock(item)) {
      Scalar(item, indent + 2);
      return;
    }
    bool first = true;
    if (item.is_array()) {
      for (const json& inner : item) {
        if (!first) Indent(indent + 2);
        Item(inner, indent + 2);
        first = false;
      }
      return;
    }
    for (const auto& [name, member] : item.items()) {
      if (!first) Indent(indent + 2);
      MemberHere(name, member, indent + 2);
      first = false;
    }
  }

  // The rest of a line, its end included.
  void Scalar(const json& value, int indent) {
    if (!value.is_string()) {
      out_ += value.dump() + "\n";
      return;
    }
    const std::string& text = value.get_ref<const std::string&>();
    if (!FitsLiteralBlock(text)) {
      out_ += Text(text) + "\n";
      return;
    }
    // A block needs to be deeper than its surroundings, which the top level is not.
    if (indent == 0) indent = 2;
    out_ += text.back() == '\n' ? "|\n" : "|-\n";
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      if (end > at) Indent(indent);
      out_.append(text, at, end - at);
      out_ += '\n';
      at = end + 1;
    }
  }

  std::string out_;
};

}  // namespace

std::string ToYaml(const json& value) {
  Emitter emitter;
  emitter.Document(value);
  return emitter.Take();
}

}  // namespace nekoplane::codec
