#include "reconcilers/mirror/convert.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "api/codec/json_parse.h"
#include "api/taos/cluster/worker_nodes.h"

namespace nekoplane::reconcilers::mirror {

Result<Converted> Convert(std::string_view body, const std::string& label) {
  const auto rows = codec::ParseJson(body);
  if (!rows || !rows->is_array()) {
    return MakeStatus(Code::kUnavailable, "BadReply",
                      "it did not answer with a list of workers" +
                          (rows ? std::string() : ": " + rows.error().message));
  }
  Converted out;
  std::set<std::string> names;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const auto skip = [&](const std::string& why) {
      out.skipped.push_back("row " + std::to_string(i) + ": " + why);
    };
    auto worker = taos::ParseWorker((*rows)[i]);
    if (!worker) {
      skip(worker.error().message);
      continue;
    }
    if (!worker->browsers) continue;
    auto node = taos::NodeFor(*worker, label);
    if (!node) {
      skip("worker " + worker->name + ": " + node.error().message);
    } else if (!names.insert(node->metadata.name).second) {
      skip("worker " + worker->name + " is listed twice");
    } else {
      out.workers.push_back({*std::move(worker), *std::move(node)});
    }
  }
  return out;
}

}  // namespace nekoplane::reconcilers::mirror
