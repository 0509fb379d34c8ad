#include "controller/runtime/docker/engine_errors.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "controller/runtime/docker/engine_json.h"

namespace nekoplane::runtime::docker {
namespace {

constexpr std::size_t kMaxMessage = 400;
constexpr std::string_view kCut = "...";

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string OneLine(std::string text) {
  if (text.size() > kMaxMessage) {
    std::size_t end = kMaxMessage - kCut.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
      --end;  // whole letters
    text.resize(end);
    text += kCut;
  }
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

struct Known {
  std::string_view fragment;  // lower case
  Code code;
  const char* reason;
};

// What Docker 20.10 to 29 and Podman say when a container cannot start or be made. Order matters:
// the first match wins.
constexpr Known kKnown[] = {
    {"port is already allocated", Code::kConflict, "PortInUse"},
    {"address already in use", Code::kConflict, "PortInUse"},
    {"ports are not available", Code::kConflict, "PortInUse"},
    {"no space left on device", Code::kInsufficientCapacity, "DiskFull"},
    {"disk quota exceeded", Code::kInsufficientCapacity, "DiskFull"},
    {"cannot allocate memory", Code::kInsufficientCapacity, "OutOfMemory"},
    {"could not select device driver", Code::kInvalid, "GpuNotAvailable"},
    {"error gathering device information", Code::kInvalid, "DeviceNotFound"},
    {"marked for removal", Code::kUnavailable, "RemovalInProgress"},
    {"removal of container", Code::kUnavailable, "RemovalInProgress"},
};

const Known* FindKnown(const std::string& lower) {
  for (const Known& known : kKnown) {
    if (lower.find(known.fragment) != std::string::npos) return &known;
  }
  return nullptr;
}

bool Says(const std::string& lower, std::string_view part) {
  return lower.find(part) != std::string::npos;
}

// A 404 alone proves nothing: a proxy, a wrong path or another server answers so, too. "Gone" is
// believed only in the engine's own words about that kind of thing.
bool SaysGone(const std::string& lower, std::string_view kind) {
  return Says(lower, "no such " + std::string(kind)) ||
         (Says(lower, kind) && (Says(lower, "not found") || Says(lower, "not known")));
}

Status NotFound(Ask ask, const std::string& lower, std::string message) {
  switch (ask) {
    case Ask::kCreate:
      if (SaysGone(lower, "image")) return {Code::kNotFound, "ImageNotFound", std::move(message)};
      if (SaysGone(lower, "network") || SaysGone(lower, "volume") || SaysGone(lower, "plugin")) {
        return {Code::kInvalid, "CreateRefused", std::move(message)};
      }
      break;
    case Ask::kStart:
      if (SaysGone(lower, "container")) return {Code::kUnavailable, "Vanished", std::move(message)};
      break;
    case Ask::kImage:
      if (SaysGone(lower, "image")) return {Code::kNotFound, "ImageNotFound", std::move(message)};
      break;
    case Ask::kVolume:
      if (SaysGone(lower, "volume")) return {Code::kNotFound, "NoSuchVolume", std::move(message)};
      break;
    case Ask::kContainer:
    case Ask::kRemove:
      if (SaysGone(lower, "container")) {
        return {Code::kNotFound, "NoSuchContainer", std::move(message)};
      }
      break;
    case Ask::kEngine:
      break;
  }
  return {Code::kUnavailable, "NotAnEngine", std::move(message)};
}

// The engine's own sentence: the member "message" of a JSON object. "" if the body is anything
// else.
std::string OwnWords(std::string_view body) {
  const auto json = ParseJson(body, "error");
  if (!json) return "";
  auto message = GetStringOr(*json, "message", "", "error");
  return message ? std::move(*message) : "";
}

}  // namespace

std::string EngineMessage(std::string_view body) {
  std::string words = OwnWords(body);
  return OneLine(words.empty() ? std::string(body.substr(0, kMaxMessage)) : std::move(words));
}

Status MapEngineError(Ask ask, int http_status, std::string_view body) {
  const std::string said = EngineMessage(body);
  const std::string lower = Lower(OwnWords(body));
  std::string message = "the container engine answered " + std::to_string(http_status) +
                        (said.empty() ? "" : ": " + said);
  if (Says(lower, "client version")) {
    // Another engine than the one we negotiated with: the next call negotiates anew.
    return {Code::kUnavailable, "ApiVersionChanged", std::move(message)};
  }
  if (http_status == 404) return NotFound(ask, lower, std::move(message));
  if (const Known* known = FindKnown(lower)) {
    return {known->code, known->reason, std::move(message)};
  }
  switch (http_status) {
    case 400:
      return {Code::kInvalid, "RefusedByEngine", std::move(message)};
    case 401:
    case 403:
      return {Code::kForbidden, "RefusedByEngine", std::move(message)};
    case 409:
      if (ask == Ask::kVolume) return {Code::kConflict, "VolumeInUse", std::move(message)};
      if (ask == Ask::kCreate) return {Code::kAlreadyExists, "NameTaken", std::move(message)};
      return {Code::kConflict, "RefusedByEngine", std::move(message)};
    case 429:
      return {Code::kTooManyRequests, "EngineBusy", std::move(message)};
    default:
      return {Code::kUnavailable, "EngineError", std::move(message)};
  }
}

Status MapPullError(std::string_view message) {
  const std::string said = OneLine(std::string(message.substr(0, 2 * kMaxMessage)));
  const std::string lower = Lower(said);
  std::string text = "the image cannot be pulled: " + said;
  const auto says = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
  if (says("no space left on device")) {
    return {Code::kInsufficientCapacity, "DiskFull", std::move(text)};
  }
  // Registries answer "denied" for what does not exist, too.
  if (says("unauthorized") || says("denied") || says("authentication required")) {
    return {Code::kForbidden, "PullDenied", std::move(text)};
  }
  if (says("manifest unknown") || says("not found") || says("no matching manifest") ||
      says("name unknown")) {
    return {Code::kNotFound, "ImageNotFound", std::move(text)};
  }
  return {Code::kUnavailable, "PullFailed", std::move(text)};
}

}  // namespace nekoplane::runtime::docker
