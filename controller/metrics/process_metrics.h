// The standard process_* metrics, read from /proc at each scrape, under the names that every
// Prometheus client library uses.
//
// Thread safety: any thread may call. What cannot be read is left out of the scrape.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nekoplane::metrics {

// What /proc/PID/stat says, in its own units.
struct ProcessStat {
  std::int64_t cpu_ticks = 0;  // user and system
  std::int64_t threads = 0;
  std::int64_t start_ticks = 0;  // since boot
  std::int64_t virtual_bytes = 0;
  std::int64_t resident_pages = 0;
};

// nullopt if it is not that format. The name of the program may hold anything, ")" included.
std::optional<ProcessStat> ParseProcessStat(std::string_view text);
// The line "btime N" of /proc/stat: seconds since the epoch.
std::optional<std::int64_t> ParseBootTime(std::string_view text);

class ProcessCollector final : public prometheus::Collectable {
 public:
  explicit ProcessCollector(std::string proc = "/proc");
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string proc_;
  const std::int64_t ticks_per_second_, page_bytes_;
};

}  // namespace nekoplane::metrics
