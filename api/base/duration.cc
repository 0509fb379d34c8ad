#include <array>
#include <cctype>
#include <string>

#include "api/base/clock.h"

namespace nekoplane {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanos;
};

// Longest names first, so that "ms" is not read as "m".
constexpr std::array kUnits{Unit{"ns", 1},           Unit{"us", 1000},      Unit{"\xc2\xb5s", 1000},
                            Unit{"ms", 1000000},     Unit{"s", 1000000000}, Unit{"m", 60000000000},
                            Unit{"h", 3600000000000}};

Status BadDuration(std::string_view text) {
  return MakeStatus(Code::kInvalid, "InvalidDuration",
                    "\"" + std::string(text) + "\" is not a duration such as 90s, 10m or 1h30m");
}

}  // namespace

Result<Duration> ParseDuration(std::string_view text) {
  if (text.empty()) return Duration::zero();
  if (text == "0") return Duration::zero();
  std::string_view rest = text;
  bool negative = false;
  if (rest.front() == '-' || rest.front() == '+') {
    negative = rest.front() == '-';
    rest.remove_prefix(1);
  }
  if (rest.empty()) return BadDuration(text);
  // Sums in 128 bits: nothing can overflow before it is checked.
  __int128 total = 0;
  constexpr __int128 kMax = INT64_MAX;
  while (!rest.empty()) {
    __int128 whole = 0, fraction = 0, scale = 1;
    std::size_t digits = 0;
    while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.front()))) {
      whole = whole * 10 + (rest.front() - '0');
      if (whole > kMax) return BadDuration(text);
      rest.remove_prefix(1), ++digits;
    }
    if (!rest.empty() && rest.front() == '.') {
      rest.remove_prefix(1);
      while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest.front()))) {
        if (scale < 1000000000000000) fraction = fraction * 10 + (rest.front() - '0'), scale *= 10;
        rest.remove_prefix(1), ++digits;
      }
    }
    if (digits == 0) return BadDuration(text);
    const Unit* unit = nullptr;
    for (const Unit& u : kUnits) {
      if (rest.starts_with(u.name)) {
        unit = &u;
        break;
      }
    }
    if (unit == nullptr) return BadDuration(text);
    rest.remove_prefix(unit->name.size());
    total += whole * unit->nanos + fraction * unit->nanos / scale;
    if (total > kMax) return BadDuration(text);
  }
  return Duration(static_cast<std::int64_t>(negative ? -total : total));
}

std::string FormatDuration(Duration d) {
  std::int64_t n = d.count();
  if (n == 0) return "0s";
  std::string out;
  if (n < 0) {
    out = "-";
    if (n == INT64_MIN) ++n;
    n = -n;
  }
  const auto part = [&](std::int64_t unit, const char* name) {
    if (n / unit > 0) out += std::to_string(n / unit) + name;
    n %= unit;
  };
  part(3600000000000, "h");
  part(60000000000, "m");
  part(1000000000, "s");
  part(1000000, "ms");
  part(1000, "us");
  part(1, "ns");
  return out;
}

// The breakpoints are those of apimachinery's duration.HumanDuration.
std::string HumanDuration(Duration d) {
  const std::int64_t s = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  const auto pair = [](std::int64_t a, const char* an, std::int64_t b, const char* bn) {
    return std::to_string(a) + an + (b == 0 ? "" : std::to_string(b) + bn);
  };
  if (s < 120) return std::to_string(s) + "s";
  const std::int64_t m = s / 60;
  if (m < 10) return pair(m, "m", s % 60, "s");
  if (m < 180) return std::to_string(m) + "m";
  const std::int64_t h = m / 60;
  if (h < 8) return pair(h, "h", m % 60, "m");
  if (h < 48) return std::to_string(h) + "h";
  const std::int64_t days = h / 24;
  if (h < 192) return pair(days, "d", h % 24, "h");
  if (days < 365 * 2) return std::to_string(days) + "d";
  if (days < 365 * 8) return pair(days / 365, "y", days % 365, "d");
  return std::to_string(days / 365) + "y";
}

}  // namespace nekoplane
