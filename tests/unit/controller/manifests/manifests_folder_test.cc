#include "controller/manifests/manifests_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/store/memory_store.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::manifests {
namespace {

using nlohmann::json;

// A folder in memory: every write is a new state of the file.
class FakeDirectory final : public DirectoryReader {
 public:
  struct Files {
    std::map<std::string, std::string> texts;
    std::map<std::string, std::int64_t> modified;
    std::int64_t ticks = 0;
    bool unreadable = false;

    void Put(const std::string& name, const std::string& text) {
      texts[name] = text;
      modified[name] = ++ticks;
    }
  };

  explicit FakeDirectory(Files& files) : files_(files) {}

  Result<std::vector<DirectoryEntry>> List() override {
    if (files_.unreadable)
      return MakeStatus(Code::kUnavailable, "Unreadable", "cannot read folder");
    std::vector<DirectoryEntry> out;
    for (const auto& [name, text] : files_.texts) {
      out.push_back({name, text.size(), files_.modified[name], 1});
    }
    return out;
  }

  Result<std::string> Read(const std::string& name) override { return files_.texts.at(name); }

  const std::string& path() const override { return path_; }

 private:
  Files& files_;
  const std::string path_ = "folder";
};

std::string Session(const std::string& name, const std::string& url = "https://a.org") {
  return "apiVersion: nekoplane.dev/v1alpha1\nkind: BrowserSession\nmetadata: {name: " + name +
         "}\nspec: {url: \"" + url + "\"}\n";
}

class ManifestsFolderTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(registry_.Bootstrap(Context())); }

  void Start() {
    folder_ = std::make_unique<ManifestsFolder>(
        FolderDeps{registry_, timers_, log_, [this](const Report& r) { report_ = r; }},
        std::make_unique<FakeDirectory>(files_), FolderOptions{});
    folder_->Start();
  }

  void Look(int times = 1) {
    for (int i = 0; i < times; ++i) {
      clock_.Advance(std::chrono::seconds(1));
      while (timers_.FireNext()) {
      }
    }
  }

  std::optional<json> Get(const std::string& name) {
    const auto object = store_.Get({"browsersessions.nekoplane.dev", "default", name});
    if (object == nullptr) return std::nullopt;
    return json::parse(object->bytes);
  }

  bool IsLive(const std::string& name) {
    const auto object = Get(name);
    return object && !object->at("metadata").contains("deletionTimestamp");
  }

  // What the reconciler does when a session is deleted.
  void FinishDeletion(const std::string& name) {
    registry_.Patch(*registry_.kinds().FindByResource("browsersessions.nekoplane.dev"), "default",
                    name, registry::PatchType::kMerge, {{"metadata", {{"finalizers", nullptr}}}},
                    registry::Subresource::kNone, {}, [](const auto&) {});
  }

  testing::FakeClock clock_;
  testing::FakeTimers timers_{clock_};
  SeededRandom random_{3};
  NullLogger log_;
  store::MemoryStore store_{"test"};
  registry::Registry registry_{store_, codec::KindTable::Builtin(), clock_, random_};
  FakeDirectory::Files files_;
  Report report_;
  std::unique_ptr<ManifestsFolder> folder_;
};

TEST_F(ManifestsFolderTest, AppliesAtTheStart) {
  files_.Put("a.yaml", Session("a"));
  files_.Put("notes.txt", "not ours");
  Start();
  EXPECT_TRUE(IsLive("a"));
  EXPECT_EQ(folder_->last_error(), "");
  EXPECT_EQ(report_.created, 1U);
  EXPECT_EQ(report_.files, 1U);
}

TEST_F(ManifestsFolderTest, ChangesAreAppliedWhenTheFolderStandsStill) {
  files_.Put("a.yaml", Session("a"));
  Start();
  files_.Put("a.yaml", Session("a", "https://b.org"));
  Look();
  EXPECT_EQ((*Get("a"))["spec"]["url"], "https://a.org") << "an editor may still be writing";
  Look();
  EXPECT_EQ((*Get("a"))["spec"]["url"], "https://b.org");
}

