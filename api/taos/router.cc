#include "api/taos/router.h"

namespace nekoplane::taos {
namespace {

constexpr std::string_view kSessions = "/api/browser/sessions";
constexpr std::string_view kNodes = "/api/browser/nodes";
constexpr std::string_view kExplain = "/api/browser/nodes/explain";
constexpr std::string_view kTerminate = "/terminate";

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

RouteMatch Only(std::string_view method, const char* allowed, Route route) {
  RouteMatch match;
  match.allow = allowed;
  if (method == allowed) match.route = route;
  return match;
}

}  // namespace

RouteMatch MatchRoute(std::string_view method, std::string_view path) {
  if (path == kNodes) return Only(method, "GET", Route::kListNodes);
  if (path == kExplain) return Only(method, "POST", Route::kExplain);
  if (path == kSessions) {
    RouteMatch match;
    match.allow = "GET, POST";
    if (method == "GET") match.route = Route::kListSessions;
    if (method == "POST") match.route = Route::kCreateSession;
    return match;
  }
  if (path.size() <= kSessions.size() + 1 || path.substr(0, kSessions.size()) != kSessions ||
      path[kSessions.size()] != '/') {
    return {};
  }
  std::string_view rest = path.substr(kSessions.size() + 1);
  const bool terminate = EndsWith(rest, kTerminate);
  if (terminate) rest.remove_suffix(kTerminate.size());
  if (rest.empty() || rest.find('/') != std::string_view::npos) return {};
  RouteMatch match = terminate ? Only(method, "POST", Route::kTerminateSession)
                               : Only(method, "GET", Route::kGetSession);
  match.id = rest;
  return match;
}

}  // namespace nekoplane::taos
