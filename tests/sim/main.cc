// nekosim: many runs of the simulator, on all cores. See tests/sim/README.md.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/sim/campaign.h"
#include "tests/sim/scale.h"

int main(int argc, char** argv) {
  namespace sim = nekoplane::sim;
  sim::CampaignOptions options;
  std::string run;
  std::string corpus;
  bool verbose = false;
  bool scale = false;
  sim::ScaleOptions sizes;
  CLI::App app{
      "Runs the whole of nekoplane under faults, in one thread from one seed, many times over."};
  app.add_option("--scenarios", options.scenarios, "Folder of scenario files")
      ->capture_default_str();
  app.add_option("--scenario", options.only, "Only the scenario of that name");
  app.add_option("--seeds", options.seeds, "How many seeds, over all scenarios")
      ->capture_default_str();
  app.add_option("--first-seed", options.first, "The first of them")->capture_default_str();
  app.add_option("--minutes", options.minutes, "Go on for so long instead, with ever new seeds");
  app.add_option("--jobs", options.jobs, "Processes at a time (default: one per core)");
  app.add_option("--run", run, "Only this run, as a failing one names itself: \"chaos 17\"");
  app.add_option("--corpus", corpus, "Only the runs that the files of this folder name");
  app.add_flag("--verbose", verbose, "With --run: what happened");
  app.add_flag("--scale", scale,
               "Many machines and sessions instead of faults, and what one costs");
  app.add_option("--scale-nodes", sizes.nodes, "With --scale")->capture_default_str();
  app.add_option("--scale-sessions", sizes.sessions, "With --scale")->capture_default_str();
#ifdef NEKO_MUTANTS
  bool mutants = false;
  app.add_flag("--mutants", mutants, "Each known defect in turn: the invariants must find it");
  app.add_option("--mutant", options.mutants, "With --mutants: only those of these names");
#endif
  CLI11_PARSE(app, argc, argv);
#ifdef NEKO_MUTANTS
  if (mutants) return sim::RunMutants(options);
#endif
  if (scale) return sim::RunScale(sizes);
  if (!corpus.empty()) return sim::RunCorpus(options, corpus);
  if (!run.empty()) return sim::RunOne(options, run, verbose);
  return sim::RunCampaign(options);
}
