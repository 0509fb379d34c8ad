#include "controller/metrics/exposition.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "controller/metrics/text_format.h"

namespace nekoplane::metrics {

namespace {

// Sorts unless it is sorted already, which is far cheaper to find out.
template <class T, class Less>
void Sort(std::vector<T>& list, Less less) {
  if (!std::is_sorted(list.begin(), list.end(), less)) std::sort(list.begin(), list.end(), less);
}

}  // namespace

std::string Serialize(std::vector<prometheus::MetricFamily> families) {
  std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
  std::stable_sort(families.begin(), families.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string text;
  for (auto& family : families) {
    // prometheus-cpp keeps labels and series in hash order.
    for (auto& metric : family.metric) Sort(metric.label, std::less<>());
    Sort(family.metric, [](const auto& a, const auto& b) { return a.label < b.label; });
    AppendFamily(text, family);
  }
  return text;
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
