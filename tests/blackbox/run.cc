#include "tests/blackbox/run.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "api/base/random.h"
#include "tests/blackbox/checker.h"
#include "tests/blackbox/history_file.h"
#include "tests/blackbox/installation.h"
#include "tests/blackbox/watcher.h"
#include "tests/blackbox/writer.h"

namespace nekoplane::blackbox {
namespace {

using std::chrono::milliseconds;

constexpr auto kReadyWithin = std::chrono::seconds(30);
constexpr auto kHeardWithin = std::chrono::seconds(20);
constexpr int kFirstStarts = 4;  // killed in any case: then keys, tokens and tables are made
constexpr std::size_t kViolationsShown = 50;

// One installation from its first start to the verdict.
class Experiment {
 public:
  Experiment(const RunOptions& options, std::string folder, std::uint64_t seed, RunReport& report)
      : report_(report), random_(seed), nekoplane_(options.binary, folder) {
    for (const Kind& kind : Kinds()) {
      watchers_.push_back(
          std::make_unique<Watcher>(kind, std::string("watcher of ") + kind.resource, recorder_));
    }
    for (const Kind* kind : WrittenKinds()) {
      sleepers_.push_back(std::make_unique<Watcher>(
          *kind, std::string("sleepy watcher of ") + kind->resource, recorder_));
    }
    for (int i = 0; i < options.writers; ++i)
      writers_.push_back(std::make_unique<Writer>(random_.Next64(), recorder_));
  }

  void Run(int kills);
  std::vector<std::string> Verdict() const;

  const Recorder& recorder() const { return recorder_; }

 private:
  bool Live();
  bool Settle();
  bool BecomeReady();
  bool LookAround(Api& api);

  void Pause(std::uint64_t from_ms, std::uint64_t to_ms) {
    std::this_thread::sleep_for(
        std::chrono::microseconds(from_ms * 1000 + random_.Below((to_ms - from_ms) * 1000)));
  }

  void StopClients();

