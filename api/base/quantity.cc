#include "api/base/quantity.h"

#include <array>
#include <cctype>

namespace nekoplane {

namespace {

struct Suffix {
  std::string_view name;
  __int128 numerator;
  __int128 denominator;
};

constexpr __int128 kKi = 1024;
constexpr std::array kSuffixes{
    Suffix{"Ki", kKi, 1},
    Suffix{"Mi", kKi* kKi, 1},
    Suffix{"Gi", kKi* kKi* kKi, 1},
    Suffix{"Ti", kKi* kKi* kKi* kKi, 1},
    Suffix{"Pi", kKi* kKi* kKi* kKi* kKi, 1},
    Suffix{"Ei", kKi* kKi* kKi* kKi* kKi* kKi, 1},
    Suffix{"n", 1, 1000000000},
    Suffix{"u", 1, 1000000},
    Suffix{"m", 1, 1000},
    Suffix{"k", 1000, 1},
    Suffix{"M", 1000000, 1},
    Suffix{"G", 1000000000, 1},
    Suffix{"T", 1000000000000, 1},
    Suffix{"P", 1000000000000000, 1},
    Suffix{"E", 1000000000000000000, 1},
};

Status BadQuantity(std::string_view text) {
  return MakeStatus(
      Code::kInvalid, "InvalidQuantity",
      "\"" + std::string(text) + "\" is not a quantity such as 1536Mi, 2Gi, 500m or 2");
}

// value * multiplier, rounded up.
Result<std::int64_t> Parse(std::string_view text, std::int64_t multiplier) {
  std::string_view rest = text;
  __int128 mantissa = 0, scale = 1;
  std::size_t digits = 0;
  const auto digit = [&] {
    return !rest.empty() && std::isdigit(static_cast<unsigned char>(rest.front()));
  };
  constexpr __int128 kMaxMantissa = static_cast<__int128>(INT64_MAX);
  for (; digit(); rest.remove_prefix(1), ++digits) {
    mantissa = mantissa * 10 + (rest.front() - '0');
    if (mantissa > kMaxMantissa) return BadQuantity(text);
  }
  if (!rest.empty() && rest.front() == '.') {
    rest.remove_prefix(1);
    for (; digit(); rest.remove_prefix(1), ++digits) {
      // Beyond nine decimals a digit can only round up by less than Kubernetes' own precision.
      if (scale >= 1000000000) continue;
      mantissa = mantissa * 10 + (rest.front() - '0');
      scale *= 10;
      if (mantissa > kMaxMantissa * 1000) return BadQuantity(text);
    }
  }
  if (digits == 0) return BadQuantity(text);
  __int128 numerator = 1, denominator = 1;
  if (!rest.empty() && (rest.front() == 'e' || (rest.front() == 'E' && rest.size() > 1))) {
    rest.remove_prefix(1);
    bool negative = false;
    if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
      negative = rest.front() == '-';
      rest.remove_prefix(1);
    }
    int exponent = 0;
    std::size_t exponent_digits = 0;
    for (; digit(); rest.remove_prefix(1), ++exponent_digits) {
      exponent = exponent * 10 + (rest.front() - '0');
      if (exponent > 18) return BadQuantity(text);
    }
    if (exponent_digits == 0) return BadQuantity(text);
    for (int i = 0; i < exponent; ++i) (negative ? denominator : numerator) *= 10;
  } else if (!rest.empty()) {
    const Suffix* found = nullptr;
    for (const Suffix& s : kSuffixes) {
      if (rest == s.name) found = &s;
    }
    if (found == nullptr) return BadQuantity(text);
    numerator = found->numerator;
    denominator = found->denominator;
    rest = {};
  }
  if (!rest.empty()) return BadQuantity(text);
  // The largest product checked below stays under 2^127: 2^73 mantissa is refused first.
  if (mantissa != 0 && numerator > (static_cast<__int128>(1) << 126) / mantissa / multiplier) {
    return BadQuantity(text);
  }
  const __int128 value = mantissa * numerator * multiplier;
  const __int128 divisor = scale * denominator;
  const __int128 rounded = (value + divisor - 1) / divisor;
  if (rounded > kMaxMantissa) return BadQuantity(text);
  return static_cast<std::int64_t>(rounded);
}

}  // namespace

Result<std::int64_t> ParseBytes(std::string_view quantity) { return Parse(quantity, 1); }

Result<std::int64_t> ParseMilliCores(std::string_view quantity) { return Parse(quantity, 1000); }

std::string FormatBytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 7> kNames{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  std::size_t i = 0;
  while (bytes != 0 && bytes % 1024 == 0 && i + 1 < kNames.size()) {
    bytes /= 1024;
    ++i;
  }
  return std::to_string(bytes) + std::string(kNames[i]);
}

std::string FormatMilliCores(std::int64_t milli) {
  return milli % 1000 == 0 ? std::to_string(milli / 1000) : std::to_string(milli) + "m";
}

}  // namespace nekoplane
