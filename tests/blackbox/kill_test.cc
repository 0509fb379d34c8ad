#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "api/base/random.h"
#include "tests/blackbox/run.h"

namespace nekoplane::blackbox {
namespace {

// ./dev kill is the long one. NEKO_KILL_SEED repeats a run's choices.
TEST(KillTest, NothingThatWasPromisedIsLostByKillingTheProcess) {
  const char* given = std::getenv("NEKO_KILL_SEED");
  RunOptions options{
      .binary = std::string(NEKO_BIN_DIR) + "/nekoplane",
      .folder = (std::filesystem::temp_directory_path() / "nekoplane-kill-XXXXXX").string(),
      .seed = given != nullptr ? std::stoull(given) : SystemRandom().Below(1'000'000),
      .kills = 20};
  ASSERT_NE(mkdtemp(options.folder.data()), nullptr);
  const RunReport report = blackbox::Run(options);
  const std::string what = "seed " + std::to_string(options.seed) + ": " + Summary(report);
  std::cout << what << '\n';
  for (const std::string& violation : report.violations) ADD_FAILURE() << violation;
  EXPECT_EQ(report.kills, options.kills) << what;
  // A run in which nobody got to do anything would prove nothing.
  EXPECT_GT(report.tally.acknowledged, 20u) << what;
  EXPECT_GT(report.tally.events, 20u) << what;
  if (HasFailure()) {
    std::cout << "kept: " << options.folder << '\n';
  } else {
    std::filesystem::remove_all(options.folder);
  }
}

}  // namespace
}  // namespace nekoplane::blackbox