  RunReport& report_;
  SeededRandom random_;
  Recorder recorder_;
  int lives_ = 0;
  Installation nekoplane_;
  std::vector<std::pair<Moment, Moment>> alive_;  // while clients were at work
  std::vector<std::unique_ptr<Watcher>> watchers_, sleepers_;
  std::vector<std::unique_ptr<Writer>> writers_;
};

void Experiment::Run(int kills) {
  for (int i = 0; i < kills; ++i) {
    if (!Live()) return;
    ++report_.kills;
  }
  Settle();
}

bool Experiment::BecomeReady() {
  if (nekoplane_.WaitReady(kReadyWithin)) return true;
  recorder_.Complain("nekoplane did not come back:\n" + nekoplane_.LogTail());
  return false;
}

// What survived: the first lists of a life.
bool Experiment::LookAround(Api& api) {
  for (const Kind& kind : Kinds()) {
    if (api.List(kind, recorder_)) continue;
    recorder_.Complain(std::string("no list of ") + kind.resource +
                       " from a process that is ready:\n" + nekoplane_.LogTail());
    return false;
  }
  return true;
}

bool Experiment::Live() {
  nekoplane_.Start();
  const std::uint64_t dice = random_.Below(100);
  if (dice < 15 || lives_++ < kFirstStarts) {
    Pause(1, 250);
    nekoplane_.Kill();
    recorder_.AddDeath();
    ++report_.kills_while_starting;
    return true;
  }
  if (!BecomeReady()) return false;
  const Endpoint endpoint = nekoplane_.endpoint();
  Api api(endpoint);
  if (!LookAround(api)) return false;
  const Moment began = recorder_.Now();
  for (const auto& watcher : watchers_) watcher->Watch(endpoint);
  if (random_.Below(3) == 0) {
    for (const auto& watcher : sleepers_) watcher->Watch(endpoint);
  }
  for (const auto& writer : writers_) writer->Begin(endpoint);
  Pause(2, 400);
  if (dice < 18) {
    // The second after the last write is when the WAL is emptied.
    for (const auto& writer : writers_) writer->BeginStop();
    Pause(950, 1200);
    ++report_.kills_when_quiet;
  }
  if (dice < 20) api.Call("DELETE", "/api/v1/namespaces/default/events");
  const bool alive = nekoplane_.Running();
  alive_.emplace_back(began, recorder_.Now());
  nekoplane_.Kill();
  recorder_.AddDeath();
  StopClients();
  if (!alive) recorder_.Complain("nekoplane ended by itself:\n" + nekoplane_.LogTail());
  return alive;
}

void Experiment::StopClients() {
  for (const auto& writer : writers_) writer->BeginStop();
  for (const auto& watcher : watchers_) watcher->BeginStop();
  for (const auto& watcher : sleepers_) watcher->BeginStop();
  for (const auto& writer : writers_) writer->Stop();
  for (const auto& watcher : watchers_) watcher->Stop();
  for (const auto& watcher : sleepers_) watcher->Stop();
}

// Once more, in peace: everybody hears everything, lists and single reads agree, and SIGTERM is
// obeyed.
bool Experiment::Settle() {
  nekoplane_.Start();
  if (!BecomeReady()) return false;
  const Endpoint endpoint = nekoplane_.endpoint();
  for (const auto& watcher : watchers_) watcher->Watch(endpoint);
  for (const auto& watcher : sleepers_) watcher->Watch(endpoint);
  Api api(endpoint);
  std::this_thread::sleep_for(milliseconds(500));
  std::uint64_t newest = 0;
  for (const Kind& kind : Kinds()) {
    const auto listing = api.List(kind, recorder_);
    if (!listing) return false;
    newest = std::max(newest, listing->version);
    for (const State& state : listing->items) {
      if (IsOurs(state.key)) api.Get(kind, state.key.substr(state.key.rfind('/') + 1), recorder_);
    }
  }
  recorder_.SetCompleteUntil(newest);
  // Who is still missing then is named by the checker.
  (void)integration::Eventually(kHeardWithin, [&] { return recorder_.CompleteUntil(newest); });
  StopClients();
  const int status = nekoplane_.Terminate(std::chrono::seconds(5));
  if (status != 0)
    recorder_.Complain("SIGTERM: exit status " + std::to_string(status) + ":\n" +
                       nekoplane_.LogTail());
  return true;
}

std::vector<std::string> Experiment::Verdict() const {
  std::vector<std::string> out;
  for (const Violation& violation : Check(recorder_.history()))
    out.push_back(violation.rule + ": " + violation.text);
  for (const Write& write : recorder_.history().writes) {
    const auto life =
        std::lower_bound(alive_.begin(), alive_.end(), std::pair(write.invoked, Moment{0}));
    if (write.result == Write::Result::kUnknown && life != alive_.begin() &&
        write.answered < (life - 1)->second)
      out.push_back("no answer to " + write.mark + " of " + write.key +
                    " from a process that was alive");
  }
  for (std::string& complaint : recorder_.Complaints()) out.push_back(std::move(complaint));
  return out;
}

void Add(const Tally& more, Tally& sum) {
  sum.acknowledged += more.acknowledged;
  sum.unknown += more.unknown;
  sum.refused += more.refused;
  sum.reads += more.reads;
  sum.lists += more.lists;
  sum.events += more.events;
  sum.expired += more.expired;
}

}  // namespace

RunReport Run(const RunOptions& options) {
  RunReport report;
  SeededRandom random(options.seed);
  for (int n = 0; report.kills < options.kills && report.violations.empty(); ++n) {
    const std::string folder = options.folder + "/installation-" + std::to_string(n);
    Experiment experiment(options, folder, random.Next64(), report);
    experiment.Run(std::min(options.kills - report.kills, options.kills_per_installation));
    Add(experiment.recorder().Count(), report.tally);
    report.violations = experiment.Verdict();
    if (report.violations.size() > kViolationsShown) report.violations.resize(kViolationsShown);
    if (report.violations.empty()) {
      std::filesystem::remove_all(folder);
    } else {
      report.kept = folder;
      WriteHistory(experiment.recorder().history(), folder + "/history.txt");
    }
    if (options.progress) options.progress(Summary(report));
  }
  return report;
}

std::string Summary(const RunReport& report) {
  const Tally& tally = report.tally;
  return std::to_string(report.kills) + " kills (" + std::to_string(report.kills_while_starting) +
         " while starting, " + std::to_string(report.kills_when_quiet) + " when quiet), " +
         std::to_string(tally.acknowledged) + " acknowledged writes, " +
         std::to_string(tally.unknown) + " unknown, " + std::to_string(tally.refused) +
         " refused, " + std::to_string(tally.events) + " watch events, " +
         std::to_string(tally.reads) + " reads, " + std::to_string(tally.lists) + " lists, " +
         std::to_string(tally.expired) + " expired, " + std::to_string(report.violations.size()) +
         " violations";
}

}  // namespace nekoplane::blackbox
