#include "api/server/options.h"

#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::optional<std::uint64_t>> NumberParam(const http::Request& request, const char* name) {
  const std::string* text = request.param(name);
  if (text == nullptr || text->empty()) return std::optional<std::uint64_t>();
  const auto value = ParseNumber(*text);
  if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return BadRequest("invalid value \"" + *text + "\" for query parameter " + name +
                      ": must be a non-negative integer");
  }
  return value;
}

// A selector that does not parse is a bad request, whoever found out.
template <class T>
Result<T> ParseSelector(const http::Request& request, const char* name) {
  const std::string* text = request.param(name);
  auto parsed = T::Parse(text == nullptr ? std::string_view() : std::string_view(*text));
  if (!parsed) return BadRequest(parsed.error().message);
  return parsed;
}

Result<void> CheckMatch(const ListOptions& options, bool watch) {
  if (options.match == VersionMatch::kUnset) {
    if (options.send_initial_events) {
      return ForbiddenFieldError(
          "sendInitialEvents", watch ? "sendInitialEvents requires setting resourceVersionMatch to "
                                       "NotOlderThan"
                                     : "sendInitialEvents is forbidden for list");
    }
    return {};
  }
  if (watch) {
    if (!options.send_initial_events) {
      return ForbiddenFieldError(
          "resourceVersionMatch",
          "resourceVersionMatch is forbidden for watch unless sendInitialEvents "
          "is provided");
    }
    if (options.match != VersionMatch::kNotOlderThan) {
      return UnsupportedValueError("resourceVersionMatch", "Exact", {"NotOlderThan"});
    }
    return {};
  }
  if (options.send_initial_events) {
    return ForbiddenFieldError("sendInitialEvents", "sendInitialEvents is forbidden for list");
  }
  if (!options.version) {
    return ForbiddenFieldError(
        "resourceVersionMatch",
        "resourceVersionMatch is forbidden unless resourceVersion is provided");
  }
  if (!options.continue_token.empty()) {
    return ForbiddenFieldError("resourceVersionMatch",
                               "resourceVersionMatch is forbidden when continue is provided");
  }
  if (options.match == VersionMatch::kExact && *options.version == 0) {
    return ForbiddenFieldError(
        "resourceVersionMatch",
        "resourceVersionMatch \"Exact\" is forbidden for resourceVersion \"0\"");
  }
  return {};
}

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Base64Url(std::string_view in) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : in) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += kAlphabet[(bits >> (have - 6)) & 63];
  }
  if (have > 0) out += kAlphabet[(bits << (6 - have)) & 63];
  return out;
}

std::optional<std::string> UnBase64Url(std::string_view in) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  while (!in.empty() && in.back() == '=') in.remove_suffix(1);
  for (const char c : in) {
    const std::size_t value = std::string_view(kAlphabet, 64).find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>((bits >> have) & 255);
    }
  }
  return out;
}

}  // namespace

Result<std::optional<std::uint64_t>> ParseVersion(const std::string* text) {
  if (text == nullptr || text->empty()) return std::optional<std::uint64_t>();
  const auto value = ParseNumber(*text);
  if (!value)
    return BadRequest("invalid resource version \"" + *text + "\": must be a decimal number");
  return value;
}

Result<ListOptions> ParseListOptions(const http::Request& request, bool watch) {
  ListOptions options;
  NEKO_TRY(options.labels, ParseSelector<codec::LabelSelector>(request, "labelSelector"));
  NEKO_TRY(options.fields, ParseSelector<codec::FieldSelector>(request, "fieldSelector"));
  NEKO_TRY(const auto limit, NumberParam(request, "limit"));
  NEKO_TRY(options.timeout_seconds, NumberParam(request, "timeoutSeconds"));
  NEKO_TRY(options.version, ParseVersion(request.param("resourceVersion")));
  options.limit = limit.value_or(0);
  if (const std::string* token = request.param("continue")) options.continue_token = *token;
  if (const std::string* match = request.param("resourceVersionMatch"); match && !match->empty()) {
    if (*match == "NotOlderThan") {
      options.match = VersionMatch::kNotOlderThan;
    } else if (*match == "Exact") {
      options.match = VersionMatch::kExact;
    } else {
      return UnsupportedValueError("resourceVersionMatch", *match, {"Exact", "NotOlderThan"});
    }
  }
  if (const std::string* initial = request.param("sendInitialEvents");
      initial && !initial->empty()) {
    options.send_initial_events = FlagParam(request, "sendInitialEvents");
  }
  options.bookmarks = FlagParam(request, "allowWatchBookmarks");
  NEKO_RETURN_IF_ERROR(CheckMatch(options, watch));
  if (!watch && !options.continue_token.empty() && options.version.value_or(0) != 0) {
    return BadRequest("specifying resource version is not allowed when using continue");
  }
  return options;
}

Result<registry::WriteOptions> ParseWriteOptions(const http::Request& request) {
  registry::WriteOptions options;
  for (const auto& [name, value] : request.query) {
    if (name != "dryRun" || value.empty()) continue;
    if (value != "All") return UnsupportedValueError("dryRun", value, {"All"});
    options.dry_run = true;
  }
  const std::string* mode = request.param("fieldValidation");
  if (mode == nullptr || mode->empty() || *mode == "Warn") return options;
  if (*mode == "Strict") {
    options.field_validation = registry::FieldValidation::kStrict;
  } else if (*mode == "Ignore") {
    options.field_validation = registry::FieldValidation::kIgnore;
  } else {
    return UnsupportedValueError("fieldValidation", *mode, {"Ignore", "Strict", "Warn"});
  }
  return options;
}

registry::Subresource SubresourceOf(const Route& route) {
  return route.subresource == "status" ? registry::Subresource::kStatus
                                       : registry::Subresource::kNone;
}

std::string EncodeContinue(const ContinueToken& token) {
  // Names hold neither quotes nor slashes, so this is valid JSON and splits again.
  return Base64Url("{\"v\":\"meta.k8s.io/v1\",\"rv\":" + std::to_string(token.version) +
                   ",\"start\":\"" + token.ns + "/" + token.name + "\"}");
}

Result<ContinueToken> DecodeContinue(const std::string& text) {
  const Status bad = BadRequest("invalid continue token");
  const auto plain = UnBase64Url(text);
  if (!plain) return bad;
  std::string_view rest = *plain;
  constexpr std::string_view kHead = "{\"v\":\"meta.k8s.io/v1\",\"rv\":";
  constexpr std::string_view kMiddle = ",\"start\":\"";
  constexpr std::string_view kTail = "\"}";
  if (!rest.starts_with(kHead) || !rest.ends_with(kTail)) return bad;
  rest.remove_prefix(kHead.size());
  if (rest.size() < kTail.size()) return bad;
  rest.remove_suffix(kTail.size());
  const std::size_t middle = rest.find(kMiddle);
  if (middle == std::string_view::npos) return bad;
  ContinueToken token;
  const std::string_view number = rest.substr(0, middle);
  const auto [end, ec] =
      std::from_chars(number.data(), number.data() + number.size(), token.version);
  const bool number_ok = ec == std::errc() && end == number.data() + number.size();
  if (!number_ok || token.version < -1 || token.version == 0) return bad;
  const std::string_view start = rest.substr(middle + kMiddle.size());
  const std::size_t slash = start.find('/');
  if (slash == std::string_view::npos) return bad;
  token.ns = std::string(start.substr(0, slash));
  token.name = std::string(start.substr(slash + 1));
  return token;
}

}  // namespace nekoplane::server
