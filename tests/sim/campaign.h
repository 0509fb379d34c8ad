// Many runs, in several processes, and their sum in one line.
//
// A worker process runs seeds and writes its sums to a pipe; one that ends otherwise (a crash, a
// hang beyond kHang) counts as a failure of the seed it was at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace nekoplane::sim {

struct CampaignOptions {
  std::string scenarios = "tests/sim/scenarios";
  std::string only;
  std::uint64_t seeds = 2000;
  std::uint64_t first = 1;
  double minutes = 0;
  int jobs = 0;
  std::vector<std::string> mutants;         // only these; none = all
  std::string corpus = "tests/sim/corpus";  // runs that mutants are tried at first
};

// Exit statuses: 0 = all went well, 1 = violations (each told with the line that repeats it),
// 2 = the options make no sense.
int RunCampaign(const CampaignOptions& options);
int RunOne(const CampaignOptions& options, const std::string& run, bool verbose);
// Every run that a file of `folder` names, one in a line; '#' begins a comment.
int RunCorpus(const CampaignOptions& options, const std::string& folder);
// Only with NEKO_MUTANTS.
int RunMutants(const CampaignOptions& options);

}  // namespace nekoplane::sim
