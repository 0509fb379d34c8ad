// What can become of one effect: a commit, or a call of an engine.
#pragma once

#include <functional>
#include <string_view>

namespace nekoplane::sim {

enum class Fate {
  kLive,
  kSlow,       // happens, after others had much time
  kFail,       // refused: nothing happens, and the caller is told so
  kLoseReply,  // happens, but the caller is told that it failed
  kDieBefore,  // nekoplane is killed just before it,
  kDieAfter,   // or just after it,
  kDieLate,    // or just before it, but the request was already on its way and arrives some day
};

// Where in the program: both are literals.
struct Point {
  std::string_view actor;   // "session", "api", ...
  std::string_view effect;  // "commit", "engine create", ...

  friend auto operator<=>(const Point&, const Point&) = default;
};

using Fates = std::function<Fate(const Point& point)>;

}  // namespace nekoplane::sim
