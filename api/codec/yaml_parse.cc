#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "api/codec/json_parse.h"
#include "api/codec/utf8.h"
#include "api/codec/yaml_scalar.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

// Thrown by our event handler and caught where the library is called: it has no other way to stop.
struct Refused {
  YAML::Mark mark;
  std::string reason, message;
};

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

bool IsTag(std::string_view tag, std::string_view name) {
  return tag.size() == kCoreTag.size() + name.size() && tag.starts_with(kCoreTag) &&
         tag.ends_with(name);
}

// yaml-cpp calls a scalar without tag "?" if it is plain and "!" if it is quoted or a block.
bool HasNoTag(std::string_view tag) { return tag.empty() || tag == "?" || tag == "!"; }

// yaml-cpp writes what \N and \_ stand for in Latin-1, which nothing after it could read. What it
// was given is UTF-8, so no other byte stands alone.
std::string InUtf8(std::string_view text) {
  std::string out;
  while (const auto bad = FindInvalidUtf8(text)) {
    out.append(text.substr(0, *bad)) += '\xC2';
    out += text[*bad];
    text.remove_prefix(*bad + 1);
  }
  return out.append(text);
}

class Handler : public YAML::EventHandler {
 public:
  Handler(std::string_view text, const ParseLimits& limits) : text_(text), limits_(limits) {}

  std::vector<YamlDocument> TakeDocuments() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The library takes what follows a complete value for another document.
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    if (started_ && text_.substr(std::min(at, text_.size()), 3) != "---" && !EndedBefore(at)) {
      throw Refused{mark, "MalformedYaml",
                    "unexpected text after the end of the document; "
                    "documents are separated by a line with ---"};
    }
    started_ = true;
    last_start_ = at;
    root_ = json();
    first_mark_.reset();
  }

  void OnDocumentEnd() override {
    if (root_.is_null()) return;
    documents_.push_back({std::make_shared<json>(std::move(root_)), first_mark_->line + 1});
    root_ = json();
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { Put(mark, nullptr, true); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark, "Alias", "aliases (*name) are not supported: write the value out"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& scalar) override {
    CheckQuotesClosed(mark);
    const std::string value = InUtf8(scalar);
    const bool plain = tag == "?" || tag.empty();
    if (WantsKey()) {
      if (plain && value == "<<") {
        throw Refused{mark, "MergeKey", "merge keys (<<) are not supported: write the fields out"};
      }
      if (!plain && !HasNoTag(tag) && !IsTag(tag, "str")) RefuseTag(mark, tag);
      Key(mark, value);
      return;
    }
    if (tag == "!" || IsTag(tag, "str")) {
      Put(mark, value, false);
      return;
    }
    auto resolved = ResolvePlainScalar(value);
    if (!resolved) throw Refused{mark, resolved.error().reason, resolved.error().message};
    if (!plain) CheckTag(mark, tag, *resolved);
    Put(mark, *std::move(resolved), false);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    if (!HasNoTag(tag) && !IsTag(tag, "seq")) RefuseTag(mark, tag);
    Open(mark, json::array());
  }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    if (!HasNoTag(tag) && !IsTag(tag, "map")) RefuseTag(mark, tag);
    Open(mark, json::object());
  }

  void OnSequenceEnd() override { Close(); }

  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    json value;
    bool has_key = false;
    std::string key;
    std::map<std::string, int, std::less<>> lines;  // of each key so far
  };

  bool WantsKey() const {
    return !open_.empty() && open_.back().value.is_object() && !open_.back().has_key;
  }

  // True if a "..." line ended the previous document, so that the next one needs no "---".
  bool EndedBefore(std::size_t at) const {
    const std::string_view between = text_.substr(last_start_, at - last_start_);
    return between.starts_with("...") || between.find("\n...") != between.npos;
  }

  [[noreturn]] static void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    throw Refused{mark, "UnknownTag", "the tag " + tag + " is not supported"};
  }

  static void CheckTag(const YAML::Mark& mark, const std::string& tag, const json& value) {
    const bool known =
        IsTag(tag, "null") || IsTag(tag, "bool") || IsTag(tag, "int") || IsTag(tag, "float");
    if (!known) RefuseTag(mark, tag);
    const bool fits = (IsTag(tag, "null") && value.is_null()) ||
                      (IsTag(tag, "bool") && value.is_boolean()) ||
                      (IsTag(tag, "int") && value.is_number_integer()) ||
                      (IsTag(tag, "float") && value.is_number());
    if (!fits) throw Refused{mark, "UnknownTag", "the value does not fit its tag " + tag};
  }

  // The library takes the end of the file for a missing closing quote, so that a file cut off in
  // the middle would look complete.
  void CheckQuotesClosed(const YAML::Mark& mark) const {
    if (mark.pos < 0) return;
    auto at = static_cast<std::size_t>(mark.pos);
    while (at < text_.size() && (text_[at] == '!' || text_[at] == '&')) {  // tag and anchor
      at = std::min(text_.find_first_of(" \t\r\n", at), text_.size());
      at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
    }
    if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return;
    const char quote = text_[at];
    for (++at; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) return;
        ++at;  // '' is a quote inside single quotes
      }
    }
    throw Refused{mark, "MalformedYaml", "the quote that starts here is never closed"};
  }

  void Count(const YAML::Mark& mark) {
    if (!first_mark_) first_mark_ = mark;
    if (++nodes_ > limits_.max_nodes) {
      throw Refused{mark, "TooLarge", "more than " + std::to_string(limits_.max_nodes) + " values"};
    }
  }

  void Key(const YAML::Mark& mark, const std::string& key) {
    Frame& frame = open_.back();
    const auto [it, added] = frame.lines.emplace(key, mark.line + 1);
    if (!added) {
      throw Refused{mark, "DuplicateField",
                    "the key \"" + key + "\" is already on line " + std::to_string(it->second)};
    }
    frame.key = key;
    frame.has_key = true;
  }

  void Open(const YAML::Mark& mark, json value) {
    if (WantsKey()) throw Refused{mark, "MalformedYaml", "a key must be text, not a list or a map"};
    Count(mark);
    if (static_cast<int>(open_.size()) >= limits_.max_depth) {
      throw Refused{mark, "TooDeep",
                    "nested more than " + std::to_string(limits_.max_depth) + " levels deep"};
    }
    open_.push_back({std::move(value), false, "", {}});
  }

  void Close() {
    json value = std::move(open_.back().value);
    open_.pop_back();
    Store(std::move(value));
  }

  void Put(const YAML::Mark& mark, json value, bool nothing) {
    if (WantsKey()) {
      throw Refused{mark, "MalformedYaml", nothing ? "the key is missing" : "a key must be text"};
    }
    Count(mark);
    Store(std::move(value));
  }

  void Store(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.value.is_array()) {
      frame.value.push_back(std::move(value));
    } else {
      frame.value[frame.key] = std::move(value);
      frame.has_key = false;
    }
  }

  const std::string_view text_;
  const ParseLimits& limits_;
  std::vector<YamlDocument> documents_;
  std::vector<Frame> open_;
  json root_;
  std::optional<YAML::Mark> first_mark_;
  std::size_t nodes_ = 0, last_start_ = 0;
  bool started_ = false;
};

