// Which nodes' drivers have to be looked at when something changes.
//
// Thread safety: any thread may call; handlers never block.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/v1alpha1/browser_node.h"
#include "controller/informer/informer.h"
#include "controller/queue/work_queue.h"

namespace nekoplane::reconcilers::driver {

class DriverTriggers {
 public:
  using Nodes = std::vector<std::shared_ptr<const v1alpha1::BrowserNode>>;

  // `enqueue`: of the driver controller; `nodes`: Informer::List.
  DriverTriggers(std::function<void(const queue::Key&)> enqueue, std::function<Nodes()> nodes)
      : enqueue_(std::move(enqueue)), nodes_(std::move(nodes)) {}

  // A node that came, went, or has another spec.
  void OnNode(const informer::Change<v1alpha1::BrowserNode>& change) const;
  // A Secret came, went, or has other data.
  void OnSecret(std::string_view ns, std::string_view name) const;

 private:
  const std::function<void(const queue::Key&)> enqueue_;
  const std::function<Nodes()> nodes_;
};

}  // namespace nekoplane::reconcilers::driver
