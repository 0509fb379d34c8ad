#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "api/codec/selector.h"

namespace nekoplane::codec {
namespace {

using Op = LabelRequirement::Op;

struct Token {
  enum class Type { kWord, kNot, kEqual, kNotEqual, kGreater, kLess, kComma, kOpen, kClose, kEnd };
  Type type = Type::kEnd;
  std::string text;
};

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool IsSpecial(char c) { return std::string_view("=!(),<>").find(c) != std::string_view::npos; }

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9], at most 63 long
bool IsLabelName(std::string_view text) {
  return !text.empty() && text.size() <= 63 && IsAlnum(text.front()) && IsAlnum(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

// Lower-case labels joined by points.
bool IsSubdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    const auto fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (label.empty() || !fine(label.front()) || !fine(label.back())) return false;
    if (!std::all_of(label.begin(), label.end(), [&](char c) { return fine(c) || c == '-'; })) {
      return false;
    }
    if (dot == text.npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsLabelKey(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return IsLabelName(text);
  return IsSubdomain(text.substr(0, slash)) && IsLabelName(text.substr(slash + 1));
}

bool ToInteger(std::string_view text, std::int64_t& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) { Advance(); }

  Result<std::vector<LabelRequirement>> Run() {
    std::vector<LabelRequirement> requirements;
    if (token_.type == Token::Type::kEnd) return requirements;
    while (true) {
      NEKO_TRY(LabelRequirement requirement, Requirement());
      requirements.push_back(std::move(requirement));
      if (token_.type == Token::Type::kEnd) return requirements;
      if (token_.type != Token::Type::kComma) return Unexpected("',' or 'end of string'");
      Advance();
      if (token_.type != Token::Type::kWord && token_.type != Token::Type::kNot) {
        return Unexpected("identifier after ','");
      }
    }
  }

 private:
  void Advance() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
    const std::size_t start = at_;
    token_ = {};
    if (at_ >= text_.size()) return;
    if (!IsSpecial(text_[at_])) {
      while (at_ < text_.size() && !IsSpecial(text_[at_]) && !IsSpace(text_[at_])) ++at_;
      token_ = {Token::Type::kWord, std::string(text_.substr(start, at_ - start))};
      return;
    }
    const std::string_view two = text_.substr(at_, 2);
    using Type = Token::Type;
    const std::pair<Type, std::size_t> found = two == "=="         ? std::pair{Type::kEqual, 2}
                                               : two == "!="       ? std::pair{Type::kNotEqual, 2}
                                               : text_[at_] == '=' ? std::pair{Type::kEqual, 1}
                                               : text_[at_] == '!' ? std::pair{Type::kNot, 1}
                                               : text_[at_] == '>' ? std::pair{Type::kGreater, 1}
                                               : text_[at_] == '<' ? std::pair{Type::kLess, 1}
                                               : text_[at_] == '(' ? std::pair{Type::kOpen, 1}
                                               : text_[at_] == ')' ? std::pair{Type::kClose, 1}
                                                                   : std::pair{Type::kComma, 1};
    at_ += found.second;
    token_ = {found.first, std::string(text_.substr(start, found.second))};
  }

  static Status Bad(std::string what) {
    return MakeStatus(Code::kInvalid, "BadSelector",
                      "unable to parse requirement: " + std::move(what));
  }

  Status Unexpected(std::string_view expected) const {
    return Bad("found '" + token_.text + "', expected: " + std::string(expected));
  }

  Result<LabelRequirement> Requirement() {
    LabelRequirement requirement;
    const bool absent = token_.type == Token::Type::kNot;
    if (absent) Advance();
    if (token_.type != Token::Type::kWord) return Unexpected("!, identifier, or 'end of string'");
    requirement.key = token_.text;
    if (!IsLabelKey(requirement.key)) {
      return Bad(
          "\"" + requirement.key +
          "\" is not a label key: it must be a name of at most 63 letters, digits, '-', '_' and "
          "'.', with an optional DNS prefix and '/'");
    }
    Advance();
    if (absent) {
      requirement.op = Op::kNotExists;
      return requirement;
    }
    NEKO_RETURN_IF_ERROR(Condition(requirement));
    for (const std::string& value : requirement.values) {
      if (!value.empty() && !IsLabelName(value)) {
        return Bad(
            "\"" + value +
            "\" is not a label value: it must be at most 63 letters, digits, '-', '_' and '.'");
      }
    }
    return requirement;
  }

  Result<void> Condition(LabelRequirement& requirement) {
    switch (token_.type) {
      case Token::Type::kEnd:
      case Token::Type::kComma:
        requirement.op = Op::kExists;
        return {};
      case Token::Type::kEqual:
      case Token::Type::kNotEqual:
        requirement.op = token_.type == Token::Type::kEqual ? Op::kIn : Op::kNotIn;
        Advance();
        return OneValue(requirement);
      case Token::Type::kGreater:
      case Token::Type::kLess: {
        requirement.op = token_.type == Token::Type::kGreater ? Op::kGreater : Op::kLess;
        Advance();
        NEKO_RETURN_IF_ERROR(OneValue(requirement));
        std::int64_t number = 0;
        if (!ToInteger(requirement.values[0], number)) {
          return Bad("for '>' and '<', the value must be an integer, not \"" +
                     requirement.values[0] + "\"");
        }
        return {};
      }
      case Token::Type::kWord:
        if (token_.text == "in" || token_.text == "notin") {
          requirement.op = token_.text == "in" ? Op::kIn : Op::kNotIn;
          Advance();
          return Set(requirement);
        }
        [[fallthrough]];
      default:
        return Unexpected("in, notin, =, ==, !=, <, >, ',' or 'end of string'");
    }
  }

  // A word, or nothing where the requirement ends.
  Result<void> OneValue(LabelRequirement& requirement) {
    if (token_.type == Token::Type::kWord) {
      requirement.values.push_back(token_.text);
      Advance();
      return {};
    }
    if (token_.type != Token::Type::kEnd && token_.type != Token::Type::kComma) {
      return Unexpected("identifier");
    }
    requirement.values.emplace_back();
    return {};
  }

  Result<void> Set(LabelRequirement& requirement) {
    if (token_.type != Token::Type::kOpen) return Unexpected("'('");
    Advance();
    if (token_.type == Token::Type::kClose) {
      return Bad("for 'in' and 'notin', the set of values must not be empty");
    }
    while (true) {
      if (token_.type == Token::Type::kWord) {
        requirement.values.push_back(token_.text);
        Advance();
      } else {
        requirement.values.emplace_back();  // "(a,)" has an empty second value
      }
      if (token_.type == Token::Type::kClose) break;
      if (token_.type != Token::Type::kComma) return Unexpected("',' or ')'");
      Advance();
    }
    Advance();
    return {};
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  Token token_;
};

bool Holds(const LabelRequirement& requirement, const v1alpha1::StringMap& labels) {
  const auto label = labels.find(requirement.key);
  const bool exists = label != labels.end();
  const auto listed = [&] {
    return std::find(requirement.values.begin(), requirement.values.end(), label->second) !=
           requirement.values.end();
  };
  switch (requirement.op) {
    case Op::kExists:
      return exists;
    case Op::kNotExists:
      return !exists;
    case Op::kIn:
      return exists && listed();
    case Op::kNotIn:
      return !exists || !listed();
    case Op::kGreater:
    case Op::kLess: {
      std::int64_t have = 0, want = 0;
      if (!exists || !ToInteger(label->second, have) || !ToInteger(requirement.values[0], want)) {
        return false;
      }
      return requirement.op == Op::kGreater ? have > want : have < want;
    }
  }
  return false;
}

}  // namespace

Result<LabelSelector> LabelSelector::Parse(std::string_view text) {
  NEKO_TRY(auto requirements, Parser(text).Run());
  LabelSelector selector;
  selector.requirements_ = std::move(requirements);
  return selector;
}

bool LabelSelector::Matches(const v1alpha1::StringMap& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const LabelRequirement& r) { return Holds(r, labels); });
}

}  // namespace nekoplane::codec