TEST_F(ManifestsFolderTest, FileThatKeepsChangingIsLeftAlone) {
  files_.Put("a.yaml", Session("a"));
  Start();
  for (int i = 0; i < 5; ++i) {
    files_.Put("a.yaml", "");  // truncated, being written
    Look();
  }
  EXPECT_TRUE(IsLive("a"));
}

TEST_F(ManifestsFolderTest, NothingIsWrittenWhileNothingChanges) {
  files_.Put("a.yaml", Session("a"));
  Start();
  const auto version = store_.Version();
  Look(60);
  EXPECT_EQ(store_.Version(), version);
  EXPECT_EQ(folder_->passes(), 1U);
}

TEST_F(ManifestsFolderTest, RestartFindsItsObjects) {
  files_.Put("a.yaml", Session("a"));
  files_.Put("b.yaml", Session("b"));
  Start();
  const auto version = store_.Version();
  folder_.reset();
  Start();
  EXPECT_EQ(store_.Version(), version);
  folder_.reset();
  files_.texts.erase("b.yaml");
  Start();
  EXPECT_TRUE(IsLive("a"));
  EXPECT_FALSE(IsLive("b"));
}

TEST_F(ManifestsFolderTest, RemovedObjectsAreDeletedAndOthersStay) {
  registry_.Create(*registry_.kinds().FindByResource("browsersessions.nekoplane.dev"), "default",
                   {{"metadata", {{"name", "theirs"}}}, {"spec", {{"url", "https://t.org"}}}}, {},
                   [](const auto& r) { ASSERT_TRUE(r); });
  files_.Put("a.yaml", Session("a") + "---\n" + Session("b"));
  Start();
  files_.Put("a.yaml", Session("a"));
  Look(2);
  EXPECT_TRUE(IsLive("a"));
  EXPECT_FALSE(IsLive("b"));
  EXPECT_TRUE(IsLive("theirs"));
}

TEST_F(ManifestsFolderTest, BrokenFileIsReportedAndChangesNothing) {
  files_.Put("a.yaml", Session("a") + "---\n" + Session("b"));
  files_.Put("c.yaml", Session("c"));
  Start();
  files_.Put("a.yaml", Session("a") + "---\nkind: [\n");
  files_.Put("c.yaml", Session("c", "https://new.org"));
  Look(2);
  EXPECT_TRUE(IsLive("a"));
  EXPECT_TRUE(IsLive("b"));
  EXPECT_EQ((*Get("c"))["spec"]["url"], "https://new.org") << "good files do not wait for bad ones";
  EXPECT_EQ(folder_->last_error().substr(0, 7), "a.yaml:") << folder_->last_error();
  EXPECT_EQ(report_.broken_files, 1U);
  files_.Put("a.yaml", Session("a"));
  Look(2);
  EXPECT_EQ(folder_->last_error(), "");
  EXPECT_FALSE(IsLive("b"));
}

TEST_F(ManifestsFolderTest, InvalidObjectIsReportedWithFileAndLine) {
  files_.Put("a.yaml", Session("good") + "---\n" + Session("bad", "ftp://x"));
  Start();
  EXPECT_TRUE(IsLive("good"));
  EXPECT_FALSE(IsLive("bad"));
  const std::string begin = "a.yaml:6: BrowserSession default/bad: ";
  EXPECT_EQ(folder_->last_error().substr(0, begin.size()), begin) << folder_->last_error();
  EXPECT_NE(folder_->last_error().find("spec.url"), std::string::npos);
  EXPECT_EQ(report_.failed, 1U);
}

TEST_F(ManifestsFolderTest, UnknownFieldIsReported) {
  files_.Put("a.yaml",
             "apiVersion: nekoplane.dev/v1alpha1\nkind: BrowserSession\n"
             "metadata: {name: a}\nspec: {uri: x}\n");
  Start();
  EXPECT_NE(folder_->last_error().find("unknown field \"spec.uri\""), std::string::npos)
      << folder_->last_error();
}

