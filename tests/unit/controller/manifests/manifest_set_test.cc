#include "controller/manifests/manifest_set.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace nekoplane::manifests {
namespace {

ManifestSet Read(const std::vector<ManifestFile>& files) {
  return ReadManifests(codec::KindTable::Builtin(), files, "default");
}

constexpr char kSession[] = R"(apiVersion: nekoplane.dev/v1alpha1
kind: BrowserSession
metadata: {name: a}
spec: {url: "https://a.org"}
)";

TEST(ManifestNameTest, YamlAndJsonFilesCount) {
  EXPECT_TRUE(IsManifestName("a.yaml"));
  EXPECT_TRUE(IsManifestName("a.yml"));
  EXPECT_TRUE(IsManifestName("a.json"));
  EXPECT_FALSE(IsManifestName("a.yaml~"));
  EXPECT_FALSE(IsManifestName(".yaml"));
  EXPECT_FALSE(IsManifestName("README.md"));
}

TEST(ReadManifestsTest, DocumentsListsAndJsonAreObjects) {
  const auto set = Read({
      {"a.yaml",
       std::string(kSession) + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n",
       {}},
      {"b.json",
       R"({"apiVersion":"v1","kind":"List","items":[
           {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"team"},
            "stringData":{"k":"v"}}]})",
       {}},
  });
  ASSERT_TRUE(set.problems.empty()) << set.problems[0];
  ASSERT_EQ(set.manifests.size(), 3U);
  EXPECT_EQ(set.manifests[0].id, (ObjectId{"browsersessions.nekoplane.dev", "default", "a"}));
  EXPECT_EQ(set.manifests[0].line, 1);
  EXPECT_EQ(set.manifests[1].id, (ObjectId{"namespaces", "", "team"}));
  EXPECT_EQ(set.manifests[2].id, (ObjectId{"secrets", "team", "s"}));
  EXPECT_EQ((*set.manifests[2].object)["data"]["k"], "dg==");
}

TEST(ReadManifestsTest, ServerFieldsAreLeftOut) {
  const auto set = Read({{"a.yaml",
                          R"(apiVersion: nekoplane.dev/v1alpha1
kind: BrowserSession
metadata: {name: a, uid: u, resourceVersion: "7", generation: 3, creationTimestamp: "2026-01-01T00:00:00Z"}
status: {phase: Running}
)",
                          {}}});
  ASSERT_EQ(set.manifests.size(), 1U);
  EXPECT_EQ(*set.manifests[0].object,
            (nlohmann::json{{"apiVersion", "nekoplane.dev/v1alpha1"},
                            {"kind", "BrowserSession"},
                            {"metadata", {{"name", "a"}, {"namespace", "default"}}}}));
}

struct BrokenCase {
  const char* name;
  std::string text;
  std::string problem;  // the problem begins with this
};

void PrintTo(const BrokenCase& c, std::ostream* os) { *os << c.name; }

class BrokenFileTest : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenFileTest, IsLeftOutAsAWholeAndSaysWhere) {
  const auto set = Read({{"x.yaml", std::string(kSession) + "---\n" + GetParam().text, {}}});
  EXPECT_TRUE(set.manifests.empty());
  EXPECT_EQ(set.broken_files, std::set<std::string>{"x.yaml"});
  ASSERT_EQ(set.problems.size(), 1U);
  EXPECT_EQ(set.problems[0].substr(0, GetParam().problem.size()), GetParam().problem)
      << set.problems[0];
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BrokenFileTest,
    ::testing::Values(
        BrokenCase{"Syntax", "a: [", "x.yaml:"},
        BrokenCase{"NotAnObject", "- a\n", "x.yaml:6: a manifest must be an object"},
        BrokenCase{"NoKind", "apiVersion: v1\n", "x.yaml:6: a manifest needs apiVersion and kind"},
        BrokenCase{"UnknownKind", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
                   "x.yaml:6: no matches for kind \"Pod\" in version \"v1\""},
        BrokenCase{"NoName", "apiVersion: v1\nkind: Secret\nmetadata: {generateName: a-}\n",
                   "x.yaml:6: Secret needs metadata.name"},
        BrokenCase{"NoMetadata", "apiVersion: v1\nkind: Secret\n",
                   "x.yaml:6: Secret needs metadata with a name"},
        BrokenCase{"ClusterScoped",
                   "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n",
                   "x.yaml:6: Namespace \"a\" belongs to no namespace"},
        BrokenCase{"Twice", kSession,
                   "x.yaml:6: BrowserSession \"a\" is already declared in "
                   "x.yaml:1"}),
    [](const auto& i) { return i.param.name; });

TEST(ReadManifestsTest, OfTwoFilesWithOneObjectTheLaterIsBroken) {
  const auto set = Read({{"a.yaml", kSession, {}}, {"b.yaml", kSession, {}}});
  EXPECT_EQ(set.manifests.size(), 1U);
  EXPECT_EQ(set.manifests[0].file, "a.yaml");
  EXPECT_EQ(set.broken_files, std::set<std::string>{"b.yaml"});
  EXPECT_EQ(set.problems[0], "b.yaml:1: BrowserSession \"a\" is already declared in a.yaml:1");
}

TEST(ReadManifestsTest, UnreadableFileIsBroken) {
  const auto set =
      Read({{"a.yaml", "", MakeStatus(Code::kUnavailable, "Unreadable", "no access")}});
  EXPECT_EQ(set.broken_files, std::set<std::string>{"a.yaml"});
  EXPECT_EQ(set.problems, std::vector<std::string>{"a.yaml: no access"});
}

}  // namespace
}  // namespace nekoplane::manifests
