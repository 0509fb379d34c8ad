// BrowserNodes as taOS lists them: workers that can run a browser, GPU first, then least loaded.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "api/v1alpha1/browser_node.h"

namespace nekoplane::taos {

struct NodeRow {
  std::string name;
  bool gpu = false;
  std::int64_t ram_mb = 0;
  std::int64_t cores = 0;
  double load = 0;  // 0..1
};

// Never the host; only nodes that are Ready, Capable, schedulable and not being deleted.
std::vector<NodeRow> CapableWorkers(const std::vector<v1alpha1::BrowserNode>& nodes);

}  // namespace nekoplane::taos
