// Every file of every corpus as an ordinary test, in every build: seeds, and what fuzzing has
// found.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <ostream>
#include <set>

#include "tests/fuzz/fuzz.h"

namespace nekoplane::fuzz {

void Broken(const char* file, int line, const char* promise) {
  ADD_FAILURE_AT(file, line) << "broken promise: " << promise;
}

void PrintTo(const Target& target, std::ostream* os) { *os << target.name; }

namespace {

const std::filesystem::path kCorpus = NEKO_FUZZ_CORPUS;

std::vector<std::filesystem::path> FilesOf(const std::string& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus / target)) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

class FuzzCorpus : public testing::TestWithParam<Target> {};

TEST_P(FuzzCorpus, IsHandledAsPromised) {
  const Target& target = GetParam();
  const auto files = FilesOf(target.name);
  EXPECT_GE(files.size(), 10U);
  for (const auto& path : files) {
    SCOPED_TRACE(path.string());
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    // Exactly as long as the input: a sanitizer sees the first byte read beyond it.
    const std::unique_ptr<char[]> bytes(new char[text.size()]);
    std::copy(text.begin(), text.end(), bytes.get());
    target.run({bytes.get(), text.size()});
  }
}

INSTANTIATE_TEST_SUITE_P(Replay, FuzzCorpus, testing::ValuesIn(Targets()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(FuzzCorpusFolders, BelongToATargetEach) {
  std::set<std::string> folders, names;
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus)) {
    folders.insert(entry.path().filename().string());
  }
  for (const Target& target : Targets()) names.insert(target.name);
  EXPECT_EQ(folders, names);
}

}  // namespace
}  // namespace nekoplane::fuzz
