#include "api/registry/meta.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/api/registry/fixture.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;
using testing::Sessions;

struct NameCase {
  const char* name;
  std::string text;
  bool ok;
};

void PrintTo(const NameCase& c, std::ostream* os) { *os << c.text; }

class SubdomainTest : public ::testing::TestWithParam<NameCase> {};

TEST_P(SubdomainTest, IsJudged) {
  EXPECT_EQ(!Dns1123SubdomainError(GetParam().text).has_value(), GetParam().ok);
}

INSTANTIATE_TEST_SUITE_P(
    Names, SubdomainTest,
    ::testing::Values(NameCase{"Plain", "my-browser", true}, NameCase{"Dotted", "a.b-1.c", true},
                      NameCase{"Digit", "1", true},
                      NameCase{"Longest", std::string(253, 'a'), true},
                      NameCase{"TooLong", std::string(254, 'a'), false},
                      NameCase{"Empty", "", false}, NameCase{"Upper", "My", false},
                      NameCase{"Underscore", "a_b", false}, NameCase{"EdgeDash", "a-", false},
                      NameCase{"LeadingDot", ".a", false}, NameCase{"DoubleDot", "a..b", false},
                      NameCase{"Slash", "a/b", false},
                      NameCase{"Nul", std::string("a\0b", 3), false}),
    [](const auto& i) { return i.param.name; });

class QualifiedNameTest : public ::testing::TestWithParam<NameCase> {};

TEST_P(QualifiedNameTest, IsJudged) {
  EXPECT_EQ(!QualifiedNameError(GetParam().text).has_value(), GetParam().ok);
}

INSTANTIATE_TEST_SUITE_P(
    Names, QualifiedNameTest,
    ::testing::Values(NameCase{"Bare", "app", true}, NameCase{"Prefixed", "a.b/App_1.x", true},
                      NameCase{"EmptyPrefix", "/x", false}, NameCase{"EmptyName", "a/", false},
                      NameCase{"TwoSlashes", "a/b/c", false}, NameCase{"BadPrefix", "A_/x", false},
                      NameCase{"LongName", std::string(64, 'a'), false}),
    [](const auto& i) { return i.param.name; });

TEST(LabelValueTest, EmptyIsFineAndEdgesMustBeAlphanumeric) {
  EXPECT_FALSE(LabelValueError("").has_value());
  EXPECT_FALSE(LabelValueError("a.b_C-1").has_value());
  EXPECT_TRUE(LabelValueError("-a").has_value());
  EXPECT_TRUE(LabelValueError("a b").has_value());
  EXPECT_TRUE(LabelValueError(std::string(64, 'a')).has_value());
}

TEST(GeneratedNameTest, BaseIsCutSoThatTheSuffixFits) {
  EXPECT_EQ(GeneratedName("browser-", "abcde"), "browser-abcde");
  EXPECT_EQ(GeneratedName(std::string(80, 'x'), "abcde"), std::string(58, 'x') + "abcde");
}

TEST(CleanMetadataTest, DropsWhatNobodyKnowsAndWhatIsEmpty) {
  json metadata = {
      {"name", "a"},       {"labels", json::object()},          {"finalizers", json::array()},
      {"selfLink", "/x"},  {"managedFields", json::array({1})}, {"bogus", 1},
      {"generateName", ""}};
  std::vector<std::string> unknown;
  ASSERT_TRUE(CleanMetadata(Sessions(), metadata, unknown));
  EXPECT_EQ(metadata, (json{{"name", "a"}}));
  EXPECT_EQ(unknown, std::vector<std::string>{"metadata.bogus"});
}

TEST(CleanMetadataTest, NamesTheMemberOfTheWrongType) {
  std::vector<std::string> unknown;
  json metadata = {{"labels", {{"a", 1}}}};
  const auto result = CleanMetadata(Sessions(), metadata, unknown);
  ASSERT_TRUE(result.is(Code::kInvalid));
  EXPECT_EQ(result.error().message,
            "BrowserSession in version \"v1alpha1\" cannot be handled as a BrowserSession: "
            "metadata.labels[a] must be a string");
}

