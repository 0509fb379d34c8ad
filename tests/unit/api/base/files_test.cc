#include "api/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace nekoplane {
namespace {

class SystemFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "neko-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
  }

  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string dir_;
  SystemFiles files_;
};

unsigned ModeOf(const std::string& path) {
  struct stat info {};

  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 0777;
}

TEST_F(SystemFilesTest, ReadsWhatItWrote) {
  const std::string path = dir_ + "/a";
  const std::string text("line\n\0 end", 10);
  ASSERT_TRUE(files_.WriteAtomic(path, text, 0600));
  EXPECT_EQ(files_.Read(path).value(), text);
  EXPECT_EQ(ModeOf(path), 0600u);
  ASSERT_TRUE(files_.WriteAtomic(path, "new", 0644));
  EXPECT_EQ(files_.Read(path).value(), "new");
  EXPECT_EQ(ModeOf(path), 0644u);
}

TEST_F(SystemFilesTest, LeavesNothingElseBehind) {
  ASSERT_TRUE(files_.WriteAtomic(dir_ + "/a", "x", 0600));
  std::filesystem::create_directory(dir_ + "/folder");
  EXPECT_TRUE(files_.WriteAtomic(dir_ + "/folder", "x", 0600).is(Code::kUnavailable));
  EXPECT_TRUE(files_.WriteAtomic(dir_ + "/none/a", "x", 0600).is(Code::kUnavailable));
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_)) ++entries;
  EXPECT_EQ(entries, 2u);
}

TEST_F(SystemFilesTest, TellsAbsentFromUnreadable) {
  EXPECT_TRUE(files_.Read(dir_ + "/none").is(Code::kNotFound));
  EXPECT_TRUE(files_.Read(dir_).is(Code::kUnavailable));
  EXPECT_FALSE(files_.Exists(dir_ + "/none").value());
  EXPECT_TRUE(files_.Exists(dir_).value());
}

TEST_F(SystemFilesTest, RefusesFilesThatAreTooLarge) {
  ASSERT_TRUE(files_.WriteAtomic(dir_ + "/a", "", 0600));
  ASSERT_EQ(::truncate((dir_ + "/a").c_str(), (16 << 20) + 1), 0);
  EXPECT_TRUE(files_.Read(dir_ + "/a").is(Code::kInvalid));
}

TEST_F(SystemFilesTest, MakesFoldersAndThoseAboveThem) {
  ASSERT_TRUE(files_.MakeFolders(dir_ + "/a/b/c", 0700));
  ASSERT_TRUE(files_.MakeFolders(dir_ + "/a/b/c/", 0700));
  EXPECT_EQ(ModeOf(dir_ + "/a/b"), 0700u);
  ASSERT_TRUE(files_.WriteAtomic(dir_ + "/file", "", 0600));
  EXPECT_TRUE(files_.MakeFolders(dir_ + "/file", 0700).is(Code::kUnavailable));
  EXPECT_TRUE(files_.MakeFolders(dir_ + "/file/x", 0700).is(Code::kUnavailable));
}

}  // namespace
}  // namespace nekoplane
