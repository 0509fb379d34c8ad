#include "api/base/quantity.h"

#include <gtest/gtest.h>

namespace nekoplane {
namespace {

struct Case {
  const char* name;
  const char* text;
  std::int64_t bytes;  // -1 = refused
  std::int64_t milli;
};

class QuantityTest : public testing::TestWithParam<Case> {};

TEST_P(QuantityTest, Parses) {
  const auto bytes = ParseBytes(GetParam().text);
  const auto milli = ParseMilliCores(GetParam().text);
  EXPECT_EQ(bytes ? *bytes : -1, GetParam().bytes);
  EXPECT_EQ(milli ? *milli : -1, GetParam().milli);
}

INSTANTIATE_TEST_SUITE_P(
    Table, QuantityTest,
    testing::Values(Case{"Plain", "2", 2, 2000}, Case{"Milli", "500m", 1, 500},
                    Case{"Mebi", "1536Mi", 1610612736, 1610612736000},
                    Case{"Fraction", "1.5Gi", 1610612736, 1610612736000},
                    Case{"Decimal", "1k", 1000, 1000000}, Case{"Exponent", "1e3", 1000, 1000000},
                    Case{"NegativeExponent", "5e-1", 1, 500}, Case{"Zero", "0", 0, 0},
                    Case{"RoundsUp", "1u", 1, 1}, Case{"Exa", "1E", 1000000000000000000, -1},
                    Case{"Overflow", "9999Ei", -1, -1},
                    Case{"LongDigits", "99999999999999999999", -1, -1}, Case{"Empty", "", -1, -1},
                    Case{"Negative", "-1", -1, -1}, Case{"Unit", "1GB", -1, -1},
                    Case{"Space", "1 Gi", -1, -1}, Case{"Dot", ".", -1, -1},
                    Case{"ExponentOnly", "1e", -1, -1}, Case{"HugeExponent", "1e99", -1, -1}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(QuantityFormatTest, FormatsBackExactly) {
  EXPECT_EQ(FormatBytes(1610612736), "1536Mi");
  EXPECT_EQ(FormatBytes(6442450944), "6Gi");
  EXPECT_EQ(FormatBytes(1000), "1000");
  EXPECT_EQ(FormatBytes(0), "0");
  EXPECT_EQ(FormatMilliCores(1500), "1500m");
  EXPECT_EQ(FormatMilliCores(2000), "2");
}

}  // namespace
}  // namespace nekoplane
