// Reading an engine's JSON without believing it: every wrong type, missing member or broken text is
// kUnavailable (reason BadReply), since an answer that makes no sense is no answer.
//
// Only for .cc files of this folder: it brings in nlohmann/json.hpp.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::runtime::docker {

using Json = nlohmann::json;

Status BadReply(std::string_view what);

// Parses at most 64 levels deep.
Result<Json> ParseJson(std::string_view text, std::string_view what);

// The member `key` of an object; an error if it is absent or of another type.
Result<std::string> GetString(const Json& object, const char* key, std::string_view what);
Result<std::int64_t> GetInt(const Json& object, const char* key, std::string_view what);
// Absent and null are false and "".
Result<bool> GetBoolOr(const Json& object, const char* key, bool fallback, std::string_view what);
Result<std::string> GetStringOr(const Json& object, const char* key, std::string fallback,
                                std::string_view what);
// The object member `key`; absent and null are an empty object.
Result<const Json*> GetObject(const Json& object, const char* key, std::string_view what);

}  // namespace nekoplane::runtime::docker
