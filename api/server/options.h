// The query parameters of Kubernetes' requests as values. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/base/result.h"
#include "api/codec/selector.h"
#include "api/http/message.h"
#include "api/registry/registry.h"
#include "api/server/router.h"

namespace nekoplane::server {

enum class VersionMatch { kUnset, kNotOlderThan, kExact };

struct ListOptions {
  codec::LabelSelector labels;
  codec::FieldSelector fields;
  std::uint64_t limit = 0;  // 0 = all
  std::string continue_token;
  std::optional<std::uint64_t> version;  // absent: "" ; 0: any
  VersionMatch match = VersionMatch::kUnset;
  // Watches only.
  std::optional<bool> send_initial_events;
  bool bookmarks = false;
  std::optional<std::uint64_t> timeout_seconds;
};

// Errors: kInvalid, as upstream: 400 for what cannot be read, 422 for what makes no sense together.
Result<ListOptions> ParseListOptions(const http::Request& request, bool watch);

// resourceVersion of a single GET; absent = newest. Errors: kInvalid (400).
Result<std::optional<std::uint64_t>> ParseVersion(const std::string* text);

// dryRun and fieldValidation. Errors: kInvalid (422).
Result<registry::WriteOptions> ParseWriteOptions(const http::Request& request);

registry::Subresource SubresourceOf(const Route& route);

// Where a page ended. version -1: the snapshot is gone, go on with whatever is there now.
struct ContinueToken {
  std::int64_t version = 0;
  std::string ns, name;  // the last object that was returned
};

std::string EncodeContinue(const ContinueToken& token);
// Errors: kInvalid (400).
Result<ContinueToken> DecodeContinue(const std::string& text);

}  // namespace nekoplane::server
