#include "tests/sim/campaign.h"

#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "api/base/mutant.h"
#include "tests/sim/run.h"
#include "tests/sim/tally.h"

namespace nekoplane::sim {
namespace {

using Wall = std::chrono::steady_clock;

constexpr unsigned kHang = 60;          // seconds of a run, after which it counts as hanging
constexpr std::uint64_t kTwice = 1000;  // each so-manieth seed is run twice
constexpr int kTellFailures = 5;

struct Campaign {
  std::vector<Scenario> scenarios;
  std::uint64_t first = 1, seeds = 0;
  std::optional<Wall::time_point> until;
  int jobs = 1;

  // Mixed, so that no worker gets all the long ones.
  const Scenario& ScenarioOf(std::uint64_t seed) const {
    const std::uint64_t draw = (seed * 0x9e3779b97f4a7c15ULL) >> 32;
    const std::size_t at = draw % scenarios.size();
    // A long one leaves most of its turns to the next, so that a campaign is no slower for it.
    const bool yields =
        draw / scenarios.size() % static_cast<unsigned>(std::max(1, scenarios[at].rare)) != 0;
    return scenarios[yields ? (at + 1) % scenarios.size() : at];
  }
};

std::optional<Campaign> Prepare(const CampaignOptions& options) {
  auto scenarios = LoadScenarios(options.scenarios);
  if (!scenarios) {
    std::fprintf(stderr, "nekosim: %s\n", scenarios.error().message.c_str());
    return std::nullopt;
  }
  Campaign campaign;
  for (auto& scenario : *scenarios) {
    if (options.only.empty() || scenario.name == options.only) {
      campaign.scenarios.push_back(std::move(scenario));
    }
  }
  if (campaign.scenarios.empty()) {
    std::fprintf(stderr, "nekosim: no scenario is called %s\n", options.only.c_str());
    return std::nullopt;
  }
  campaign.first = options.first;
  campaign.seeds = options.seeds;
  if (options.minutes > 0) {
    campaign.seeds = ~0ULL;
    campaign.until = Wall::now() + std::chrono::duration_cast<Wall::duration>(
                                       std::chrono::duration<double>(options.minutes * 60));
  }
  campaign.jobs =
      options.jobs > 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  return campaign;
}

// One worker process and what it says over its pipe, line by line.
struct Worker {
  pid_t pid = -1;
  int pipe = -1;
  std::string text;        // not yet a whole line
  std::uint64_t next = 0;  // the seed it is at
  bool finished = false;
};

void Say(int pipe, const std::string& line) {
  const std::string text = line + "\n";
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = write(pipe, text.data() + at, text.size() - at);
    if (n <= 0) _exit(3);
    at += static_cast<std::size_t>(n);
  }
}

// In the child: runs its seeds, tells each before and after. `stride`: how many workers share.
[[noreturn]] void Work(const Campaign& campaign, int pipe, std::uint64_t seed,
                       std::uint64_t stride) {
  for (; seed - campaign.first < campaign.seeds; seed += stride) {
    if (campaign.until && Wall::now() >= *campaign.until) break;
    Say(pipe, "seed " + std::to_string(seed));
    alarm(kHang);
    const Scenario& scenario = campaign.ScenarioOf(seed);
    const Outcome outcome = Run(scenario, seed);
    Say(pipe, ToText(outcome));
    if (!outcome.ok()) {
      std::string what;
      for (const auto& line : outcome.wrong) what += (what.empty() ? "" : "\t") + line;
      std::replace(what.begin(), what.end(), '\n', ' ');
      Say(pipe, "fail " + what);
    } else if (seed % kTwice == 0) {
      alarm(kHang);
      const bool same = Run(scenario, seed).trace == outcome.trace;
      Say(pipe, same ? "twice" : "fail D: the same seed went another way");
    }
  }
  Say(pipe, "end");
  _exit(0);
}

struct Failure {
  std::uint64_t seed = 0;
  std::string what;
};

class Runner {
 public:
  explicit Runner(const Campaign& campaign) : campaign_(campaign), start_(Wall::now()) {}

