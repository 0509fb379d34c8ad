// Hand-made protobuf for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nekoplane::server::testing {

class Pb {
 public:
  Pb& Bytes(int field, std::string_view value) {
    Varint(static_cast<std::uint64_t>(field) << 3 | 2);
    Varint(value.size());
    out_.append(value);
    return *this;
  }

  Pb& Number(int field, std::uint64_t value) {
    Varint(static_cast<std::uint64_t>(field) << 3);
    Varint(value);
    return *this;
  }

  Pb& Raw(std::string_view bytes) {
    out_.append(bytes);
    return *this;
  }

  std::string Take() const { return out_; }

 private:
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }

  std::string out_;
};

// runtime.Unknown around a message.
inline std::string Envelope(std::string_view api_version, std::string_view kind,
                            std::string_view raw) {
  return std::string("k8s\0", 4) + Pb().Bytes(1, Pb().Bytes(1, api_version).Bytes(2, kind).Take())
                                       .Bytes(2, raw)
                                       .Bytes(3, "")
                                       .Bytes(4, "")
                                       .Take();
}

}  // namespace nekoplane::server::testing
