// The pure half: which images a node should have, which it has, and what to say and start.
//
// Thread safety: free functions over values.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "reconcilers/common/events.h"
#include "reconcilers/common/pull_manager.h"

namespace nekoplane::reconcilers::images {

struct Options {
  Duration recheck = std::chrono::minutes(5);        // somebody may remove an image
  Duration progress = std::chrono::seconds(3);       // how fresh the shown progress is
  Duration unanswered = std::chrono::seconds(30);    // when the engine is asked again
  Duration longest_delay = std::chrono::minutes(5);  // after failures; wall clocks jump
};

// The images that classes name for a node; true: to be there before a session asks.
using Wishes = std::map<std::string, bool>;

Wishes WishesFor(const v1alpha1::BrowserNode& node,
                 const std::vector<v1alpha1::BrowserClass>& classes);

// What the engine says of an image.
struct Fact {
  enum class Kind { kUnknown, kAbsent, kPresent };
  Kind kind = Kind::kUnknown;
  std::string id;  // kPresent
};

struct Inputs {
  v1alpha1::BrowserNode node;
  Wishes wishes;
  std::vector<NodePull> pulls;        // read before the facts: what has ended since is a fact
  std::map<std::string, Fact> facts;  // by image; absent = not asked
  WallTime now{};
  Options options;
};

struct Attempt {
  std::string image;
  std::int64_t failures = 0;  // before it, in a row
};

struct Plan {
  std::vector<v1alpha1::NodeImage> images;  // ordered by name
  std::vector<Attempt> pull;                // once that is written
  std::vector<EventNote> events;            // once that is written
  Duration look_again{};
};

// May images be fetched to this node before sessions ask?
bool TakesImages(const v1alpha1::BrowserNode& node);

Plan Decide(const Inputs& in);

}  // namespace nekoplane::reconcilers::images
