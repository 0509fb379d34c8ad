// Regular expressions for `pattern` in schemas, matched in time proportional to text times pattern:
// std::regex overflows the stack on long input and is exponential on some patterns.
//
// What RE2 and ECMAScript have in common: alternation, groups (also (?:...)), * + ? {m,n}, .,
// classes with ranges and negation, ^ and $ for the ends of the text, \d \w \s \D \W \S \xHH \t \n
// \r \f and escaped punctuation. Bytes are matched, not code points. No back-references, no
// look-around.
//
// Thread safety: immutable.
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::codec {

class Pattern {
 public:
  // Errors: kInvalid, reason BadPattern.
  static Result<Pattern> Compile(std::string_view text);

  // True if the pattern matches anywhere in the text, as in JSON schema.
  bool Search(std::string_view text) const;

  struct Step {
    enum class Op { kByte, kFork, kJump, kBegin, kEnd };
    Op op = Op::kByte;
    int first = 1, second = 0;  // kFork: both ways; kJump: first; relative to this step
    std::size_t bytes = 0;      // kByte: index of the class
  };

  using Bytes = std::bitset<256>;

  Pattern(std::vector<Step> steps, std::vector<Bytes> classes)
      : steps_(std::move(steps)), classes_(std::move(classes)) {}

 private:
  std::vector<Step> steps_;  // falling off the end is a match
  std::vector<Bytes> classes_;
};

}  // namespace nekoplane::codec