  int Go() {
    const auto stride = static_cast<std::uint64_t>(campaign_.jobs);
    workers_.resize(stride);
    for (std::uint64_t i = 0; i < stride; ++i) Begin(workers_[i], campaign_.first + i);
    while (Listen()) Progress();
    for (std::size_t i = 0; i < failures_.size() && i < kTellFailures; ++i) Tell(failures_[i]);
    Close();
    return failures_.empty() ? 0 : 1;
  }

 private:
  void Begin(Worker& worker, std::uint64_t seed) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    std::fflush(nullptr);
    worker.next = seed;
    worker.text.clear();
    worker.pid = fork();
    if (worker.pid == 0) {
      close(ends[0]);
      Work(campaign_, ends[1], seed, static_cast<std::uint64_t>(campaign_.jobs));
    }
    close(ends[1]);
    worker.pipe = ends[0];
  }

  // False: all have ended.
  bool Listen() {
    fd_set readable;
    FD_ZERO(&readable);
    int highest = -1;
    for (const Worker& worker : workers_) {
      if (worker.finished) continue;
      FD_SET(worker.pipe, &readable);
      highest = std::max(highest, worker.pipe);
    }
    if (highest < 0) return false;
    timeval wait{1, 0};
    if (select(highest + 1, &readable, nullptr, nullptr, &wait) <= 0) return true;
    for (Worker& worker : workers_) {
      if (!worker.finished && FD_ISSET(worker.pipe, &readable)) Hear(worker);
    }
    return true;
  }

  void Hear(Worker& worker) {
    char buffer[1 << 16];
    const ssize_t n = read(worker.pipe, buffer, sizeof buffer);
    if (n <= 0) return Ended(worker);
    worker.text.append(buffer, static_cast<std::size_t>(n));
    std::size_t from = 0;
    for (std::size_t end = 0; (end = worker.text.find('\n', from)) != std::string::npos;
         from = end + 1) {
      Line(worker, std::string_view(worker.text).substr(from, end - from));
    }
    worker.text.erase(0, from);
  }

  void Line(Worker& worker, std::string_view line) {
    if (line.starts_with("seed ")) {
      worker.next = std::strtoull(line.data() + 5, nullptr, 10);
    } else if (line.starts_with("fail ")) {
      Note(worker.next, std::string(line.substr(5)));
    } else if (line == "twice") {
      ++twice_;
    } else if (line == "end") {
      worker.finished = true;
      close(worker.pipe);
      waitpid(worker.pid, nullptr, 0);
    } else {
      tally_.Add(line);
    }
  }

  // Without a word: it crashed, or hung. The others go on, and so does another in its place.
  void Ended(Worker& worker) {
    close(worker.pipe);
    int status = 0;
    waitpid(worker.pid, &status, 0);
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    Note(worker.next,
         signal == SIGALRM ? "L5: it hangs" : "it ended with signal " + std::to_string(signal));
    if (failures_.size() >= 20) {
      worker.finished = true;
    } else {
      Begin(worker, worker.next + static_cast<std::uint64_t>(campaign_.jobs));
    }
  }

  // Told at once too, since the fewest faults that it takes are looked for only at the end.
  void Note(std::uint64_t seed, std::string what) {
    std::fprintf(stderr, "failed: %s %llu: %s\n", campaign_.ScenarioOf(seed).name.c_str(),
                 static_cast<unsigned long long>(seed), what.substr(0, what.find('\t')).c_str());
    failures_.push_back({seed, std::move(what)});
  }

  void Progress() {
    const auto now = Wall::now();
    if (now - told_ < std::chrono::seconds(isatty(2) ? 2 : 60)) return;
    if (told_ != Wall::time_point{}) {
      std::fprintf(stderr, "%s, %zu failures\n", tally_.Summary(Seconds()).c_str(),
                   failures_.size());
    }
    told_ = now;
  }

  double Seconds() const { return std::chrono::duration<double>(Wall::now() - start_).count(); }

  void Tell(const Failure& failure) {
    const Scenario& scenario = campaign_.ScenarioOf(failure.seed);
    RunId id{scenario.name, failure.seed, {}};
    if (failure.what.find("signal") == std::string::npos &&
        failure.what.find("hangs") == std::string::npos) {
      id = Minimise(scenario, id);
    }
    std::string what = failure.what;
    std::replace(what.begin(), what.end(), '\t', '\n');
    std::printf("FAILED: repeat with ./dev sim --run \"%s\"\n%s\n", ToLine(id).c_str(),
                what.c_str());
  }

