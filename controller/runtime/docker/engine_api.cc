#include "controller/runtime/docker/engine_api.h"

#include <time.h>

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "api/http/message.h"
#include "controller/runtime/docker/engine_json.h"

namespace nekoplane::runtime::docker {
namespace {

constexpr std::size_t kMaxStoppingAtOnce = 32;
constexpr std::size_t kMaxArchive = 8 * 1024 * 1024;

std::optional<std::pair<int, int>> ParseApiVersion(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto number = [](std::string_view digits) -> std::optional<int> {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value < 0) {
      return std::nullopt;
    }
    return value;
  };
  const auto major = number(text.substr(0, dot)), minor = number(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return std::pair(*major, *minor);
}

// "Sun, 22 Nov 2026 18:44:26 GMT"
WallTime ParseHttpDate(std::string_view text) {
  std::tm tm{};
  const std::string copy(text);
  const char* const end = strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &tm);
  if (end == nullptr) return WallTime{};
  return WallTime(std::chrono::seconds(timegm(&tm)));
}

std::string LabelFilter(const std::string& label) {
  return UrlEscape(Json{{"label", {label}}}.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string UrlEscape(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<std::string> NegotiateApiVersion(std::string_view theirs) {
  if (theirs.empty()) return std::string(kOldestApi);  // before engines told
  const auto version = ParseApiVersion(theirs);
  if (!version) return BadReply("API version \"" + std::string(theirs.substr(0, 40)) + "\"");
  if (*version < *ParseApiVersion(kOldestApi)) {
    return MakeStatus(Code::kInvalid, "EngineTooOld",
                      "the container engine speaks API " + std::string(theirs) + "; at least " +
                          std::string(kOldestApi) + " is needed: update the engine");
  }
  if (*version > *ParseApiVersion(kNewestApi)) return std::string(kNewestApi);
  // In our own digits: what they say becomes part of every URL.
  return std::to_string(version->first) + "." + std::to_string(version->second);
}

EngineApi::EngineApi(const Clock& clock, http::Client& client, EngineApiOptions options)
    : clock_(clock),
      client_(client),
      options_(std::move(options)),
      mutating_(clock, options_.mutating_calls),
      stopping_(clock, kMaxStoppingAtOnce) {}

Result<EngineApi::Ping> EngineApi::PingEngine(const Context& ctx) {
  http::ClientRequest request;
  request.url = options_.base_url + "/_ping";
  request.max_reply_bytes = 64 * 1024;
  NEKO_TRY(const http::ClientResponse response,
           client_.Do(ctx.WithTimeout(clock_, options_.read_timeout), request));
  if (response.status != 200) return MapEngineError(Ask::kEngine, response.status, response.body);
  Ping ping;
  NEKO_TRY(ping.api_version,
           NegotiateApiVersion(http::FindHeader(response.headers, "Api-Version")));
  ping.engine_time = ParseHttpDate(http::FindHeader(response.headers, "Date"));
  MutexLock lock(mu_);
  version_ = ping.api_version;
  return ping;
}

Result<std::string> EngineApi::ApiVersion(const Context& ctx) {
  {
    MutexLock lock(mu_);
    if (!version_.empty()) return version_;
  }
  NEKO_TRY(Ping ping, PingEngine(ctx));
  return std::move(ping.api_version);
}

http::ClientRequest EngineApi::MakeRequest(const Call& call, const std::string& version) const {
  http::ClientRequest request;
  request.method = call.method;
  request.url = options_.base_url + "/v" + version + call.path;
  request.body = call.body;
  request.max_reply_bytes = call.max_reply_bytes;
  if (!call.body.empty()) request.headers.emplace_back("Content-Type", call.content_type);
  return request;
}

Status EngineApi::Fail(Ask ask, const http::ClientResponse& response) {
  Status status = MapEngineError(ask, response.status, response.body);
  if (status.reason == "ApiVersionChanged") {
    MutexLock lock(mu_);
    version_.clear();
  }
  return status;
}

Result<std::string> EngineApi::Do(const Context& ctx, const Call& call) {
  const Duration timeout = call.timeout > Duration::zero() ? call.timeout : options_.read_timeout;
  const Context bounded = ctx.WithTimeout(clock_, timeout);
  NEKO_TRY(const std::string version, ApiVersion(bounded));
  NEKO_TRY(http::ClientResponse response, client_.Do(bounded, MakeRequest(call, version)));
  if (response.status >= 400) return Fail(call.ask, response);
  if (response.status / 100 != 2 && response.status != 304) {
    return BadReply("HTTP status " + std::to_string(response.status));
  }
  return std::move(response.body);
}

Result<std::string> EngineApi::DoGated(const Context& ctx, Gate& gate, const Call& call) {
  NEKO_TRY(const Gate::Pass pass, gate.Enter(ctx));
  return Do(ctx, call);
}

Result<void> EngineApi::Stream(const Context& ctx, const Call& call,
                               const std::function<bool(std::string_view)>& on_data) {
  NEKO_TRY(const std::string version, ApiVersion(ctx));
  NEKO_TRY(const http::ClientResponse response,
           client_.Stream(ctx, MakeRequest(call, version), on_data));
  if (response.status >= 400) return Fail(call.ask, response);
  return {};
}

Result<EngineVersion> EngineApi::Version(const Context& ctx) {
  NEKO_TRY(const std::string body, Do(ctx, {.ask = Ask::kEngine, .path = "/version"}));
  return ParseVersion(body);
}

Result<EngineInfo> EngineApi::Info(const Context& ctx) {
  NEKO_TRY(const std::string body, Do(ctx, {.ask = Ask::kEngine, .path = "/info"}));
  return ParseInfo(body);
}

Result<std::string> EngineApi::CreateContainer(const Context& ctx, const std::string& name,
                                               std::string body) {
  NEKO_TRY(const std::string reply, DoGated(ctx, mutating_,
                                            {.ask = Ask::kCreate,
                                             .method = "POST",
                                             .path = "/containers/create?name=" + UrlEscape(name),
                                             .body = std::move(body),
                                             .timeout = options_.write_timeout}));
  return ParseCreated(reply);
}

Result<void> EngineApi::StartContainer(const Context& ctx, const std::string& id) {
  NEKO_RETURN_IF_ERROR(DoGated(ctx, mutating_,
                               {.ask = Ask::kStart,
                                .method = "POST",
                                .path = "/containers/" + UrlEscape(id) + "/start",
                                .timeout = options_.write_timeout}));
  return {};
}

Result<void> EngineApi::StopContainer(const Context& ctx, const std::string& id, Duration timeout) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::max(timeout, Duration::zero()));
  NEKO_RETURN_IF_ERROR(DoGated(
      ctx, stopping_,
      {.ask = Ask::kContainer,
       .method = "POST",
       .path = "/containers/" + UrlEscape(id) + "/stop?t=" + std::to_string(seconds.count()),
       .timeout = seconds + options_.read_timeout}));
  return {};
}

Result<void> EngineApi::RemoveContainer(const Context& ctx, const std::string& id) {
  NEKO_RETURN_IF_ERROR(DoGated(ctx, mutating_,
                               {.ask = Ask::kRemove,
                                .method = "DELETE",
                                .path = "/containers/" + UrlEscape(id) + "?force=1&v=1",
                                .timeout = options_.write_timeout}));
  return {};
}

Result<EngineContainer> EngineApi::InspectContainer(const Context& ctx, const std::string& id) {
  NEKO_TRY(const std::string body,
           Do(ctx, {.ask = Ask::kContainer, .path = "/containers/" + UrlEscape(id) + "/json"}));
  return ParseInspect(body);
}

Result<std::vector<EngineContainer>> EngineApi::ListContainers(const Context& ctx,
                                                               const std::string& label) {
  NEKO_TRY(const std::string body,
           Do(ctx, {.ask = Ask::kEngine,
                    .path = "/containers/json?all=1&filters=" + LabelFilter(label)}));
  return ParseList(body);
}

Result<void> EngineApi::PutArchive(const Context& ctx, const std::string& id, std::string archive) {
  if (archive.size() > kMaxArchive) {
    return MakeStatus(Code::kInvalid, "FilesTooLarge", "the files to place are over 8 MiB");
  }
  NEKO_RETURN_IF_ERROR(DoGated(
      ctx, mutating_,
      {.ask = Ask::kStart,
       .method = "PUT",
       .path = "/containers/" + UrlEscape(id) + "/archive?path=%2F&noOverwriteDirNonDir=true",
       .body = std::move(archive),
       .content_type = "application/x-tar",
       .timeout = options_.write_timeout}));
  return {};
}

Result<std::string> EngineApi::Logs(const Context& ctx, const std::string& id, int tail_lines) {
  return Do(ctx, {.ask = Ask::kContainer,
                  .path = "/containers/" + UrlEscape(id) +
                          "/logs?stdout=1&stderr=1&tail=" + std::to_string(tail_lines)});
}

Result<EngineVolume> EngineApi::CreateVolume(const Context& ctx, std::string body) {
  NEKO_TRY(const std::string reply, DoGated(ctx, mutating_,
                                            {.ask = Ask::kEngine,
                                             .method = "POST",
                                             .path = "/volumes/create",
                                             .body = std::move(body),
                                             .timeout = options_.write_timeout}));
  return ParseVolume(reply);
}

Result<EngineVolume> EngineApi::InspectVolume(const Context& ctx, const std::string& name) {
  NEKO_TRY(const std::string body,
           Do(ctx, {.ask = Ask::kVolume, .path = "/volumes/" + UrlEscape(name)}));
  return ParseVolume(body);
}

Result<std::vector<EngineVolume>> EngineApi::ListVolumes(const Context& ctx,
                                                         const std::string& label) {
  NEKO_TRY(const std::string body,
           Do(ctx, {.ask = Ask::kEngine, .path = "/volumes?filters=" + LabelFilter(label)}));
  return ParseVolumes(body);
}

Result<void> EngineApi::RemoveVolume(const Context& ctx, const std::string& name) {
  NEKO_RETURN_IF_ERROR(DoGated(ctx, mutating_,
                               {.ask = Ask::kVolume,
                                .method = "DELETE",
                                .path = "/volumes/" + UrlEscape(name),
                                .timeout = options_.write_timeout}));
  return {};
}

Result<std::string> EngineApi::ImageId(const Context& ctx, const std::string& image) {
  // The reference is part of the path, slashes included; engines take it unescaped.
  std::string path = "/images/";
  for (const char c : image)
    path += c == '/' || c == ':' || c == '@' ? std::string(1, c) : UrlEscape({&c, 1});
  NEKO_TRY(const std::string body, Do(ctx, {.ask = Ask::kImage, .path = path + "/json"}));
  return ParseImage(body);
}

Result<void> EngineApi::Pull(const Context& ctx, const std::string& repository,
                             const std::string& tag,
                             const std::function<bool(std::string_view)>& on_data) {
  return Stream(
      ctx,
      {.ask = Ask::kImage,
       .method = "POST",
       .path = "/images/create?fromImage=" + UrlEscape(repository) + "&tag=" + UrlEscape(tag)},
      on_data);
}

Result<void> EngineApi::Events(const Context& ctx, const std::string& label, WallTime since,
                               const std::function<bool(std::string_view)>& on_data) {
  const Json filters = {{"type", {"container"}}, {"label", {label}}};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since.time_since_epoch()).count();
  std::string path =
      "/events?filters=" + UrlEscape(filters.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (seconds > 0) path += "&since=" + std::to_string(seconds);
  return Stream(ctx, {.ask = Ask::kEngine, .path = std::move(path)}, on_data);
}

}  // namespace nekoplane::runtime::docker
