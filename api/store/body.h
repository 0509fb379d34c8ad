// The one thing the store knows about an object's JSON: where metadata.resourceVersion stands.
//
// Thread safety: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::store {

// Checks that `body` is one JSON object whose top-level "metadata" is a non-empty object without
// resourceVersion, and returns the offset just behind that object's '{'.
// Errors: kInvalid, reason InvalidBody, with what is wrong and where.
Result<std::size_t> FindInsertionPoint(std::string_view body);

// `body` with "resourceVersion":"<version>" as the first field of metadata.
// REQUIRES: `at` is FindInsertionPoint(body).
std::string InsertVersion(std::string_view body, std::size_t at, std::uint64_t version);

// True if InsertVersion(body, at, version) would be `bytes`, without making it.
bool EqualsWithVersion(std::string_view body, std::size_t at, std::uint64_t version,
                       std::string_view bytes);

// `bytes`, which carry `from`, with `to` in its place. Errors: kInvalid, reason InvalidBody:
// `bytes` were not made by InsertVersion(..., from).
Result<std::string> ReplaceVersion(std::string_view bytes, std::uint64_t from, std::uint64_t to);

}  // namespace nekoplane::store