TEST(CleanMetadataTest, RepeatedFinalizersCountOnce) {
  std::vector<std::string> unknown;
  json metadata = {{"finalizers", {"a/b", "c/d", "a/b"}}};
  ASSERT_TRUE(CleanMetadata(Sessions(), metadata, unknown));
  EXPECT_EQ(metadata["finalizers"], (json{"a/b", "c/d"}));
}

struct MetadataCase {
  const char* name;
  json metadata;
  const char* field;  // nullptr = valid
  const char* reason;
};

void PrintTo(const MetadataCase& c, std::ostream* os) { *os << c.metadata; }

class ValidateMetadataTest : public ::testing::TestWithParam<MetadataCase> {};

TEST_P(ValidateMetadataTest, NamesTheField) {
  const MetadataCase& c = GetParam();
  const auto causes = ValidateMetadata(Sessions(), c.metadata);
  if (c.field == nullptr) {
    EXPECT_TRUE(causes.empty()) << causes[0].field << causes[0].message;
    return;
  }
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_EQ(causes[0].field, c.field);
  EXPECT_EQ(causes[0].reason, c.reason);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, ValidateMetadataTest,
    ::testing::Values(
        MetadataCase{"Good", {{"name", "a"}, {"labels", {{"x/y", "z"}}}}, nullptr, nullptr},
        MetadataCase{"NoName", json::object(), "metadata.name", "FieldValueRequired"},
        MetadataCase{"BadName", {{"name", "A"}}, "metadata.name", "FieldValueInvalid"},
        MetadataCase{"BadBase",
                     {{"name", "a"}, {"generateName", "A-"}},
                     "metadata.generateName",
                     "FieldValueInvalid"},
        MetadataCase{"BadLabelKey",
                     {{"name", "a"}, {"labels", {{"", "z"}}}},
                     "metadata.labels",
                     "FieldValueInvalid"},
        MetadataCase{"BadLabelValue",
                     {{"name", "a"}, {"labels", {{"k", "a b"}}}},
                     "metadata.labels",
                     "FieldValueInvalid"},
        MetadataCase{"BadAnnotationKey",
                     {{"name", "a"}, {"annotations", {{"a b", ""}}}},
                     "metadata.annotations",
                     "FieldValueInvalid"},
        MetadataCase{"HugeAnnotations",
                     {{"name", "a"}, {"annotations", {{"k", std::string(262144, 'x')}}}},
                     "metadata.annotations",
                     "FieldValueTooLong"},
        MetadataCase{"BareFinalizer",
                     {{"name", "a"}, {"finalizers", {"mine"}}},
                     "metadata.finalizers[0]",
                     "FieldValueInvalid"},
        MetadataCase{"StandardFinalizer",
                     {{"name", "a"}, {"finalizers", {"foregroundDeletion"}}},
                     nullptr,
                     nullptr},
        MetadataCase{"OwnerWithoutUid",
                     {{"name", "a"},
                      {"ownerReferences",
                       json::array({{{"apiVersion", "v1"}, {"kind", "K"}, {"name", "n"}}})}},
                     "metadata.ownerReferences[0].uid",
                     "FieldValueRequired"}),
    [](const auto& i) { return i.param.name; });

TEST(ValidateMetadataTest, TwoControllersAreRefused) {
  const json owner = {
      {"apiVersion", "v1"}, {"kind", "K"}, {"name", "n"}, {"uid", "u"}, {"controller", true}};
  json other = owner;
  other["name"] = "m";
  const auto causes = ValidateMetadata(
      Sessions(), {{"name", "a"}, {"ownerReferences", json::array({owner, other})}});
  ASSERT_EQ(causes.size(), 1U);
  EXPECT_NE(causes[0].message.find("Only one reference can have Controller set to true"),
            std::string::npos);
}

TEST(ValidateMetadataTest, NamespaceNamesAreLabels) {
  EXPECT_FALSE(ValidateMetadata(testing::Namespaces(), {{"name", "a.b"}}).empty());
  EXPECT_TRUE(ValidateMetadata(testing::Namespaces(), {{"name", "a-b"}}).empty());
}

}  // namespace
}  // namespace nekoplane::registry
