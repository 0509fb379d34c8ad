#include "api/auth/tokens.h"

#include <gtest/gtest.h>

#include <map>

namespace nekoplane::auth {
namespace {

class MemoryFiles final : public Files {
 public:
  Result<std::string> Read(const std::string& path) const override {
    const auto it = files.find(path);
    if (it == files.end()) return MakeStatus(Code::kNotFound, "NoFile", path);
    return it->second;
  }

  Result<void> WriteAtomic(const std::string& path, std::string_view contents,
                           unsigned mode) override {
    if (full) return MakeStatus(Code::kUnavailable, "WriteFailed", "disk full");
    files[path] = std::string(contents);
    modes[path] = mode;
    return {};
  }

  Result<bool> Exists(const std::string& path) const override { return files.contains(path); }

  Result<void> MakeFolders(const std::string&, unsigned) override { return {}; }

  std::map<std::string, std::string> files;
  std::map<std::string, unsigned> modes;
  bool full = false;
};

class TokensTest : public testing::Test {
 protected:
  SystemClock clock_;
  SeededRandom random_{1};
  MemoryFiles files_;
};

TEST_F(TokensTest, ATokenIsFoundAfterAReloadAndItsTextIsNowhere) {
  auto store = TokenStore::Load("tokens.json", files_);
  ASSERT_TRUE(store);
  const auto plain = (*store)->Create("ana", Role::kEdit, clock_, random_);
  ASSERT_TRUE(plain);
  EXPECT_EQ(files_.files["tokens.json"].find(*plain), std::string::npos);
  EXPECT_EQ(files_.modes["tokens.json"], 0600u);
  const auto again = TokenStore::Load("tokens.json", files_);
  const auto found = (*again)->Find(*plain);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "ana");
  EXPECT_EQ(found->role, Role::kEdit);
  EXPECT_FALSE((*again)->Find(*plain + "x"));
  EXPECT_FALSE((*again)->Find(""));
}

TEST_F(TokensTest, ARevokedTokenIsUnknown) {
  auto store = TokenStore::Load("tokens.json", files_);
  const auto plain = (*store)->Create("ana", Role::kView, clock_, random_);
  EXPECT_TRUE((*store)->Create("ana", Role::kView, clock_, random_).is(Code::kAlreadyExists));
  EXPECT_TRUE((*store)->Revoke("ana"));
  EXPECT_FALSE((*store)->Find(*plain));
  EXPECT_TRUE((*store)->Revoke("ana").is(Code::kNotFound));
}

TEST_F(TokensTest, AFullDiskChangesNothing) {
  auto store = TokenStore::Load("tokens.json", files_);
  files_.full = true;
  EXPECT_TRUE((*store)->Create("ana", Role::kView, clock_, random_).is(Code::kUnavailable));
  EXPECT_TRUE((*store)->List().empty());
}

TEST_F(TokensTest, DamagedFilesAreReportedWithWhatToDo) {
  for (const char* text : {"", "{", "[]", R"({"tokens":[{}]})",
                           R"({"tokens":[{"name":"a","role":"king","sha256":"x"}]})"}) {
    files_.files["tokens.json"] = text;
    const auto store = TokenStore::Load("tokens.json", files_);
    ASSERT_FALSE(store) << text;
    EXPECT_EQ(store.error().reason, "TokensDamaged");
  }
}

TEST_F(TokensTest, TheTokenFileIsKeptWhileItIsValid) {
  auto store = TokenStore::Load("tokens.json", files_);
  const auto first = EnsureTokenFile(**store, files_, "t", "admin", Role::kAdmin, clock_, random_);
  const auto second = EnsureTokenFile(**store, files_, "t", "admin", Role::kAdmin, clock_, random_);
  EXPECT_EQ(*first, *second);
  files_.files.erase("t");
  const auto third = EnsureTokenFile(**store, files_, "t", "admin", Role::kAdmin, clock_, random_);
  EXPECT_NE(*first, *third);
  EXPECT_FALSE((*store)->Find(*first));
  EXPECT_TRUE((*store)->Find(*third));
}

}  // namespace
}  // namespace nekoplane::auth