  void Close() {
    const auto missed = tally_.NotCrashedAt();
    if (!missed.empty()) {
      std::string list;
      for (const auto& point : missed) list += (list.empty() ? "" : ", ") + point;
      std::printf("never crashed at: %s\n", list.c_str());
    }
    std::printf("faults:%s\n", tally_.Faults().c_str());
    std::printf("sim: %s, %llu run twice, %zu violations\n", tally_.Summary(Seconds()).c_str(),
                static_cast<unsigned long long>(twice_), failures_.size());
  }

  const Campaign& campaign_;
  const Wall::time_point start_;
  Wall::time_point told_{};
  std::vector<Worker> workers_;
  std::vector<Failure> failures_;
  Tally tally_;
  std::uint64_t twice_ = 0;
};

}  // namespace

namespace {

// The lines of all files of a corpus, without comments.
std::vector<std::string> RunsOf(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".runs") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> runs;
  for (const auto& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      line = line.substr(0, line.find('#'));
      line.erase(line.find_last_not_of(' ') + 1);
      if (!line.empty()) runs.push_back(line);
    }
  }
  return runs;
}

}  // namespace

int RunCampaign(const CampaignOptions& options) {
  const auto campaign = Prepare(options);
  if (!campaign) return 2;
  return Runner(*campaign).Go();
}

int RunOne(const CampaignOptions& options, const std::string& run, bool verbose) {
  const auto campaign = Prepare(options);
  if (!campaign) return 2;
  const auto id = ParseRunId(run);
  if (!id) {
    std::fprintf(stderr, "nekosim: %s\n", id.error().message.c_str());
    return 2;
  }
  for (const Scenario& scenario : campaign->scenarios) {
    if (scenario.name != id->scenario) continue;
    const Outcome outcome = Run(scenario, id->seed, id->mercy);
    for (const auto& line : outcome.wrong) std::printf("%s\n", line.c_str());
    Tally tally;
    tally.Add(ToText(outcome));
    if (verbose) {
      std::printf("faults:%s\ntold:", tally.Faults().c_str());
      for (const auto& [reason, count] : outcome.told) std::printf(" %s %d", reason.c_str(), count);
      std::printf("\nanswers:");
      for (const auto& [status, count] : outcome.answers) std::printf(" %d: %d", status, count);
      std::printf("\ntrace %016llx\n", static_cast<unsigned long long>(outcome.trace));
    }
    std::printf("%s: %s\n", ToLine(*id).c_str(), outcome.ok() ? "all went well" : "FAILED");
    return outcome.ok() ? 0 : 1;
  }
  std::fprintf(stderr, "nekosim: no scenario is called %s\n", id->scenario.c_str());
  return 2;
}

int RunCorpus(const CampaignOptions& options, const std::string& folder) {
  const auto runs = RunsOf(folder);
  int failed = 0;
  for (const auto& run : runs) {
    if (RunOne(options, run, false) != 0) ++failed;
  }
  std::printf("corpus: %zu runs, %d failed\n", runs.size(), failed);
  if (!runs.empty()) return failed == 0 ? 0 : 1;
  std::fprintf(stderr, "nekosim: no runs in %s\n", folder.c_str());
  return 2;
}

