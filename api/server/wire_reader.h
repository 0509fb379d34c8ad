// Reads protobuf's wire format field by field without ever looking past the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nekoplane::server {

enum class WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;  // kVarint; fixed-size values are skipped
  std::string_view bytes;   // kBytes; a view into the input
};

class WireReader {
 public:
  explicit WireReader(std::string_view input) : rest_(input) {}

  bool done() const { return rest_.empty(); }

  // The next field; nullopt if the bytes are no protobuf (groups and field number 0 included).
  std::optional<WireField> Next();

 private:
  std::optional<std::uint64_t> Varint();
  bool Skip(std::size_t count);

  std::string_view rest_;
};

}  // namespace nekoplane::server
