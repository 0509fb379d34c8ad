#include "api/http/target.h"

#include <algorithm>
#include <cstdint>

#include "api/http/ascii.h"

namespace nekoplane::http {
namespace {

Status Bad(std::string message) {
  return MakeStatus(Code::kInvalid, "BadRequestTarget", std::move(message));
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decoded text ends up in JSON, logs and stored objects: none of them can carry these bytes.
Result<std::string> DecodeText(std::string_view text, bool plus_is_space) {
  NEKO_TRY(std::string decoded, PercentDecode(text, plus_is_space));
  if (decoded.find('\0') != std::string::npos) return Bad("the URL contains a NUL character");
  if (!IsUtf8(decoded)) return Bad("the URL is not UTF-8");
  return decoded;
}

bool HasDotSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(end);
  }
  return false;
}

Result<Target> ParseOriginForm(std::string_view text) {
  Target target;
  const std::size_t mark = text.find('?');
  NEKO_TRY(target.path, DecodeText(text.substr(0, mark), false));
  if (std::any_of(target.path.begin(), target.path.end(), IsControl)) {
    return Bad("the URL path contains a control character");
  }
  if (HasDotSegment(target.path)) return Bad("the URL path contains a '.' or '..' segment");
  std::string_view rest = mark == std::string_view::npos ? "" : text.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    NEKO_TRY(std::string key, DecodeText(pair.substr(0, equals), true));
    NEKO_TRY(std::string value, DecodeText(pair.substr(std::min(equals + 1, pair.size())), true));
    target.query.emplace_back(std::move(key), std::move(value));
  }
  return target;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned char lead = byte(i);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return false;
    std::uint32_t point = lead & (0xff >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
      point = point << 6 | (byte(i + k) & 0x3f);
    }
    if (length == 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return false;
    if (length == 4 && (point < 0x10000 || point > 0x10ffff)) return false;
    i += length;
  }
  return true;
}

Result<std::string> PercentDecode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return Bad("the URL contains a broken percent escape");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

Result<Target> ParseTarget(std::string_view target) {
  for (const char c : target) {
    if (IsControl(c) || c == ' ' || static_cast<unsigned char>(c) >= 0x80) {
      return Bad("the URL contains a character that must be percent-encoded");
    }
    if (c == '#') return Bad("the URL contains a fragment");
  }
  if (target.starts_with('/')) return ParseOriginForm(target);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoreCase(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t slash = target.find_first_of("/?");
    if (slash == std::string_view::npos) return ParseOriginForm("/");
    if (target[slash] == '?') return ParseOriginForm("/" + std::string(target.substr(slash)));
    return ParseOriginForm(target.substr(slash));
  }
  return Bad("the URL must start with '/'");
}

}  // namespace nekoplane::http
