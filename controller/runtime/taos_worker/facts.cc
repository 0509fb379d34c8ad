#include "controller/runtime/taos_worker/facts.h"

#include <algorithm>
#include <cmath>

namespace nekoplane::runtime::taos {
namespace {

constexpr char kEngineName[] = "taos-worker";
constexpr std::int64_t kMiB = std::int64_t{1} << 20;

}  // namespace

Result<NodeFacts> FactsOf(const WorkerReport& report, MonoTime now) {
  const auto silent = [](const char* reason, std::string message) {
    return MakeStatus(Code::kUnavailable, reason, std::move(message));
  };
  if (now - report.at > kSilentAfter) {
    return silent("NoHeartbeat", "no heartbeat since " + FormatTime(report.wall));
  }
  if (!report.online)
    return silent("WorkerNotOnline", "the worker says that it is " + report.status);
  if (!report.browsers) {
    return silent("NoBrowserCapability", "the worker does not offer browsers (any more)");
  }
  NodeFacts facts;
  facts.memory_bytes = report.ram_mb * kMiB;
  facts.cores = report.cores;
  facts.arch = report.arch;
  facts.soc = report.soc;
  facts.gpu = report.gpu;
  facts.load_percent = std::lround(std::clamp(report.load, 0.0, 1.0) * 100);
  facts.engine_name = kEngineName;
  return facts;
}

NodeFacts FactsOf(const Declaration& declared) {
  NodeFacts facts;
  facts.memory_bytes = declared.memory_bytes;
  facts.cores = declared.cores;
  facts.arch = declared.arch;
  facts.soc = declared.soc;
  facts.gpu = declared.gpu;
  facts.engine_name = kEngineName;
  return facts;
}

}  // namespace nekoplane::runtime::taos
