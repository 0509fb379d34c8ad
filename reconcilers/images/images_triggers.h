// Which nodes' images have to be looked at again when something changes.
//
// Thread safety: any thread may call; handlers never block.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "controller/informer/informer.h"
#include "controller/queue/work_queue.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::reconcilers::images {

class ImagesTriggers {
 public:
  using Nodes = std::vector<std::shared_ptr<const v1alpha1::BrowserNode>>;

  struct Deps {
    std::function<void(const queue::Key&)> enqueue;  // of the images controller
    std::function<Nodes()> nodes;                    // Informer::List
  };

  explicit ImagesTriggers(Deps deps) : deps_(std::move(deps)) {}

  // Handlers for the informers of these kinds. Heartbeats and what is taken of a node do not matter
  // here, nor does our own list.
  void OnNode(const informer::Change<v1alpha1::BrowserNode>& change) const;
  // Any class may concern any node.
  void OnClass(const informer::Change<v1alpha1::BrowserClass>& change) const;
  // Handler for RuntimeDriver::Watch of the driver of `node`: an engine that comes back may have
  // lost images.
  void OnHint(std::string_view node, const runtime::Hint& hint) const;

 private:
  const Deps deps_;
};

}  // namespace nekoplane::reconcilers::images
