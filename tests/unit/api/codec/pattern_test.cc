#include "api/codec/pattern.h"

#include <gtest/gtest.h>

namespace nekoplane::codec {
namespace {

struct Case {
  const char* name;
  const char* pattern;
  const char* text;
  bool matches;
};

class PatternTest : public ::testing::TestWithParam<Case> {};

TEST_P(PatternTest, Searches) {
  const auto pattern = Pattern::Compile(GetParam().pattern);
  ASSERT_TRUE(pattern) << pattern.error().message;
  EXPECT_EQ(pattern->Search(GetParam().text), GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PatternTest,
    ::testing::Values(
        Case{"EmptyMatchesAll", "", "x", true}, Case{"Anywhere", "b", "abc", true},
        Case{"Nowhere", "d", "abc", false}, Case{"AnchoredStart", "^b", "ab", false},
        Case{"AnchoredEnd", "a$", "ab", false}, Case{"Whole", "^ab$", "ab", true},
        Case{"WholeIsNotALine", "^a$", "a\n", false}, Case{"EmptyText", "^$", "", true},
        Case{"EmptyTextOnly", "^$", "a", false}, Case{"Alternatives", "^(a|bc|)$", "bc", true},
        Case{"EmptyAlternative", "^(a|bc|)$", "", true},
        Case{"NoAlternative", "^(a|bc|)$", "b", false}, Case{"Star", "^a*$", "aaa", true},
        Case{"StarOfNothing", "^(a*)*$", "b", false}, Case{"Plus", "^a+$", "", false},
        Case{"PlusMany", "^(ab)+$", "abab", true}, Case{"Optional", "^ab?c$", "ac", true},
        Case{"CountExact", "^a{3}$", "aaa", true}, Case{"CountTooFew", "^a{3}$", "aa", false},
        Case{"CountRange", "^[0-9]{3,4}$", "12345", false},
        Case{"CountOpen", "^a{2,}$", "aaaa", true}, Case{"CountZero", "^a{0,1}b$", "b", true},
        Case{"Class", "^[a-c_]+$", "a_c", true}, Case{"NegatedClass", "^[^a-c]$", "b", false},
        Case{"ClassWithDash", "^[-a]+$", "-a", true},
        Case{"ClassWithDashAtEnd", "^[a-]+$", "-a", true},
        Case{"ClassWithBracket", "^[]a]+$", "]", true},
        Case{"ClassWithEscapes", "^[\\x00-\\x20]$", "\t", true},
        Case{"NegatedClassTakesUtf8", "^[^\\x00-\\x20\\x7f]+$", "\xC3\xA9", true},
        Case{"Dot", "^.$", "\n", false}, Case{"EscapedDot", "^a\\.b$", "axb", false},
        Case{"Digits", "^\\d\\D$", "1a", true}, Case{"Words", "^\\w+\\W$", "a_1!", true},
        Case{"Spaces", "^\\S\\s$", "a ", true}, Case{"NonCapturing", "^(?:ab)*$", "abab", true},
        Case{"BackwardAndForward", "^a.*b.*c$", "a--b--c", true}),
    [](const auto& row) { return row.param.name; });

TEST(PatternTest, RefusesWhatItCannotDo) {
  for (const char* text : {"(", ")", "[a", "a{", "a{2,1}", "a{5000}", "*", "\\", "\\1", "\\p{L}",
                           "\\xZ1", "(?=a)", "[z-a]", "[\\d-z]", "((a{900}){900}){900}"}) {
    EXPECT_FALSE(Pattern::Compile(text)) << text;
  }
}

TEST(PatternTest, TakesLinearTimeAndNoStack) {
  const auto evil = Pattern::Compile("^(a+)+$");
  ASSERT_TRUE(evil);
  EXPECT_FALSE(evil->Search(std::string(20000, 'a') + "b"));
  EXPECT_FALSE(Pattern::Compile(std::string(100000, '(')));
}

}  // namespace
}  // namespace nekoplane::codec
