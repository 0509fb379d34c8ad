#include "api/base/random.h"

#include <sys/random.h>

#include <array>
#include <cstring>
#include <vector>

#include "api/base/check.h"

namespace nekoplane {

std::uint64_t Random::Below(std::uint64_t n) {
  NEKO_CHECK(n > 0);
  // Values below 2^64 mod n would favour small results.
  const std::uint64_t reject = (0 - n) % n;
  for (;;) {
    const std::uint64_t value = Next64();
    if (value >= reject) return value % n;
  }
}

double Random::Unit() { return static_cast<double>(Next64() >> 11) * 0x1.0p-53; }

void Random::Fill(std::span<unsigned char> out) {
  for (std::size_t i = 0; i < out.size(); i += sizeof(std::uint64_t)) {
    const std::uint64_t value = Next64();
    std::memcpy(out.data() + i, &value, std::min(sizeof(value), out.size() - i));
  }
}

std::uint64_t SystemRandom::Next64() {
  std::uint64_t value = 0;
  // Eight bytes are delivered whole or not at all; only EINTR before the pool is ready can fail.
  while (getrandom(&value, sizeof(value), 0) != sizeof(value)) {
  }
  return value;
}

std::string NewUid(Random& random) {
  std::array<unsigned char, 16> b{};
  random.Fill(b);
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(36);
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += kHex[b[i] >> 4];
    out += kHex[b[i] & 15];
  }
  return out;
}

std::string NewSecret(Random& random, std::size_t bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<unsigned char> b(bytes);
  random.Fill(b);
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const unsigned char c : b) {
    bits = bits << 8 | c;
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kAlphabet[bits << (6 - count) & 63];
  return out;
}

std::string NewNameSuffix(Random& random, std::size_t length) {
  static constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string out;
  for (std::size_t i = 0; i < length; ++i) out += kAlphabet[random.Below(kAlphabet.size())];
  return out;
}

}  // namespace nekoplane
