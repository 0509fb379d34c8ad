// Environment variables that nekoplane sets on every container, or that would undo what it sets.
// Neko reads the names of its version 2 with precedence over those of version 3, so both are
// refused.
#include <algorithm>
#include <array>
#include <string_view>

#include "api/registry/strategies/checks.h"

namespace nekoplane::registry {
namespace {

using namespace std::string_view_literals;

// Version 3: set by nekoplane, or deciding what Neko makes of the rest.
constexpr std::array kOwned{"NEKO_CONFIG"sv,
                            "NEKO_LEGACY"sv,
                            "NEKO_DESKTOP_SCREEN"sv,
                            "NEKO_DESKTOP_DISPLAY"sv,
                            "NEKO_SESSION_API_TOKEN"sv,
                            "NEKO_SESSION_FILE"sv,
                            "NEKO_SESSION_IMPLICIT_HOSTING"sv,
                            "NEKO_WEBRTC_EPR"sv,
                            "NEKO_WEBRTC_UDPMUX"sv,
                            "NEKO_WEBRTC_TCPMUX"sv,
                            "NEKO_WEBRTC_NAT1TO1"sv,
                            "NEKO_WEBRTC_IP_RETRIEVAL_URL"sv,
                            "NEKO_WEBRTC_ICELITE"sv};
constexpr std::array kOwnedPrefixes{"NEKO_SERVER_"sv,    "NEKO_MEMBER_"sv,
                                    "NEKO_PLUGINS_"sv,   "NEKO_SESSION_COOKIE_"sv,
                                    "NEKO_OPENINAPP_"sv, "NEKO_FILETRANSFER_"sv};

// Version 2: identity, network and behaviour.
constexpr std::array kLegacy{"NEKO_BIND"sv,
                             "NEKO_CERT"sv,
                             "NEKO_KEY"sv,
                             "NEKO_PROXY"sv,
                             "NEKO_STATIC"sv,
                             "NEKO_PATH_PREFIX"sv,
                             "NEKO_CORS"sv,
                             "NEKO_LOCKS"sv,
                             "NEKO_CONTROL_PROTECTION"sv,
                             "NEKO_IMPLICIT_CONTROL"sv,
                             "NEKO_HEARTBEAT_INTERVAL"sv,
                             "NEKO_PASSWORD"sv,
                             "NEKO_PASSWORD_ADMIN"sv,
                             "NEKO_SCREEN"sv,
                             "NEKO_DISPLAY"sv,
                             "NEKO_DEVICE"sv,
                             "NEKO_EPR"sv,
                             "NEKO_UDPMUX"sv,
                             "NEKO_TCPMUX"sv,
                             "NEKO_NAT1TO1"sv,
                             "NEKO_IPFETCH"sv,
                             "NEKO_ICELITE"sv,
                             "NEKO_ICESERVER"sv,
                             "NEKO_ICESERVERS"sv,
                             "NEKO_LOGS"sv,
                             "NEKO_FILE_TRANSFER_ENABLED"sv,
                             "NEKO_FILE_TRANSFER_PATH"sv};
// Version 2: picture and sound, which belong to the class and its hardware.
constexpr std::array kLegacyMedia{
    "NEKO_VIDEO"sv, "NEKO_VIDEO_CODEC"sv, "NEKO_VIDEO_BITRATE"sv, "NEKO_MAX_FPS"sv,
    "NEKO_HWENC"sv, "NEKO_VP8"sv,         "NEKO_VP9"sv,           "NEKO_H264"sv,
    "NEKO_AV1"sv,   "NEKO_AUDIO"sv,       "NEKO_AUDIO_CODEC"sv,   "NEKO_AUDIO_BITRATE"sv,
    "NEKO_OPUS"sv,  "NEKO_G722"sv,        "NEKO_PCMU"sv,          "NEKO_PCMA"sv};

template <std::size_t N>
bool Contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<std::string> OwnedEnvReason(std::string_view name, EnvRules rules) {
  const bool prefixed =
      std::any_of(kOwnedPrefixes.begin(), kOwnedPrefixes.end(),
                  [&](std::string_view prefix) { return name.substr(0, prefix.size()) == prefix; });
  if (prefixed || Contains(kOwned, name)) {
    return "is set by nekoplane (ports, passwords, screen and network of a session are its "
           "business); remove it from env";
  }
  if (Contains(kLegacy, name) || name.substr(0, 15) == "NEKO_BROADCAST_") {
    return "is a Neko v2 name, which would override what nekoplane sets by the v3 names; remove it "
           "from env";
  }
  if (rules == EnvRules::kSession && Contains(kLegacyMedia, name)) {
    return "is a Neko v2 name for picture or sound, which the BrowserClass decides for its "
           "hardware; remove it from env";
  }
  return std::nullopt;
}

}  // namespace nekoplane::registry
