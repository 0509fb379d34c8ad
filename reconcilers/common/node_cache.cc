#include "reconcilers/common/node_cache.h"

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "api/codec/json_codec.h"
#include "api/store/changes.h"

namespace nekoplane::reconcilers {
namespace {

using v1alpha1::BrowserNode;

bool SamePorts(const v1alpha1::NodePorts& a, const v1alpha1::NodePorts& b) {
  return a.http.from == b.http.from && a.http.to == b.http.to && a.media.from == b.media.from &&
         a.media.to == b.media.to;
}

NodeSet AllOf(const scheduler::Policy& policy, const store::Snapshot& objects,
              const store::Ledger& ledger) {
  NodeSet nodes(policy);
  objects.ForEach("", "", [&](const store::ObjectPtr& object) {
    auto node = codec::Decode<BrowserNode>(std::string_view(object->bytes));
    if (node) nodes = nodes.With(std::move(node).value(), ledger);
    return true;
  });
  return nodes;
}

NodeSet WithClaims(NodeSet nodes, const store::Ledger& before, const store::Ledger& after) {
  std::map<std::string, Room, std::less<>> changed;
  const auto note = [&](const store::Claim* claim, bool taken) {
    if (claim == nullptr) return;
    auto at = changed.find(claim->scope);
    if (at == changed.end()) {
      const Room* room = nodes.FindRoom(claim->scope);
      if (room == nullptr) return;  // not about a node, or not about one that is there
      at = changed.emplace(claim->scope, *room).first;
    }
    at->second.Note(*claim, taken);
  };
  store::ForEachChange(before, after, [&](const store::Claim* was, const store::Claim* is) {
    note(was, false);
    note(is, true);
  });
  for (auto& [name, room] : changed) {
    nodes = nodes.With(nodes.cluster().Find(name)->facts, std::move(room));
  }
  return nodes;
}

NodeSet WithObjects(NodeSet nodes, const store::Snapshot& before, const store::Snapshot& after,
                    const store::Ledger& ledger) {
  store::ForEachChange(before, after, [&](const store::ObjectPtr& was, const store::ObjectPtr& is) {
    const std::string& name = (is == nullptr ? was : is)->key.name;
    auto node = is == nullptr ? Result<BrowserNode>(MakeStatus(Code::kNotFound, "NotFound", ""))
                              : codec::Decode<BrowserNode>(std::string_view(is->bytes));
    if (!node) {
      nodes = nodes.Without(name);
      return;
    }
    const Room* room = nodes.FindRoom(name);
    const auto* known = nodes.cluster().Find(name);
    if (room != nullptr && SamePorts(known->facts->node.spec.ports, node->spec.ports)) {
      nodes =
          nodes.With(std::make_shared<const scheduler::NodeFacts>(std::move(node).value()), *room);
    } else {
      nodes = nodes.With(std::move(node).value(), ledger);
    }
  });
  return nodes;
}

}  // namespace

NodeSet NodeCache::At(const store::LedgerPtr& ledger) {
  const store::SnapshotPtr objects = store_.List(BrowserNode::kResource);
  const MutexLock lock(mutex_);
  nodes_ = objects_ == nullptr ? AllOf(policy_, *objects, *ledger)
                               : WithObjects(WithClaims(std::move(nodes_), *ledger_, *ledger),
                                             *objects_, *objects, *ledger);
  objects_ = objects;
  ledger_ = ledger;
  return nodes_;
}

}  // namespace nekoplane::reconcilers
