#include "api/base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace nekoplane {

MonoTime SystemClock::Now() const {
  return MonoTime(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

WallTime SystemClock::WallNow() const {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

namespace {

struct Civil {
  int year, month, day, hour, minute, second;
  long nanos;
};

Civil ToCivil(WallTime t) {
  using std::chrono::floor;
  // In whole seconds: the day in which time begins is not representable in nanoseconds.
  const auto whole = floor<std::chrono::seconds>(t);
  const auto days = floor<std::chrono::days>(whole);
  const std::chrono::year_month_day ymd(days);
  const auto total = (whole - days).count();
  constexpr std::int64_t kSecond = 1'000'000'000;
  const auto nanos = (t.time_since_epoch().count() % kSecond + kSecond) % kSecond;
  return {int(ymd.year()),   int(unsigned(ymd.month())), int(unsigned(ymd.day())),
          int(total / 3600), int(total / 60 % 60),       int(total % 60),
          long(nanos)};
}

// Reads exactly `digits` digits at `pos`; -1 if they are not there.
int ReadDigits(std::string_view text, std::size_t& pos, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i, ++pos) {
    if (pos >= text.size() || text[pos] < '0' || text[pos] > '9') return -1;
    value = value * 10 + (text[pos] - '0');
  }
  return value;
}

bool Skip(std::string_view text, std::size_t& pos, char c) {
  if (pos >= text.size() || text[pos] != c) return false;
  ++pos;
  return true;
}

Status BadTime(std::string_view text) {
  return MakeStatus(
      Code::kInvalid, "InvalidTime",
      "\"" + std::string(text) + "\" is not an RFC 3339 time such as 2026-01-02T03:04:05Z");
}

}  // namespace

std::string FormatTime(WallTime t) {
  const Civil c = ToCivil(t);
  std::array<char, 80> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day,
                c.hour, c.minute, c.second);
  return out.data();
}

std::string FormatMicroTime(WallTime t) {
  const Civil c = ToCivil(t);
  std::array<char, 96> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", c.year, c.month,
                c.day, c.hour, c.minute, c.second, c.nanos / 1000);
  return out.data();
}

Result<WallTime> ParseTime(std::string_view text) {
  std::size_t pos = 0;
  const int year = ReadDigits(text, pos, 4);
  if (year < 0 || !Skip(text, pos, '-')) return BadTime(text);
  const int month = ReadDigits(text, pos, 2);
  if (month < 1 || month > 12 || !Skip(text, pos, '-')) return BadTime(text);
  const int day = ReadDigits(text, pos, 2);
  if (day < 1 || pos >= text.size() || (text[pos] != 'T' && text[pos] != 't')) return BadTime(text);
  ++pos;
  const int hour = ReadDigits(text, pos, 2);
  if (hour < 0 || hour > 23 || !Skip(text, pos, ':')) return BadTime(text);
  const int minute = ReadDigits(text, pos, 2);
  if (minute < 0 || minute > 59 || !Skip(text, pos, ':')) return BadTime(text);
  const int second = ReadDigits(text, pos, 2);
  if (second < 0 || second > 60) return BadTime(text);
  std::int64_t nanos = 0;
  if (pos < text.size() && text[pos] == '.') {
    ++pos;
    int digits = 0;
    while (pos < text.size() && text[pos] >= '0' && text[pos] <= '9') {
      if (digits < 9) nanos = nanos * 10 + (text[pos] - '0'), ++digits;
      ++pos;
    }
    if (digits == 0) return BadTime(text);
    for (; digits < 9; ++digits) nanos *= 10;
  }
  int offset_minutes = 0;
  if (pos < text.size() && (text[pos] == 'Z' || text[pos] == 'z')) {
    ++pos;
  } else if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) {
    const int sign = text[pos] == '+' ? 1 : -1;
    ++pos;
    const int h = ReadDigits(text, pos, 2);
    if (h < 0 || h > 23 || !Skip(text, pos, ':')) return BadTime(text);
    const int m = ReadDigits(text, pos, 2);
    if (m < 0 || m > 59) return BadTime(text);
    offset_minutes = sign * (h * 60 + m);
  } else {
    return BadTime(text);
  }
  if (pos != text.size()) return BadTime(text);
  const std::chrono::year_month_day ymd{std::chrono::year(year),
                                        std::chrono::month(unsigned(month)),
                                        std::chrono::day(unsigned(day))};
  if (!ymd.ok()) return BadTime(text);
  const auto whole = std::chrono::sys_days(ymd) + std::chrono::hours(hour) +
                     std::chrono::minutes(minute - offset_minutes) + std::chrono::seconds(second);
  // Nanoseconds since 1970 fit 64 bits from September 1677 to April 2262, whatever the offset.
  constexpr auto kMost = std::chrono::floor<std::chrono::seconds>(Duration::max());
  if (whole.time_since_epoch() >= kMost || whole.time_since_epoch() < -kMost) return BadTime(text);
  return WallTime(whole) + std::chrono::nanoseconds(nanos);
}

}  // namespace nekoplane
