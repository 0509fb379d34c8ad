#include "controller/cmd/nekoplane/object_collector.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "controller/scheduler/capacity.h"

namespace nekoplane {

namespace {

std::vector<metrics::ClassSlots> CountSlots(std::vector<v1alpha1::BrowserClass> classes,
                                            const metrics::Nodes& nodes,
                                            const PlacementQuestions::Floors& floors) {
  classes.resize(std::min(classes.size(), metrics::kShownClasses));
  std::vector<scheduler::NodeView> views;
  views.reserve(nodes.size());
  for (const auto& node : nodes) views.push_back(scheduler::ViewFromStatus(*node));
  std::vector<metrics::ClassSlots> out;
  for (auto& browser_class : classes) {
    scheduler::Request request;
    request.browser_class = std::move(browser_class);
    request.host_min_ram_mb = floors.host_min_ram_mb;
    request.worker_min_cores = floors.worker_min_cores;
    auto& slots = out.emplace_back(metrics::ClassSlots{request.browser_class.metadata.name, {}});
    const auto free = scheduler::FreeSlots(request, views);
    for (std::size_t i = 0; i < views.size(); ++i) {
      if (free[i]) slots.by_node.emplace_back(views[i].node.metadata.name, *free[i]);
    }
  }
  return out;
}

void Append(std::vector<prometheus::MetricFamily>& to, std::vector<prometheus::MetricFamily> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

}  // namespace

ObjectCollector::ObjectCollector(const Clock& clock, PlacementQuestions::Floors floors,
                                 ObjectSources sources)
    : clock_(clock), floors_(floors), sources_(std::move(sources)) {}

std::vector<prometheus::MetricFamily> ObjectCollector::Collect() const {
  const WallTime now = clock_.WallNow();
  const metrics::Nodes nodes = sources_.nodes();
  auto families = metrics::SessionGauges(sources_.sessions(), now);
  Append(families, metrics::NodeGauges(nodes, now));
  Append(families, metrics::SlotGauges(CountSlots(sources_.classes(), nodes, floors_)));
  return families;
}

}  // namespace nekoplane
