#include "reconcilers/images/images_reconciler.h"

#include <algorithm>
#include <utility>

#include "reconcilers/common/conditions.h"
#include "reconcilers/common/outcome.h"

namespace nekoplane::reconcilers::images {
namespace {

using v1alpha1::BrowserNode;

constexpr auto kAskTimeout = std::chrono::seconds(10);

}  // namespace

manager::Outcome ImagesReconciler::Reconcile(const Context& ctx, const queue::Key& key) {
  auto node = deps_.client.Get<BrowserNode>("", key.name);
  if (!node) {
    if (!node.is(Code::kNotFound)) return manager::GiveUp{std::move(node).error()};
    deps_.pulls.Forget(key.name);
    return manager::Done{};
  }
  Inputs in{.node = *std::move(node),
            .wishes = {},
            .pulls = deps_.pulls.OnNode(key.name),
            .facts = {},
            .now = deps_.clock.WallNow(),
            .options = options_};
  in.wishes = WishesFor(in.node, deps_.client.List<v1alpha1::BrowserClass>());
  if (!AskEngine(ctx, in)) return manager::Done{};

  const Plan plan = Decide(in);
  if (plan.images != in.node.status.images) {
    BrowserNode after = in.node;
    after.status.images = plan.images;
    const auto written = deps_.client.WriteStatus(ctx, after);
    if (!written) return AfterWriteError(written.error());
    Tell(in.node, plan.events);
  }
  for (const Attempt& attempt : plan.pull) {
    deps_.pulls.StartAhead(key.name, attempt.image, attempt.failures);
  }
  return manager::RequeueAfter{plan.look_again};
}

Result<void> ImagesReconciler::AskEngine(const Context& ctx, Inputs& in) const {
  const auto driver = deps_.drivers.ForNode(in.node.metadata.name);
  if (driver == nullptr) return {};
  if (!driver->capabilities().images) {
    in.wishes.clear();  // it fetches them by itself, and tells nobody
    return {};
  }
  // One that is not Ready would let us wait for each of its images.
  if (!IsTrue(in.node.status.conditions, v1alpha1::node::kReady)) return {};
  for (const auto& [image, always] : in.wishes) {
    const bool under_way =
        std::any_of(in.pulls.begin(), in.pulls.end(), [&image = image](const auto& pull) {
          return pull.image == image && pull.state != NodePull::State::kFailed;
        });
    if (under_way) continue;
    auto id = driver->ImageId(ctx.WithTimeout(deps_.clock, kAskTimeout), image);
    if (id) {
      in.facts[image] = {Fact::Kind::kPresent, *std::move(id)};
    } else if (id.is(Code::kNotFound) || id.is(Code::kInvalid)) {
      in.facts[image] = {Fact::Kind::kAbsent, {}};
    } else if (id.is(Code::kCancelled)) {
      return std::move(id).error();
    } else if (id.is(Code::kUnavailable) || id.is(Code::kTimeout)) {
      return {};  // the others would say the same
    }
  }
  return {};
}

void ImagesReconciler::Tell(const BrowserNode& node, const std::vector<EventNote>& events) const {
  for (const auto& note : events) {
    TellEvent(deps_.events, node, note);
    deps_.log.Write(note.warning ? LogLevel::kWarning : LogLevel::kInfo, note.message,
                    {{"node", node.metadata.name}, {"reason", note.reason}});
  }
}

}  // namespace nekoplane::reconcilers::images
