// What a taOS controller lists, as the BrowserNodes that should be there. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"
#include "api/taos/cluster/worker_info.h"
#include "api/v1alpha1/browser_node.h"

namespace nekoplane::reconcilers::mirror {

struct MirroredWorker {
  taos::WorkerInfo info;
  v1alpha1::BrowserNode node;
};

struct Converted {
  std::vector<MirroredWorker> workers;  // those that offer browsers, one for each node name
  std::vector<std::string> skipped;     // rows that make no sense: "row 3: why"
};

// `body`: the reply of GET /api/cluster/workers. `label`: of kLabelMirroredFrom.
// Errors: kUnavailable reason BadReply: it is no list.
Result<Converted> Convert(std::string_view body, const std::string& label);

}  // namespace nekoplane::reconcilers::mirror
