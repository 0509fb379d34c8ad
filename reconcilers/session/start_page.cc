#include "reconcilers/session/start_page.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace nekoplane::reconcilers::session {
namespace {

using namespace std::string_view_literals;

// Chromium's family merges every file of its "managed" folder. (Opera ships without one; Firefox
// has a single file, which is the image's.)
constexpr std::array kPolicyFolders{
    std::pair{"chromium"sv, "/etc/chromium/policies/managed/"sv},
    std::pair{"ungoogled-chromium"sv, "/etc/chromium/policies/managed/"sv},
    std::pair{"google-chrome"sv, "/etc/opt/chrome/policies/managed/"sv},
    std::pair{"microsoft-edge"sv, "/etc/opt/edge/policies/managed/"sv},
    std::pair{"brave"sv, "/etc/brave/policies/managed/"sv},
    std::pair{"vivaldi"sv, "/etc/vivaldi/policies/managed/"sv},
};
constexpr int kOpenListedPages = 4;

}  // namespace

std::optional<runtime::FileToPlace> StartPageFile(std::string_view browser, std::string_view url) {
  if (url.empty() || url == "about:blank") return std::nullopt;
  for (const auto& [name, folder] : kPolicyFolders) {
    if (name != browser) continue;
    const nlohmann::json policy{{"RestoreOnStartup", kOpenListedPages},
                                {"RestoreOnStartupURLs", {std::string(url)}}};
    // Bytes that are no UTF-8 are replaced: a bad URL must not stop the browser from starting.
    return runtime::FileToPlace{
        .path = std::string(folder) + "nekoplane.json",
        .content = policy.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
        .mode = 0644};
  }
  return std::nullopt;
}

}  // namespace nekoplane::reconcilers::session