TEST_F(ManifestsFolderTest, MissingFolderDeletesNothing) {
  files_.Put("a.yaml", Session("a"));
  Start();
  files_.unreadable = true;
  Look(3);
  EXPECT_TRUE(IsLive("a"));
  EXPECT_NE(folder_->last_error(), "");
  files_.unreadable = false;
  Look(2);
  EXPECT_EQ(folder_->last_error(), "");
  EXPECT_TRUE(IsLive("a"));
}

TEST_F(ManifestsFolderTest, WhatFailsForOthersReasonsIsTriedAgain) {
  files_.Put("a.yaml",
             "apiVersion: nekoplane.dev/v1alpha1\nkind: BrowserSession\n"
             "metadata: {name: a, namespace: later}\nspec: {url: \"https://a.org\"}\n");
  Start();
  EXPECT_NE(folder_->last_error().find("namespaces \"later\" not found"), std::string::npos);
  registry_.Create(*registry_.kinds().FindByResource("namespaces"), "",
                   {{"metadata", {{"name", "later"}}}}, {}, [](const auto& r) { ASSERT_TRUE(r); });
  Look(11);
  EXPECT_EQ(folder_->last_error(), "");
  EXPECT_NE(store_.Get({"browsersessions.nekoplane.dev", "later", "a"}), nullptr);
}

TEST_F(ManifestsFolderTest, ObjectDeletedAndDeclaredAgainComesBack) {
  files_.Put("a.yaml", Session("a"));
  Start();
  files_.texts.erase("a.yaml");
  Look(2);
  EXPECT_FALSE(IsLive("a"));
  files_.Put("a.yaml", Session("a"));
  Look(2);
  EXPECT_FALSE(IsLive("a")) << "the old one is still going away";
  FinishDeletion("a");
  Look(11);
  EXPECT_TRUE(IsLive("a"));
}

TEST_F(ManifestsFolderTest, StoppedFolderDoesNothingMore) {
  Start();
  folder_->Stop();
  files_.Put("a.yaml", Session("a"));
  Look(5);
  EXPECT_FALSE(IsLive("a"));
  EXPECT_FALSE(timers_.NextDue().has_value());
}

// ---- the folder on disk ----

TEST(DirectoryReaderTest, ListsRegularFilesByNameAndReadsThem) {
  char pattern[] = "/tmp/nekoplane-manifests-XXXXXX";
  const std::string dir = mkdtemp(pattern);
  std::ofstream(dir + "/b.yaml") << "b";
  std::ofstream(dir + "/a.yaml") << "aa";
  std::ofstream(dir + "/.hidden.yaml") << "h";
  std::filesystem::create_directory(dir + "/sub.yaml");
  const auto reader = MakeDirectoryReader(dir);
  const auto entries = reader->List();
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].name, "a.yaml");
  EXPECT_EQ((*entries)[0].size, 2U);
  EXPECT_EQ(*reader->Read("a.yaml"), "aa");
  EXPECT_TRUE(reader->Read("gone.yaml").is(Code::kUnavailable));

  // An editor that replaces the file changes what is listed, even if the size stays.
  std::ofstream(dir + "/new") << "cc";
  std::filesystem::rename(dir + "/new", dir + "/a.yaml");
  EXPECT_NE(*reader->List(), *entries);
  std::filesystem::remove_all(dir);
  EXPECT_TRUE(reader->List().is(Code::kUnavailable));
}

TEST(DirectoryReaderTest, RefusesFilesBeyondTheLimit) {
  char pattern[] = "/tmp/nekoplane-manifests-XXXXXX";
  const std::string dir = mkdtemp(pattern);
  std::ofstream(dir + "/a.yaml") << std::string(3 * 1024 * 1024 + 1, '#');
  const auto text = MakeDirectoryReader(dir)->Read("a.yaml");
  ASSERT_TRUE(text.is(Code::kInvalid));
  EXPECT_EQ(text.error().reason, "TooLarge");
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace nekoplane::manifests