#ifdef NEKO_MUTANTS
namespace {

struct Defect {
  const char* name;
  Mutant mutant;
  const char* sentence;
};

const std::vector<Defect>& Defects() {
#define NEKO_DEFECT(name, sentence) {#name, Mutant::name, sentence},
  static const auto* all = new std::vector<Defect>{NEKO_MUTANT_LIST(NEKO_DEFECT)};
#undef NEKO_DEFECT
  return *all;
}

// All, or those of these names; none, and says why, if there is none of such a name.
std::vector<Defect> Chosen(const std::vector<std::string>& names) {
  if (names.empty()) return Defects();
  std::vector<Defect> chosen;
  for (const auto& name : names) {
    const auto it = std::find_if(Defects().begin(), Defects().end(),
                                 [&](const Defect& defect) { return defect.name == name; });
    if (it == Defects().end()) {
      std::fprintf(stderr, "nekosim: no mutant is called %s\n", name.c_str());
      return {};
    }
    chosen.push_back(*it);
  }
  return chosen;
}

// "" = nothing was found.
std::string Finding(const Scenario& scenario, const RunId& id) {
  alarm(kHang);
  const Outcome outcome = Run(scenario, id.seed, id.mercy);
  if (outcome.ok()) return "";
  std::string what = outcome.wrong.front();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return "killed at " + ToLine(id) + " by " + what;
}

// In a child: the first run that something is found at, of those kept and then of the seeds.
std::string Hunt(const Campaign& campaign, Mutant mutant, const std::vector<RunId>& kept) {
  active_mutant = mutant;
  for (const RunId& id : kept) {
    for (const Scenario& scenario : campaign.scenarios) {
      if (scenario.name != id.scenario) continue;
      if (auto found = Finding(scenario, id); !found.empty()) return found;
    }
  }
  for (std::uint64_t seed = campaign.first; seed - campaign.first < campaign.seeds; ++seed) {
    const Scenario& scenario = campaign.ScenarioOf(seed);
    if (auto found = Finding(scenario, {scenario.name, seed, {}}); !found.empty()) return found;
  }
  return "SURVIVED " + std::to_string(campaign.seeds) + " seeds";
}

// One mutant in a process of its own, since it may crash or hang.
struct Hunter {
  pid_t pid = -1;
  int pipe = -1;
  std::size_t defect = 0;
};

Hunter SendHunter(const Campaign& campaign, Mutant mutant, const std::vector<RunId>& kept,
                  std::size_t defect) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    Say(ends[1], Hunt(campaign, mutant, kept));
    _exit(0);
  }
  close(ends[1]);
  return {child, ends[0], defect};
}

// What the hunter that ended with `status` has found.
std::string Verdict(const Hunter& hunter, int status) {
  char buffer[4096];  // one line, and less than a pipe holds
  const ssize_t size = read(hunter.pipe, buffer, sizeof buffer);
  close(hunter.pipe);
  if (WIFSIGNALED(status)) {
    return WTERMSIG(status) == SIGALRM ? "killed by L5: it hangs" : "killed by a broken NEKO_CHECK";
  }
  const std::string_view text(buffer, size > 0 ? static_cast<std::size_t>(size) : 0);
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

int RunMutants(const CampaignOptions& options) {
  const auto campaign = Prepare(options);
  if (!campaign) return 2;
  const auto defects = Chosen(options.mutants);
  if (defects.empty()) return 2;
  std::vector<RunId> kept;
  for (const auto& run : RunsOf(options.corpus)) {
    if (const auto id = ParseRunId(run)) kept.push_back(*id);
  }
  std::vector<Hunter> out;
  std::vector<std::size_t> survivors;
  for (std::size_t next = 0; next < defects.size() || !out.empty();) {
    if (next < defects.size() && out.size() < static_cast<std::size_t>(campaign->jobs)) {
      out.push_back(SendHunter(*campaign, defects[next].mutant, kept, next));
      ++next;
      continue;
    }
    int status = 0;
    const pid_t ended = waitpid(-1, &status, 0);
    const auto hunter =
        std::find_if(out.begin(), out.end(), [&](const Hunter& h) { return h.pid == ended; });
    if (hunter == out.end()) std::abort();
    const std::string verdict = Verdict(*hunter, status);
    if (verdict.starts_with("SURVIVED")) survivors.push_back(hunter->defect);
    std::printf("%-28s %s\n", defects[hunter->defect].name, verdict.c_str());
    std::fflush(stdout);
    out.erase(hunter);
  }
  for (const std::size_t i : survivors) {
    std::printf("survived: %s: %s\n", defects[i].name, defects[i].sentence);
  }
  std::printf("mutants: %zu of %zu killed\n", defects.size() - survivors.size(), defects.size());
  return survivors.empty() ? 0 : 1;
}
#endif

}  // namespace nekoplane::sim
