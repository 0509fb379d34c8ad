// Which of the wrapper's routes a request means. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nekoplane::taos {

enum class Route {
  kListSessions,
  kCreateSession,
  kGetSession,
  kTerminateSession,
  kListNodes,
  kExplain
};

struct RouteMatch {
  std::optional<Route> route;  // absent: 404, or 405 if `allow` says what is allowed there
  std::string id;              // of the session, as written
  std::string allow;           // methods of that path, for the Allow header
};

RouteMatch MatchRoute(std::string_view method, std::string_view path);

}  // namespace nekoplane::taos
