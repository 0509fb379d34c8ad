#include "api/codec/pattern.h"

#include <algorithm>
#include <optional>
#include <string>

namespace nekoplane::codec {
namespace {

using Step = Pattern::Step;
using Bytes = Pattern::Bytes;
using Steps = std::vector<Step>;  // jumps are relative, so steps can be copied and joined

constexpr std::size_t kMaxSteps = 10000;
constexpr int kMaxGroups = 50, kMaxCount = 1000;

Step Fork(std::size_t first, std::size_t second) {
  return {Step::Op::kFork, static_cast<int>(first), static_cast<int>(second), 0};
}

void Append(Steps& to, const Steps& from) { to.insert(to.end(), from.begin(), from.end()); }

Steps Optional(const Steps& body) {
  Steps out{Fork(1, body.size() + 1)};
  Append(out, body);
  return out;
}

Steps Star(const Steps& body) {
  Steps out{Fork(1, body.size() + 2)};
  Append(out, body);
  out.push_back({Step::Op::kJump, -static_cast<int>(body.size() + 1), 0, 0});
  return out;
}

Steps Either(const Steps& a, const Steps& b) {
  Steps out{Fork(1, a.size() + 2)};
  Append(out, a);
  out.push_back({Step::Op::kJump, static_cast<int>(b.size() + 1), 0, 0});
  Append(out, b);
  return out;
}

Bytes Range(unsigned from, unsigned to) {
  Bytes bytes;
  for (unsigned c = from; c <= to; ++c) bytes.set(c);
  return bytes;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Recursive descent; every function returns nullopt after setting error_.
class Compiler {
 public:
  explicit Compiler(std::string_view text) : text_(text) {}

  Result<Pattern> Run() {
    auto steps = Alternatives(0);
    if (steps && at_ < text_.size()) steps = Fail("unmatched )");
    if (!steps) {
      return MakeStatus(Code::kInvalid, "BadPattern",
                        "pattern " + std::string(text_) + ": " + error_);
    }
    return Pattern(*std::move(steps), std::move(classes_));
  }

 private:
  std::nullopt_t Fail(std::string why) {
    error_ = std::move(why);
    return std::nullopt;
  }

  bool Next(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::optional<Steps> Alternatives(int depth) {
    if (depth > kMaxGroups) return Fail("too many nested groups");
    auto out = Sequence(depth);
    while (out && Next('|')) {
      const auto other = Sequence(depth);
      if (!other) return std::nullopt;
      out = Either(*out, *other);
    }
    return out;
  }

  std::optional<Steps> Sequence(int depth) {
    Steps out;
    while (at_ < text_.size() && text_[at_] != '|' && text_[at_] != ')') {
      auto atom = Atom(depth);
      if (atom) atom = Repeated(*std::move(atom));
      if (!atom) return std::nullopt;
      if (out.size() + atom->size() > kMaxSteps) return Fail("too large");
      Append(out, *atom);
    }
    return out;
  }

  std::optional<Steps> Atom(int depth) {
    const char c = text_[at_++];
    switch (c) {
      case '(': {
        if (text_.substr(at_, 2) == "?:") {
          at_ += 2;
        } else if (at_ < text_.size() && text_[at_] == '?') {
          return Fail("unsupported group");
        }
        auto inner = Alternatives(depth + 1);
        if (inner && !Next(')')) return Fail("missing )");
        return inner;
      }
      case '[': {
        const auto bytes = Class();
        if (!bytes) return std::nullopt;
        return Match(*bytes);
      }
      case '\\': {
        const auto bytes = Escape();
        if (!bytes) return std::nullopt;
        return Match(*bytes);
      }
      case '^':
        return Steps{{Step::Op::kBegin, 1, 0, 0}};
      case '$':
        return Steps{{Step::Op::kEnd, 1, 0, 0}};
      case '.':
        return Match(~Range('\n', '\n'));
      case '*':
      case '+':
      case '?':
        return Fail("nothing to repeat");
      default:
        return Match(Range(static_cast<unsigned char>(c), static_cast<unsigned char>(c)));
    }
  }

  Steps Match(const Bytes& bytes) {
    const auto known = std::find(classes_.begin(), classes_.end(), bytes);
    const auto index = static_cast<std::size_t>(known - classes_.begin());
    if (known == classes_.end()) classes_.push_back(bytes);
    return Steps{{Step::Op::kByte, 1, 0, index}};
  }

  std::optional<Steps> Repeated(Steps atom) {
    int low = 1, high = 1;  // high -1: without end
    if (Next('*')) {
      low = 0, high = -1;
    } else if (Next('+')) {
      low = 1, high = -1;
    } else if (Next('?')) {
      low = 0, high = 1;
    } else if (Next('{')) {
      if (!Counts(low, high)) return Fail("bad repetition count");
    } else {
      return atom;
    }
    Next('?');  // lazy: which match is found does not matter here
    Steps out;
    const int copies = std::max(low, high);
    if (atom.size() * static_cast<std::size_t>(copies + 1) > kMaxSteps) return Fail("too large");
    for (int i = 0; i < copies; ++i) Append(out, i < low ? atom : Optional(atom));
    if (high < 0) Append(out, Star(atom));
    return out;
  }

  bool Counts(int& low, int& high) {
    if (!Number(low)) return false;
    high = low;
    if (Next(',')) {
      high = -1;
      if (at_ < text_.size() && text_[at_] != '}' && !Number(high)) return false;
    }
    return Next('}') && (high < 0 || low <= high);
  }

  bool Number(int& value) {
    const std::size_t start = at_;
    value = 0;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && value <= kMaxCount) {
      value = value * 10 + (text_[at_++] - '0');
    }
    return at_ > start && value <= kMaxCount;
  }

  std::optional<Bytes> Escape() {
    if (at_ >= text_.size()) return Fail("a backslash at the end");
    const char c = text_[at_++];
    const auto one = [](unsigned char b) { return Range(b, b); };
    const Bytes word = Range('a', 'z') | Range('A', 'Z') | Range('0', '9') | one('_');
    const Bytes space = one(' ') | one('\t') | one('\n') | one('\r') | one('\f');
    switch (c) {
      case 'd':
        return Range('0', '9');
      case 'D':
        return ~Range('0', '9');
      case 'w':
        return word;
      case 'W':
        return ~word;
      case 's':
        return space;
      case 'S':
        return ~space;
      case 't':
        return one('\t');
      case 'n':
        return one('\n');
      case 'r':
        return one('\r');
      case 'f':
        return one('\f');
      case 'x': {
        const int high = at_ < text_.size() ? HexValue(text_[at_]) : -1;
        const int low = at_ + 1 < text_.size() ? HexValue(text_[at_ + 1]) : -1;
        if (high < 0 || low < 0) return Fail("\\x needs two hexadecimal digits");
        at_ += 2;
        return one(static_cast<unsigned char>(high * 16 + low));
      }
      default:
        if (word.test(static_cast<unsigned char>(c))) {
          return Fail(std::string("unsupported escape \\") + c);
        }
        return one(static_cast<unsigned char>(c));
    }
  }

  std::optional<Bytes> Class() {
    const bool negated = Next('^');
    Bytes bytes;
    for (bool first = true; first || at_ >= text_.size() || text_[at_] != ']'; first = false) {
      const auto low = ClassItem();
      if (!low) return std::nullopt;
      const bool range = at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']';
      if (!range) {
        bytes |= *low;
        continue;
      }
      ++at_;
      const auto high = ClassItem();
      if (!high) return std::nullopt;
      if (low->count() != 1 || high->count() != 1) return Fail("a range of classes");
      const std::size_t from = low->_Find_first(), to = high->_Find_first();
      if (from > to) return Fail("a range that runs backwards");
      bytes |= Range(static_cast<unsigned>(from), static_cast<unsigned>(to));
    }
    ++at_;
    return negated ? ~bytes : bytes;
  }

  std::optional<Bytes> ClassItem() {
    if (at_ >= text_.size()) return Fail("missing ]");
    const auto c = static_cast<unsigned char>(text_[at_++]);
    return c == '\\' ? Escape() : Range(c, c);
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
  std::vector<Bytes> classes_;
};

}  // namespace

Result<Pattern> Pattern::Compile(std::string_view text) { return Compiler(text).Run(); }

bool Pattern::Search(std::string_view text) const {
  // All ways through the pattern are followed side by side, byte by byte; `seen` keeps each step at
  // most once per byte.
  std::vector<std::size_t> now, next, pending;
  std::vector<std::size_t> seen(steps_.size(), 0);
  std::size_t round = 0;

  // Follows what needs no byte from `start` at offset `at`; true if that reaches the end.
  const auto reach = [&](std::size_t start, std::size_t at, std::vector<std::size_t>& into) {
    pending.assign(1, start);
    while (!pending.empty()) {
      const std::size_t i = pending.back();
      pending.pop_back();
      if (i == steps_.size()) return true;
      if (seen[i] == round) continue;
      seen[i] = round;
      const Step& step = steps_[i];
      const auto to = [i](int offset) {
        return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + offset);
      };
      switch (step.op) {
        case Step::Op::kByte:
          into.push_back(i);
          break;
        case Step::Op::kFork:
          pending.push_back(to(step.second));
          [[fallthrough]];
        case Step::Op::kJump:
          pending.push_back(to(step.first));
          break;
        case Step::Op::kBegin:
          if (at == 0) pending.push_back(i + 1);
          break;
        case Step::Op::kEnd:
          if (at == text.size()) pending.push_back(i + 1);
          break;
      }
    }
    return false;
  };

  ++round;
  if (reach(0, 0, now)) return true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    ++round;
    next.clear();
    const auto byte = static_cast<unsigned char>(text[at]);
    for (const std::size_t i : now) {
      if (classes_[steps_[i].bytes].test(byte) && reach(i + 1, at + 1, next)) return true;
    }
    if (reach(0, at + 1, next)) return true;
    now.swap(next);
  }
  return false;
}

}  // namespace nekoplane::codec
