#include "api/codec/json_parse.h"

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/codec/utf8.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

// Builds the value from the parser's events and stops at the first limit or, unless they are
// collected, the first repeated key.
class Builder : public json::json_sax_t {
 public:
  Builder(const ParseLimits& limits, std::vector<std::string>* duplicates)
      : limits_(limits), duplicates_(duplicates) {}

  bool null() override { return Add(nullptr); }

  bool boolean(bool value) override { return Add(value); }

  bool number_integer(number_integer_t value) override { return Add(value); }

  bool number_unsigned(number_unsigned_t value) override { return Add(value); }

  bool number_float(number_float_t value, const string_t&) override { return Add(value); }

  bool string(string_t& value) override { return Add(std::move(value)); }

  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool start_object(std::size_t) override { return Open(json::object()); }

  bool start_array(std::size_t) override { return Open(json::array()); }

  bool end_object() override { return Close(); }

  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Frame& frame = open_.back();
    if (frame.value.contains(name)) {
      frame.key = name;
      if (duplicates_ == nullptr) {
        return Fail("DuplicateField", "duplicate field \"" + Path() + "\"");
      }
      if (duplicates_->size() < kMaxDuplicates) duplicates_->push_back(Path());
    }
    frame.key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    return Fail("MalformedJson", WithoutPrefix(error.what()));
  }

  Result<json> Take() {
    if (error_) return std::move(*error_);
    return std::move(root_);
  }

 private:
  static constexpr std::size_t kMaxDuplicates = 100;

  struct Frame {
    json value;
    std::string key;  // objects: of the member being read
  };

  // "[json.exception.parse_error.101] parse error at line 1, column 3: ..." is for programmers.
  static std::string WithoutPrefix(std::string_view text) {
    const std::size_t at = text.find(" at line ");
    return std::string(at == text.npos ? text : text.substr(at + 4));
  }

  std::string Path() const {
    std::string path;
    for (const Frame& frame : open_) {
      if (frame.value.is_array()) {
        path += "[" + std::to_string(frame.value.size()) + "]";
      } else {
        if (!path.empty()) path += '.';
        path += frame.key;
      }
    }
    return path;
  }

  bool Count() {
    if (++nodes_ <= limits_.max_nodes) return true;
    return Fail("TooLarge", "more than " + std::to_string(limits_.max_nodes) + " values");
  }

  bool Open(json value) {
    if (!Count()) return false;
    if (static_cast<int>(open_.size()) >= limits_.max_depth) {
      return Fail("TooDeep",
                  "nested more than " + std::to_string(limits_.max_depth) + " levels deep");
    }
    open_.push_back({std::move(value), ""});
    return true;
  }

  bool Close() {
    json value = std::move(open_.back().value);
    open_.pop_back();
    Put(std::move(value));
    return true;
  }

  bool Add(json value) {
    if (!Count()) return false;
    Put(std::move(value));
    return true;
  }

  void Put(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.value.is_array()) {
      frame.value.push_back(std::move(value));
    } else {
      frame.value[frame.key] = std::move(value);
    }
  }

  bool Fail(std::string reason, std::string message) {
    error_ = MakeStatus(Code::kInvalid, std::move(reason), std::move(message));
    return false;
  }

  const ParseLimits& limits_;
  std::vector<std::string>* const duplicates_;
  std::vector<Frame> open_;
  json root_;
  std::size_t nodes_ = 0;
  std::optional<Status> error_;
};

}  // namespace

Result<json> ParseJson(std::string_view text, const ParseLimits& limits,
                       std::vector<std::string>* duplicates) {
  if (text.size() > limits.max_bytes) {
    return MakeStatus(Code::kInvalid, "TooLarge",
                      "longer than " + std::to_string(limits.max_bytes) + " bytes");
  }
  if (const auto at = FindInvalidUtf8(text)) {
    return MakeStatus(Code::kInvalid, "InvalidUtf8",
                      "byte " + std::to_string(*at) + " is not UTF-8");
  }
  Builder builder(limits, duplicates);
  try {
    json::sax_parse(text, &builder);
  } catch (const std::exception& error) {  // out of memory
    return MakeStatus(Code::kInvalid, "MalformedJson", error.what());
  }
  return builder.Take();
}

}  // namespace nekoplane::codec
