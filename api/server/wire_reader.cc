#include "api/server/wire_reader.h"

namespace nekoplane::server {
namespace {

constexpr std::uint64_t kMaxFieldNumber = (1u << 29) - 1;

}  // namespace

std::optional<std::uint64_t> WireReader::Varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (rest_.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;  // beyond 64 bits
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

bool WireReader::Skip(std::size_t count) {
  if (rest_.size() < count) return false;
  rest_.remove_prefix(count);
  return true;
}

std::optional<WireField> WireReader::Next() {
  const auto tag = Varint();
  if (!tag) return std::nullopt;
  const std::uint64_t number = *tag >> 3;
  if (number == 0 || number > kMaxFieldNumber) return std::nullopt;
  WireField field;
  field.number = static_cast<std::uint32_t>(number);
  switch (*tag & 7) {
    case 0: {
      const auto value = Varint();
      if (!value) return std::nullopt;
      field.value = *value;
      return field;
    }
    case 1:
      field.type = WireType::kFixed64;
      if (!Skip(8)) return std::nullopt;
      return field;
    case 2: {
      const auto size = Varint();
      if (!size || *size > rest_.size()) return std::nullopt;
      field.type = WireType::kBytes;
      field.bytes = rest_.substr(0, static_cast<std::size_t>(*size));
      rest_.remove_prefix(static_cast<std::size_t>(*size));
      return field;
    }
    case 5:
      field.type = WireType::kFixed32;
      if (!Skip(4)) return std::nullopt;
      return field;
    default:
      return std::nullopt;
  }
}

}  // namespace nekoplane::server
