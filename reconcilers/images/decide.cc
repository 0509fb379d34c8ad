#include "reconcilers/images/decide.h"

#include <algorithm>
#include <set>
#include <utility>

#include "controller/scheduler/scheduler.h"
#include "reconcilers/common/conditions.h"

namespace nekoplane::reconcilers::images {
namespace {

using v1alpha1::NodeImage;
using Phase = v1alpha1::NodeImagePhase;
using State = NodePull::State;

constexpr std::size_t kMaxListed = 256;    // of the schema
constexpr std::size_t kMaxMessage = 1000;  // bytes

bool Matches(const v1alpha1::StringMap& selector, const v1alpha1::StringMap& labels) {
  return std::all_of(selector.begin(), selector.end(), [&](const auto& wanted) {
    const auto it = labels.find(wanted.first);
    return it != labels.end() && it->second == wanted.second;
  });
}

// Ends between two characters of UTF-8.
std::string Shortened(std::string text) {
  if (text.size() <= kMaxMessage) return text;
  std::size_t end = kMaxMessage;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

template <class List>
auto Find(const List& list, const std::string& image) {
  const auto it =
      std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.image == image; });
  return it == list.end() ? nullptr : &*it;
}

bool UnderWay(const NodePull* pull) { return pull != nullptr && pull->state != State::kFailed; }

class Decision {
 public:
  explicit Decision(const Inputs& in) : in_(in), takes_(TakesImages(in.node)) {
    plan_.look_again = in.options.recheck;
  }

  Plan Make() {
    std::set<std::string> names;
    for (const auto& [image, always] : in_.wishes) names.insert(image);
    for (const auto& pull : in_.pulls) {
      if (UnderWay(&pull)) names.insert(pull.image);
    }
    for (const auto& image : names) {
      const NodeImage* before = Find(in_.node.status.images, image);
      auto after = Look(image, before);
      if (!after) continue;
      Describe(before, *after);
      if (plan_.images.size() < kMaxListed) plan_.images.push_back(*std::move(after));
    }
    return std::move(plan_);
  }

 private:
  // nullopt: there is nothing to show.
  std::optional<NodeImage> Look(const std::string& image, const NodeImage* before) {
    const NodePull* pull = Find(in_.pulls, image);
    if (UnderWay(pull)) {
      if (pull->state == State::kRunning) LookIn(in_.options.progress);
      return NodeImage{.image = image,
                       .id = {},
                       .phase = Phase::kPulling,
                       .message = Shortened(pull->detail),
                       .failures = pull->failures,
                       .lastTransitionTime = {},
                       .nextAttemptTime = {}};
    }
    const auto fact = in_.facts.find(image);
    const auto known = fact == in_.facts.end() ? Fact::Kind::kUnknown : fact->second.kind;
    if (known == Fact::Kind::kPresent) {
      return NodeImage{.image = image,
                       .id = fact->second.id,
                       .phase = Phase::kPresent,
                       .message = {},
                       .failures = 0,
                       .lastTransitionTime = {},
                       .nextAttemptTime = {}};
    }
    if (known == Fact::Kind::kUnknown && takes_) LookIn(in_.options.unanswered);
    if (pull != nullptr) return Failed(*pull, before, known);
    return Absent(image, before, known);
  }

  // Its last pull failed, in this process.
  NodeImage Failed(const NodePull& pull, const NodeImage* before, Fact::Kind known) {
    if (MayPull(pull.image, known)) {
      if (pull.due) return Begin(pull.image, pull.failures);
      LookIn(pull.retry_at - in_.now);
    }
    NodeImage failed{.image = pull.image,
                     .id = {},
                     .phase = Phase::kFailed,
                     .message = Shortened(pull.detail),
                     .failures = pull.failures,
                     .lastTransitionTime = {},
                     .nextAttemptTime = FormatTime(pull.retry_at)};
    if (before == nullptr || before->failures < failed.failures) {
      plan_.events.push_back(
          {.warning = true,
           .reason = "ImagePullFailed",
           .message = "cannot pull image " + failed.image + ": " + failed.message});
    }
    return failed;
  }

  // No pull is known of: there was none, or an earlier process made it.
  std::optional<NodeImage> Absent(const std::string& image, const NodeImage* before,
                                  Fact::Kind known) {
    const bool failed = before != nullptr && before->phase == Phase::kFailed;
    if (known == Fact::Kind::kUnknown) {
      if (before == nullptr || before->phase == Phase::kPulling) return std::nullopt;
      return *before;
    }
    if (!MayPull(image, known)) return std::nullopt;
    if (failed) {
      const auto at = ParseTime(before->nextAttemptTime);
      if (at && *at > in_.now && *at - in_.now <= in_.options.longest_delay) {
        LookIn(*at - in_.now);
        return *before;
      }
    }
    return Begin(image, before != nullptr ? before->failures : 0);
  }

  bool MayPull(const std::string& image, Fact::Kind known) const {
    const auto wish = in_.wishes.find(image);
    return takes_ && known == Fact::Kind::kAbsent && wish != in_.wishes.end() && wish->second;
  }

  NodeImage Begin(const std::string& image, std::int64_t failures) {
    plan_.pull.push_back({image, failures});
    return {.image = image,
            .id = {},
            .phase = Phase::kPulling,
            .message = {},
            .failures = failures,
            .lastTransitionTime = {},
            .nextAttemptTime = {}};
  }

  // A change of phase has its time, and is told.
  void Describe(const NodeImage* before, NodeImage& after) {
    const bool moved = before == nullptr || before->phase != after.phase;
    after.lastTransitionTime = moved || before->lastTransitionTime.empty()
                                   ? FormatTime(in_.now)
                                   : before->lastTransitionTime;
    if (!moved) return;
    if (after.phase == Phase::kPulling) {
      plan_.events.push_back(
          {.warning = false, .reason = "Pulling", .message = "pulling image " + after.image});
    } else if (after.phase == Phase::kPresent && before != nullptr) {
      plan_.events.push_back({.warning = false,
                              .reason = "Pulled",
                              .message = "image " + after.image + " is there: " + after.id});
    }
  }

  void LookIn(Duration delay) {
    plan_.look_again =
        std::min(plan_.look_again, std::max<Duration>(delay, std::chrono::seconds(1)));
  }

  const Inputs& in_;
  const bool takes_;
  Plan plan_;
};

}  // namespace

Wishes WishesFor(const v1alpha1::BrowserNode& node,
                 const std::vector<v1alpha1::BrowserClass>& classes) {
  Wishes wishes;
  for (const auto& cls : classes) {
    const auto* variant = scheduler::MatchVariant(cls, node.status.hardware);
    if (variant == nullptr || variant->image.empty()) continue;
    const auto& prepull = cls.spec.prepull;
    const bool always = prepull.policy == v1alpha1::PrepullPolicy::kAlways &&
                        Matches(prepull.nodeSelector, node.metadata.labels);
    bool& wish = wishes[variant->image];
    wish = wish || always;
  }
  return wishes;
}

bool TakesImages(const v1alpha1::BrowserNode& node) {
  const auto& conditions = node.status.conditions;
  return !node.metadata.deleting() && !node.spec.drain &&
         IsTrue(conditions, v1alpha1::node::kReady) && IsTrue(conditions, v1alpha1::node::kCapable);
}

Plan Decide(const Inputs& in) { return Decision(in).Make(); }

}  // namespace nekoplane::reconcilers::images
