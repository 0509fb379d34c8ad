#include "api/http/response_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "api/http/ascii.h"

namespace nekoplane::http {
namespace {

void AppendNumber(std::string& out, std::size_t value) {
  std::array<char, 20> digits;
  const auto [end, ec] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  (void)ec;  // 20 digits hold any 64 bit number
  out.append(digits.data(), end);
}

void AppendTwoDigits(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
void AppendDate(std::string& out, WallTime now) {
  static constexpr char kDays[] = "SunMonTueWedThuFriSat";
  static constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto days = std::chrono::floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - days));
  out.append(kDays + 3 * std::chrono::weekday(days).c_encoding(), 3) += ", ";
  AppendTwoDigits(out, static_cast<unsigned>(date.day()));
  out += ' ';
  out.append(kMonths + 3 * (static_cast<unsigned>(date.month()) - 1), 3) += ' ';
  AppendNumber(out, static_cast<std::size_t>(std::max(0, static_cast<int>(date.year()))));
  out += ' ';
  AppendTwoDigits(out, static_cast<unsigned>(time.hours().count()));
  out += ':';
  AppendTwoDigits(out, static_cast<unsigned>(time.minutes().count()));
  out += ':';
  AppendTwoDigits(out, static_cast<unsigned>(time.seconds().count()));
  out += " GMT";
}

bool IsOurs(std::string_view name) {
  for (const std::string_view ours :
       {"Content-Length", "Connection", "Date", "Transfer-Encoding"}) {
    if (EqualsIgnoreCase(name, ours)) return true;
  }
  return false;
}

// A value that came from a request must not be able to end its line.
void AppendText(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out += text;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), IsControl, ' ');
}

}  // namespace

bool StatusHasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

std::string FormatHead(int status, const Headers& headers, const HeadOptions& options,
                       WallTime now) {
  std::string out;
  out.reserve(256);
  out += options.http10 ? "HTTP/1.0 " : "HTTP/1.1 ";
  AppendNumber(out, static_cast<std::size_t>(std::clamp(status, 100, 999)));
  out += ' ';
  out += ReasonPhrase(status);
  out += "\r\nDate: ";
  AppendDate(out, now);
  out += "\r\n";
  for (const auto& [name, value] : headers) {
    if (IsOurs(name)) continue;
    AppendText(out, name);
    out += ": ";
    AppendText(out, value);
    out += "\r\n";
  }
  if (options.content_length) {
    if (!StatusHasNoBody(status)) {
      out += "Content-Length: ";
      AppendNumber(out, *options.content_length);
      out += "\r\n";
    }
  } else if (!options.http10) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (!options.keep_alive) {
    out += "Connection: close\r\n";
  } else if (options.http10) {
    out += "Connection: keep-alive\r\n";
  }
  out += "\r\n";
  return out;
}

}  // namespace nekoplane::http
