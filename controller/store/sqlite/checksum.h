// A 64-bit checksum of rows. SQLite notices damage to a page's structure but not to the text in it;
// with this no changed bit is ever served.
//
// Each step is a bijection of the state, so any change within one 8-byte word is certain to show;
// others show but for one in 2^64. Not a defence against malice.
//
// Thread safety: a value type.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace nekoplane::store {

class Checksum {
 public:
  Checksum& Add(std::uint64_t word) {
    state_ ^= word;
    state_ *= 0x9e3779b97f4a7c15U;  // odd, hence invertible
    state_ ^= state_ >> 29;
    return *this;
  }

  // With the length, so that neighbours cannot trade bytes.
  Checksum& Add(std::string_view text) {
    Add(text.size());
    while (text.size() >= sizeof(std::uint64_t)) {
      Add(Word(text.data(), sizeof(std::uint64_t)));
      text.remove_prefix(sizeof(std::uint64_t));
    }
    return text.empty() ? *this : Add(Word(text.data(), text.size()));
  }

  std::uint64_t value() const { return state_; }

 private:
  // Little-endian on every machine, so that a database can move between them.
  static std::uint64_t Word(const char* data, std::size_t size) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
  }

  std::uint64_t state_ = 0x6e656b6f706c616eU;
};

}  // namespace nekoplane::store
