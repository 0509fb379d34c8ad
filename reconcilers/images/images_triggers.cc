#include "reconcilers/images/images_triggers.h"

#include <string>

#include "reconcilers/images/decide.h"

namespace nekoplane::reconcilers::images {
namespace {

using v1alpha1::BrowserNode;

bool Matters(const BrowserNode& before, const BrowserNode& after) {
  return before.metadata.uid != after.metadata.uid ||
         before.metadata.generation != after.metadata.generation ||
         before.metadata.labels != after.metadata.labels ||
         before.status.hardware != after.status.hardware ||
         TakesImages(before) != TakesImages(after);
}

}  // namespace

void ImagesTriggers::OnNode(const informer::Change<BrowserNode>& change) const {
  if (change.before && change.after && !Matters(*change.before, *change.after)) return;
  const BrowserNode& node = change.after ? *change.after : *change.before;
  deps_.enqueue({"", node.metadata.name});
}

void ImagesTriggers::OnClass(const informer::Change<v1alpha1::BrowserClass>& change) const {
  if (change.initial) return;  // the initial list of nodes covers them all
  if (change.before && change.after && change.before->metadata.uid == change.after->metadata.uid &&
      change.before->metadata.generation == change.after->metadata.generation) {
    return;
  }
  for (const auto& node : deps_.nodes()) deps_.enqueue({"", node->metadata.name});
}

void ImagesTriggers::OnHint(std::string_view node, const runtime::Hint& hint) const {
  if (hint.session_uid.empty()) deps_.enqueue({"", std::string(node)});
}

}  // namespace nekoplane::reconcilers::images
