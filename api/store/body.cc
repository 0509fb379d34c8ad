#include "api/store/body.h"

#include <optional>

namespace nekoplane::store {
namespace {

constexpr int kMaxDepth = 256;  // far beyond what the codec lets in; only guards the stack

Status Invalid(std::size_t at, std::string_view what) {
  return MakeStatus(Code::kInvalid, "InvalidBody",
                    "object is not valid JSON for the store: " + std::string(what) + " at byte " +
                        std::to_string(at));
}

// A strict JSON reader that keeps nothing but the position of metadata. A search for the text
// "metadata" would find it in a string value just as well.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool ScanDocument() {
    SkipSpace();
    if (Peek() != '{') return Fail("expected an object");
    if (!ScanObject(1, Where::kTop)) return false;
    SkipSpace();
    return pos_ == text_.size() || Fail("unexpected text after the object");
  }

  // Behind the '{' of the top-level metadata.
  std::optional<std::size_t> metadata() const { return metadata_; }

  bool metadata_empty() const { return metadata_empty_; }

  bool has_version() const { return has_version_; }

  Status error() const { return Invalid(error_at_, error_); }

 private:
  enum class Where { kTop, kMetadata, kElsewhere };

  char Peek() const { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  bool Fail(std::string_view what) {
    error_ = what;
    error_at_ = pos_;
    return false;
  }

  void SkipSpace() {
    while (pos_ < text_.size() && (text_[pos_] == ' ' || text_[pos_] == '\n' ||
                                   text_[pos_] == '\t' || text_[pos_] == '\r')) {
      ++pos_;
    }
  }

  bool Take(char c) {
    SkipSpace();
    if (pos_ >= text_.size() || text_[pos_] != c) return false;
    ++pos_;
    return true;
  }

  // The raw text between the quotes, escapes unread.
  bool ScanString(std::string_view* raw) {
    if (Peek() != '"') return Fail("expected a string");
    const std::size_t begin = ++pos_;
    while (pos_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[pos_]);
      if (c == '"') {
        *raw = text_.substr(begin, pos_ - begin);
        ++pos_;
        return true;
      }
      if (c < 0x20) return Fail("control character in a string");
      if (c == '\\' && !ScanEscape()) return false;
      ++pos_;
    }
    return Fail("unterminated string");
  }

  // Leaves pos_ on the escape's last character.
  bool ScanEscape() {
    ++pos_;
    const char c = Peek();
    if (c == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++pos_;
        const char h = Peek();
        const bool hex = (h >= '0' && h <= '9') || (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F');
        if (!hex) return Fail("bad \\u escape");
      }
      return true;
    }
    return (c != '\0' && std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) ||
           Fail("bad escape");
  }

  bool ScanDigits() {
    const std::size_t begin = pos_;
    while (Peek() >= '0' && Peek() <= '9') ++pos_;
    return pos_ > begin || Fail("expected a digit");
  }

  bool ScanNumber() {
    if (Peek() == '-') ++pos_;
    if (Peek() == '0') {
      ++pos_;
    } else if (!ScanDigits()) {
      return false;
    }
    if (Peek() == '.') {
      ++pos_;
      if (!ScanDigits()) return false;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++pos_;
      if (Peek() == '+' || Peek() == '-') ++pos_;
      if (!ScanDigits()) return false;
    }
    return true;
  }

  bool ScanLiteral(std::string_view literal) {
    if (text_.substr(pos_, literal.size()) != literal) return Fail("expected a value");
    pos_ += literal.size();
    return true;
  }

  bool ScanValue(int depth) {
    SkipSpace();
    std::string_view ignored;
    switch (Peek()) {
      case '{':
        return ScanObject(depth, Where::kElsewhere);
      case '[':
        return ScanArray(depth);
      case '"':
        return ScanString(&ignored);
      case 't':
        return ScanLiteral("true");
      case 'f':
        return ScanLiteral("false");
      case 'n':
        return ScanLiteral("null");
      default:
        return ScanNumber();
    }
  }

  bool ScanArray(int depth) {
    if (depth > kMaxDepth) return Fail("nested too deeply");
    ++pos_;
    if (Take(']')) return true;
    do {
      if (!ScanValue(depth + 1)) return false;
    } while (Take(','));
    return Take(']') || Fail("expected ',' or ']'");
  }

  bool ScanObject(int depth, Where where) {
    if (depth > kMaxDepth) return Fail("nested too deeply");
    ++pos_;
    if (Take('}')) {
      if (where == Where::kMetadata) metadata_empty_ = true;
      return true;
    }
    do {
      SkipSpace();
      std::string_view key;
      if (!ScanString(&key)) return false;
      if (!Take(':')) return Fail("expected ':'");
      if (where == Where::kMetadata && key == "resourceVersion") has_version_ = true;
      const bool found = where == Where::kTop && key == "metadata";
      if (!(found ? ScanMetadata(depth + 1) : ScanValue(depth + 1))) return false;
    } while (Take(','));
    return Take('}') || Fail("expected ',' or '}'");
  }

  bool ScanMetadata(int depth) {
    SkipSpace();
    if (metadata_.has_value()) return Fail("metadata given twice");
    if (Peek() != '{') return Fail("metadata is not an object");
    metadata_ = pos_ + 1;
    return ScanObject(depth, Where::kMetadata);
  }

  const std::string_view text_;
  std::size_t pos_ = 0;
  std::optional<std::size_t> metadata_;
  bool metadata_empty_ = false;
  bool has_version_ = false;
  std::string_view error_;
  std::size_t error_at_ = 0;
};

std::string Field(std::uint64_t version) {
  return "\"resourceVersion\":\"" + std::to_string(version) + "\",";
}

}  // namespace

Result<std::size_t> FindInsertionPoint(std::string_view body) {
  Scanner scanner(body);
  if (!scanner.ScanDocument()) return scanner.error();
  if (!scanner.metadata().has_value()) return Invalid(0, "no metadata");
  if (scanner.metadata_empty()) return Invalid(*scanner.metadata(), "metadata is empty");
  if (scanner.has_version()) {
    return Invalid(*scanner.metadata(),
                   "metadata.resourceVersion is set, which only the store may");
  }
  return *scanner.metadata();
}

std::string InsertVersion(std::string_view body, std::size_t at, std::uint64_t version) {
  const std::string field = Field(version);
  std::string bytes;
  bytes.reserve(body.size() + field.size());
  bytes.append(body.substr(0, at)).append(field).append(body.substr(at));
  return bytes;
}

bool EqualsWithVersion(std::string_view body, std::size_t at, std::uint64_t version,
                       std::string_view bytes) {
  const std::string field = Field(version);
  return bytes.size() == body.size() + field.size() && bytes.substr(0, at) == body.substr(0, at) &&
         bytes.substr(at, field.size()) == field &&
         bytes.substr(at + field.size()) == body.substr(at);
}

Result<std::string> ReplaceVersion(std::string_view bytes, std::uint64_t from, std::uint64_t to) {
  Scanner scanner(bytes);
  if (!scanner.ScanDocument()) return scanner.error();
  if (!scanner.metadata().has_value()) return Invalid(0, "no metadata");
  const std::size_t at = *scanner.metadata();
  const std::string old_field = Field(from);
  if (bytes.substr(at, old_field.size()) != old_field) {
    return Invalid(at, "metadata.resourceVersion is not " + std::to_string(from));
  }
  std::string replaced(bytes.substr(0, at));
  replaced.append(Field(to)).append(bytes.substr(at + old_field.size()));
  return replaced;
}

}  // namespace nekoplane::store
