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

}  // namespace

NodeSet NodeCache::At(const store::LedgerPtr& ledger) {
  const store::SnapshotPtr objects = store_.List(BrowserNode::kResource);
  const MutexLock lock(mutex_);
  if (objects_ == nullptr) {
    nodes_ = NodeSet(policy_);
    objects->ForEach("", "", [&](const store::ObjectPtr& object) {
      auto node = codec::Decode<BrowserNode>(std::string_view(object->bytes));
      if (node) nodes_ = nodes_.With(std::move(node).value(), *ledger);
      return true;
    });
  } else {
    FollowClaims(*ledger);
    FollowObjects(*objects, *ledger);
  }
  objects_ = objects;
  ledger_ = ledger;
  return nodes_;
}

void NodeCache::FollowClaims(const store::Ledger& ledger) {
  std::map<std::string, Room, std::less<>> changed;
  const auto note = [&](const store::Claim* claim, bool taken) {
    if (claim == nullptr) return;
    auto at = changed.find(claim->scope);
    if (at == changed.end()) {
      const Room* room = nodes_.FindRoom(claim->scope);
      if (room == nullptr) return;  // not about a node, or not about one that is there
      at = changed.emplace(claim->scope, *room).first;
    }
    at->second.Note(*claim, taken);
  };
  store::ForEachChange(*ledger_, ledger,
                       [&](const store::Claim* before, const store::Claim* after) {
                         note(before, false);
                         note(after, true);
                       });
  for (auto& [name, room] : changed) {
    nodes_ = nodes_.With(nodes_.cluster().Find(name)->facts, std::move(room));
  }
}

void NodeCache::FollowObjects(const store::Snapshot& objects, const store::Ledger& ledger) {
  store::ForEachChange(
      *objects_, objects, [&](const store::ObjectPtr& before, const store::ObjectPtr& after) {
        const std::string& name = (after == nullptr ? before : after)->key.name;
        auto node = after == nullptr
                        ? Result<BrowserNode>(MakeStatus(Code::kNotFound, "NotFound", ""))
                        : codec::Decode<BrowserNode>(std::string_view(after->bytes));
        if (!node) {
          nodes_ = nodes_.Without(name);
          return;
        }
        const Room* room = nodes_.FindRoom(name);
        const auto* known = nodes_.cluster().Find(name);
        if (room != nullptr && SamePorts(known->facts->node.spec.ports, node->spec.ports)) {
          nodes_ = nodes_.With(
              std::make_shared<const scheduler::NodeFacts>(std::move(node).value()), *room);
        } else {
          nodes_ = nodes_.With(std::move(node).value(), ledger);
        }
      });
}

}  // namespace nekoplane::reconcilers
