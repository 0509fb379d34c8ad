// Nodes, classes and requests that differ from a good one in what a test is about.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/scheduler/scheduler.h"

namespace nekoplane::scheduler {

inline void SetCondition(v1alpha1::BrowserNode& node, std::string type, std::string status,
                         std::string reason) {
  auto& conditions = node.status.conditions;
  for (auto& condition : conditions) {
    if (condition.type != type) continue;
    condition.status = std::move(status);
    condition.reason = std::move(reason);
    return;
  }
  conditions.push_back(
      {.type = std::move(type), .status = std::move(status), .reason = std::move(reason)});
}

// Ready, empty, plenty of ports; allocatable is what the machine has.
inline NodeView Node(std::string name, std::int64_t ram_mb, std::int64_t cores, double load = 0) {
  NodeView view;
  view.node.metadata.name = std::move(name);
  view.node.status.hardware = {.ramMB = ram_mb, .cores = cores, .arch = "amd64"};
  view.node.status.allocatable.memory = std::to_string(ram_mb) + "Mi";
  view.node.status.allocatable.cpu = std::to_string(cores);
  SetCondition(view.node, v1alpha1::node::kReady, "True", v1alpha1::node::kReasonEngineReady);
  view.free_http_ports = view.free_media_ports = 1000;
  view.load = load;
  return view;
}

inline NodeView Host(std::int64_t ram_mb) { return Node(v1alpha1::BrowserNode::kHost, ram_mb, 4); }

inline NodeView WithGpu(NodeView view, std::string vendor, std::int64_t count = 1) {
  view.node.status.hardware.gpu = v1alpha1::NodeGpu{std::move(vendor), "", count};
  return view;
}

inline NodeView Offline(NodeView view) {
  SetCondition(view.node, v1alpha1::node::kReady, "False",
               v1alpha1::node::kReasonEngineUnavailable);
  return view;
}

inline NodeView Labelled(NodeView view, std::string key, std::string value) {
  view.node.metadata.labels[std::move(key)] = std::move(value);
  return view;
}

inline NodeView Taken(NodeView view, Demand allocated) {
  view.allocated = allocated;
  return view;
}

inline NodeView Tainted(NodeView view, v1alpha1::Taint taint) {
  view.node.spec.taints.push_back(std::move(taint));
  return view;
}

inline v1alpha1::ClassVariant Variant(std::string name, v1alpha1::VariantMatch match = {}) {
  v1alpha1::ClassVariant variant;
  variant.name = std::move(name);
  variant.match = std::move(match);
  return variant;
}

// A session "default/my-browser" of the class chromium, whose only variant fits everywhere.
inline Request Wish() {
  Request request;
  request.session.metadata.name = "my-browser";
  request.session.metadata.namespace_ = "default";
  request.browser_class.metadata.name = "chromium";
  request.browser_class.spec.variants = {Variant("software")};
  return request;
}

inline Request On(std::string node) {
  Request request = Wish();
  request.session.spec.nodeName = std::move(node);
  return request;
}

}  // namespace nekoplane::scheduler
