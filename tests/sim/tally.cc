#include "tests/sim/tally.h"

#include <cstdio>
#include <sstream>

namespace nekoplane::sim {
namespace {

// Points hold a blank, so they are apart by tabs.
void Put(std::ostringstream& out, const std::set<std::string>& points) {
  out << '|';
  for (const auto& point : points) out << point << '\t';
}

void Take(std::string_view text, std::set<std::string>* points) {
  while (!text.empty()) {
    const std::size_t end = text.find('\t');
    if (end == std::string_view::npos) return;
    points->emplace(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string ToText(const Outcome& outcome) {
  std::ostringstream out;
  out << "run " << outcome.events << ' ' << outcome.lives << ' ' << outcome.deaths << ' '
      << outcome.versions << ' ' << outcome.hours;
  for (const auto struck : outcome.struck) out << ' ' << struck;
  Put(out, outcome.reached);
  Put(out, outcome.crashed);
  return out.str();
}

void Tally::Add(std::string_view text) {
  const std::size_t reached = text.find('|');
  const std::size_t crashed = text.find('|', reached + 1);
  std::istringstream in{std::string(text.substr(0, reached))};
  std::string word;
  std::uint64_t events = 0, lives = 0, deaths = 0, versions = 0;
  double hours = 0;
  if (!(in >> word >> events >> lives >> deaths >> versions >> hours)) return;
  ++runs_;
  events_ += events;
  lives_ += lives;
  deaths_ += deaths;
  versions_ += versions;
  hours_ += hours;
  for (auto& sum : struck_) {
    std::uint64_t struck = 0;
    in >> struck;
    sum += struck;
  }
  if (crashed == std::string_view::npos) return;
  Take(text.substr(reached + 1, crashed - reached - 1), &reached_);
  Take(text.substr(crashed + 1), &crashed_);
}

std::string Tally::Summary(double seconds) const {
  char text[400];
  std::snprintf(text, sizeof text,
                "%llu seeds, %llu events (%.0f/s), %.1f virtual years, %llu versions written, %llu "
                "starts, %llu crashes, %zu of %zu points crashed at (%.0f %%), %.0f s",
                static_cast<unsigned long long>(runs_), static_cast<unsigned long long>(events_),
                seconds > 0 ? static_cast<double>(events_) / seconds : 0, hours_ / 24 / 365,
                static_cast<unsigned long long>(versions_), static_cast<unsigned long long>(lives_),
                static_cast<unsigned long long>(deaths_), crashed_.size(), reached_.size(),
                reached_.empty() ? 0
                                 : 100.0 * static_cast<double>(crashed_.size()) /
                                       static_cast<double>(reached_.size()),
                seconds);
  return text;
}

std::string Tally::Faults() const {
  std::string text;
  for (std::size_t i = 0; i < kFaults; ++i) {
    text += std::string(" ") + FaultName(static_cast<Fault>(i)) + " " + std::to_string(struck_[i]);
  }
  return text;
}

std::vector<std::string> Tally::NotCrashedAt() const {
  std::vector<std::string> points;
  for (const auto& point : reached_) {
    if (!crashed_.contains(point)) points.push_back(point);
  }
  return points;
}

}  // namespace nekoplane::sim
