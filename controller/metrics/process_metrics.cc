#include "controller/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

namespace nekoplane::metrics {

namespace {

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The open descriptors, without the one that counting takes.
std::optional<std::int64_t> CountDescriptors(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  std::int64_t count = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error) return std::nullopt;
  return count - 1;
}

prometheus::MetricFamily Family(std::string name, std::string help, prometheus::MetricType type,
                                double value) {
  prometheus::MetricFamily family{std::move(name), std::move(help), type, {}};
  auto& metric = family.metric.emplace_back();
  (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return family;
}

}  // namespace

std::optional<ProcessStat> ParseProcessStat(std::string_view text) {
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  // Field 3 (state) comes first; the ones needed are 14, 15, 20, 22, 23 and 24, see proc(5).
  std::array<std::string_view, 25> fields;
  std::size_t index = 3;
  while (index < fields.size()) {
    const auto begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return std::nullopt;
    const auto end = std::min(text.find_first_of(" \n", begin), text.size());
    fields[index++] = text.substr(begin, end - begin);
    text.remove_prefix(end);
  }
  const auto user = ParseInt(fields[14]), system = ParseInt(fields[15]);
  const auto threads = ParseInt(fields[20]), start = ParseInt(fields[22]);
  const auto size = ParseInt(fields[23]), resident = ParseInt(fields[24]);
  if (!user || !system || !threads || !start || !size || !resident) return std::nullopt;
  return ProcessStat{*user + *system, *threads, *start, *size, *resident};
}

std::optional<std::int64_t> ParseBootTime(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    if (line.starts_with("btime ")) return ParseInt(line.substr(6));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

ProcessCollector::ProcessCollector(std::string proc)
    : proc_(std::move(proc)),
      ticks_per_second_(sysconf(_SC_CLK_TCK)),
      page_bytes_(sysconf(_SC_PAGESIZE)) {}

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  using Type = prometheus::MetricType;
  std::vector<prometheus::MetricFamily> families;
  const double ticks = static_cast<double>(ticks_per_second_);
  if (const auto text = ReadFile(proc_ + "/self/stat")) {
    if (const auto stat = ParseProcessStat(*text)) {
      families.push_back(Family("process_cpu_seconds_total",
                                "Total user and system CPU time spent in seconds.", Type::Counter,
                                static_cast<double>(stat->cpu_ticks) / ticks));
      families.push_back(Family("process_resident_memory_bytes", "Resident memory size in bytes.",
                                Type::Gauge,
                                static_cast<double>(stat->resident_pages * page_bytes_)));
      families.push_back(Family("process_virtual_memory_bytes", "Virtual memory size in bytes.",
                                Type::Gauge, static_cast<double>(stat->virtual_bytes)));
      families.push_back(Family("process_threads", "Number of threads of the process.", Type::Gauge,
                                static_cast<double>(stat->threads)));
      const auto system = ReadFile(proc_ + "/stat");
      if (const auto boot = system ? ParseBootTime(*system) : std::nullopt) {
        families.push_back(
            Family("process_start_time_seconds",
                   "Start time of the process since unix epoch in seconds.", Type::Gauge,
                   static_cast<double>(*boot) + static_cast<double>(stat->start_ticks) / ticks));
      }
    }
  }
  if (const auto open = CountDescriptors(proc_ + "/self/fd")) {
    families.push_back(Family("process_open_fds", "Number of open file descriptors.", Type::Gauge,
                              static_cast<double>(*open)));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(Family("process_max_fds", "Maximum number of open file descriptors.",
                              Type::Gauge, static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace nekoplane::metrics
