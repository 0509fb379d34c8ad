#include "controller/metrics/exposition.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

namespace nekoplane::metrics {

namespace {

// prometheus-cpp writes help texts as they are; a newline in one makes the whole scrape fail.
std::string EscapeHelp(const std::string& help) {
  std::string escaped;
  escaped.reserve(help.size());
  for (const char c : help) {
    if (c == '\\') {
      escaped += "\\\\";
    } else if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string Serialize(std::vector<prometheus::MetricFamily> families) {
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  std::stable_sort(families.begin(), families.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  for (auto& family : families) {
    family.help = EscapeHelp(family.help);
    // prometheus-cpp keeps labels and series in hash order.
    for (auto& metric : family.metric) std::sort(metric.label.begin(), metric.label.end());
    std::sort(family.metric.begin(), family.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
  }
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return std::move(text).str();
}

void Exposition::AddCollectable(const prometheus::Collectable& collectable) {
  collectables_.push_back(&collectable);
}

void Exposition::AddRefresher(std::function<void()> refresher) {
  refreshers_.push_back(std::move(refresher));
}

std::string Exposition::Text() const {
  for (const auto& refresh : refreshers_) refresh();
  std::vector<prometheus::MetricFamily> families;
  for (const auto* collectable : collectables_) {
    auto some = collectable->Collect();
    std::move(some.begin(), some.end(), std::back_inserter(families));
  }
  return Serialize(std::move(families));
}

http::Response Exposition::Serve(const http::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 405,
            .headers = {{"Allow", "GET, HEAD"}, {"Content-Type", "text/plain"}},
            .body = "metrics are read with GET\n"};
  }
  return {.status = 200, .headers = {{"Content-Type", kTextFormat}}, .body = Text()};
}

}  // namespace nekoplane::metrics
