#include "api/codec/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

namespace nekoplane::codec {
namespace {

using nlohmann::json;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool AllDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

std::string_view WithoutSign(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

// [0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)? or \.[0-9]+(...)?, without the sign; digits alone do not
// count.
bool IsFloat(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - start;
  };
  const std::size_t whole = digits();
  bool special = false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    special = true;
    if (digits() == 0 && whole == 0) return false;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    special = true;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return special && at == text.size();
}

template <std::size_t N>
bool OneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Status Unfit(std::string_view text, std::string_view why) {
  return MakeStatus(Code::kInvalid, "BadScalar", std::string(text) + " " + std::string(why));
}

Result<json> Integer(std::string_view text) {
  const std::string_view digits = WithoutSign(text);
  if (digits.size() > 1 && digits[0] == '0') {
    return Unfit(text,
                 "has leading zeros: put it in quotes if it is text, drop them if it is a number");
  }
  if (text[0] == '+') text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  if (text[0] == '-') {
    std::int64_t value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc()) return json(value);
  } else {
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), end, value).ec == std::errc()) return json(value);
  }
  return Unfit(text, "does not fit in 64 bits: put it in quotes if it is text");
}

Result<json> Float(std::string_view text) {
  std::string_view number = text;
  if (number[0] == '+') number.remove_prefix(1);
  double value = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value);
  if (parsed.ec != std::errc() || !std::isfinite(value)) {
    return Unfit(text, "is out of range: put it in quotes if it is text");
  }
  return json(value);
}

// Dates, times, other bases, digit groups: whatever starts like a number and is made of what
// numbers are made of anywhere.
bool LooksLikeANumber(std::string_view text) {
  const std::string_view rest = WithoutSign(text);
  if (rest.empty()) return true;
  if (!IsDigit(rest[0]) && rest[0] != '.') return false;
  return std::all_of(rest.begin(), rest.end(), [](char c) {
    return std::isxdigit(static_cast<unsigned char>(c)) != 0 ||
           std::string_view(".:-+_xXoOtTzZ ").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<json> ResolvePlainScalar(std::string_view text) {
  static constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
  static constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
  static constexpr std::array<std::string_view, 6> kNotFinite{".inf", ".Inf", ".INF",
                                                              ".nan", ".NaN", ".NAN"};
  if (OneOf(text, kNulls)) return json(nullptr);
  if (OneOf(text, kTrue)) return json(true);
  if (OneOf(text, kFalse)) return json(false);
  const std::string_view unsigned_text = WithoutSign(text);
  if (AllDigits(unsigned_text)) return Integer(text);
  if (IsFloat(unsigned_text)) return Float(text);
  if (OneOf(unsigned_text, kNotFinite)) return Unfit(text, "is not a number that JSON can hold");
  return json(std::string(text));
}

bool NeedsQuotes(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kWords{
      "null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", "<<"};
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return true;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static constexpr std::array<std::string_view, 2> kNotFinite{".inf", ".nan"};
  if (OneOf(lower, kWords) || OneOf(WithoutSign(lower), kNotFinite)) return true;
  if (LooksLikeANumber(text)) return true;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`=").find(text[0]) != std::string_view::npos)
    return true;
  if (text.substr(0, 3) == "---" || text.substr(0, 3) == "...") return true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // Beyond ASCII lie byte order marks and line separators; quoting all of it is simplest.
    if (c < 0x20 || c >= 0x7F) return true;
    if (c == ':' && text[i + 1] == ' ') return true;
    if (c == '#' && text[i - 1] == ' ') return true;
  }
  return false;
}

}  // namespace nekoplane::codec