Status At(std::string_view name, int line, int column, std::string reason,
          const std::string& message) {
  return MakeStatus(Code::kInvalid, std::move(reason),
                    std::string(name) + ":" + std::to_string(line) + ":" + std::to_string(column) +
                        ": " + message);
}

Status AtMark(std::string_view name, const YAML::Mark& mark, std::string reason,
              const std::string& message) {
  return At(name, mark.line + 1, mark.column + 1, std::move(reason), message);
}

Status AtOffset(std::string_view name, std::string_view text, std::size_t offset,
                std::string reason, const std::string& message) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return At(name, static_cast<int>(line) + 1, static_cast<int>(offset - line_start) + 1,
            std::move(reason), message);
}

Result<std::vector<YamlDocument>> ParseAsYaml(std::string_view text, std::string_view name,
                                              const ParseLimits& limits) {
  Handler handler(text, limits);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(handler)) {
    }
  } catch (const Refused& refused) {
    return AtMark(name, refused.mark, refused.reason, refused.message);
  } catch (const YAML::Exception& error) {
    return AtMark(name, error.mark, "MalformedYaml", error.msg);
  } catch (const std::exception& error) {  // out of memory
    return At(name, 1, 1, "MalformedYaml", error.what());
  }
  return handler.TakeDocuments();
}

// nlohmann's "line 2, column 5: what" as "name:2:5: what".
Status JsonStatus(std::string_view name, const Status& error) {
  int line = 1, column = 1, used = 0;
  if (std::sscanf(error.message.c_str(), "line %d, column %d: %n", &line, &column, &used) == 2 &&
      used > 0) {
    return At(name, line, column, error.reason,
              error.message.substr(static_cast<std::size_t>(used)));
  }
  return At(name, 1, 1, error.reason, error.message);
}

// "{" may also begin a YAML flow map; a quote after it is how JSON goes on.
bool LooksLikeJson(std::string_view text) {
  const std::size_t brace = text.find_first_not_of(" \t\r\n");
  if (brace == text.npos || text[brace] != '{') return false;
  const std::size_t next = text.find_first_not_of(" \t\r\n", brace + 1);
  return next == text.npos || text[next] == '"' || text[next] == '}';
}

}  // namespace

Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, std::string_view name,
                                            const ParseLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return MakeStatus(
        Code::kInvalid, "TooLarge",
        std::string(name) + ": longer than " + std::to_string(limits.max_bytes) + " bytes");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto at = FindInvalidUtf8(text)) {
    return AtOffset(name, text, *at, "InvalidUtf8", "not UTF-8");
  }
  if (const std::size_t at = text.find('\0'); at != text.npos) {
    return AtOffset(name, text, at, "MalformedYaml", "a NUL byte");
  }
  if (!LooksLikeJson(text)) return ParseAsYaml(text, name, limits);

  auto value = ParseJson(text, limits);
  if (value) {
    const std::size_t brace = text.find('{');
    const auto line =
        std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(brace), '\n');
    std::vector<YamlDocument> documents;
    documents.push_back({std::make_shared<json>(*std::move(value)), static_cast<int>(line) + 1});
    return documents;
  }
  // Several documents, comments, or a mistake that the YAML parser can put a place to.
  auto documents = ParseAsYaml(text, name, limits);
  if (!documents && value.is(Code::kInvalid) && value.error().reason == "MalformedJson" &&
      documents.error().reason == "MalformedYaml") {
    return JsonStatus(name, value.error());
  }
  return documents;
}

}  // namespace nekoplane::codec
