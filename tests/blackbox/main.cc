// nekoplane_kill: kills nekoplane again and again and looks for broken promises. Exit status: 0
// none, 1 some, 2 usage.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "api/base/random.h"
#include "tests/blackbox/run.h"

int main(int argc, char** argv) {
  using nekoplane::blackbox::RunReport;
  nekoplane::blackbox::RunOptions options{.kills = 1000};
  CLI::App app(
      "Kills nekoplane at random moments while clients work, and checks what they were promised.");
  app.add_option("--binary", options.binary, "nekoplane")->required()->check(CLI::ExistingFile);
  app.add_option("--folder", options.folder,
                 "where data is kept while it runs (default: a new one in TMPDIR)");
  app.add_option("--kills", options.kills)->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--kills-per-installation", options.kills_per_installation)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--writers", options.writers)->check(CLI::PositiveNumber)->capture_default_str();
  const auto* seed =
      app.add_option("--seed", options.seed, "repeats choices, not the timing (default: random)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (seed->empty()) options.seed = nekoplane::SystemRandom().Below(1'000'000);
  if (options.folder.empty()) {
    options.folder = (std::filesystem::temp_directory_path() / "nekoplane-kill-XXXXXX").string();
    if (mkdtemp(options.folder.data()) == nullptr) {
      std::cerr << "nekoplane_kill: cannot make " << options.folder << '\n';
      return 2;
    }
  }
  std::cout << "seed " << options.seed << ", data in " << options.folder << std::endl;
  const auto began = std::chrono::steady_clock::now();
  options.progress = [](const std::string& line) { std::cout << line << std::endl; };
  const RunReport report = nekoplane::blackbox::Run(options);
  for (const std::string& violation : report.violations) std::cout << violation << '\n';
  const auto took = std::chrono::steady_clock::now() - began;
  std::cout << "seed " << options.seed << ": " << Summary(report) << " in "
            << std::chrono::duration_cast<std::chrono::seconds>(took).count() << " s" << std::endl;
  if (report.violations.empty()) {
    std::filesystem::remove(options.folder);  // only if it is empty
    return 0;
  }
  std::cout << "kept: " << report.kept << " (data, nekoplane.log, history.txt)" << std::endl;
  return 1;
}
