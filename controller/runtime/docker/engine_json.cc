#include "controller/runtime/docker/engine_json.h"

#include <limits>
#include <utility>

namespace nekoplane::runtime::docker {
namespace {

constexpr int kMaxDepth = 64;

const Json* Find(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() || it->is_null() ? nullptr : &*it;
}

Status Wrong(std::string_view what, const char* key, const char* wanted) {
  return BadReply(std::string(what) + ": \"" + key + "\" is not " + wanted);
}

// The library parses any depth, and then overflows the stack when such a value is copied.
bool TooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace

Status BadReply(std::string_view what) {
  return MakeStatus(Code::kUnavailable, "BadReply",
                    "the container engine's answer makes no sense: " + std::string(what));
}

Result<Json> ParseJson(std::string_view text, std::string_view what) {
  if (TooDeep(text)) return BadReply(std::string(what) + ": nested too deeply");
  try {
    Json value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (value.is_discarded()) return BadReply(std::string(what) + ": not JSON");
    return value;
  } catch (const std::exception& e) {
    return BadReply(std::string(what) + ": " + e.what());
  }
}

Result<std::string> GetString(const Json& object, const char* key, std::string_view what) {
  const Json* const member = Find(object, key);
  if (member == nullptr || !member->is_string()) return Wrong(what, key, "a string");
  return member->get_ref<const std::string&>();
}

Result<std::int64_t> GetInt(const Json& object, const char* key, std::string_view what) {
  const Json* const member = Find(object, key);
  if (member == nullptr || !member->is_number_integer()) return Wrong(what, key, "an integer");
  if (member->is_number_unsigned() &&
      member->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
    return Wrong(what, key, "a 64-bit integer");
  }
  return member->get<std::int64_t>();
}

Result<bool> GetBoolOr(const Json& object, const char* key, bool fallback, std::string_view what) {
  const Json* const member = Find(object, key);
  if (member == nullptr) return fallback;
  if (!member->is_boolean()) return Wrong(what, key, "a boolean");
  return member->get<bool>();
}

Result<std::string> GetStringOr(const Json& object, const char* key, std::string fallback,
                                std::string_view what) {
  if (Find(object, key) == nullptr) return fallback;
  return GetString(object, key, what);
}

Result<const Json*> GetObject(const Json& object, const char* key, std::string_view what) {
  static const Json kEmpty = Json::object();
  const Json* const member = Find(object, key);
  if (member == nullptr) return &kEmpty;
  if (!member->is_object()) return Wrong(what, key, "an object");
  return member;
}

}  // namespace nekoplane::runtime::docker
