// S11: Generations only grow, and a condition's time changes only with its status.
#include <map>
#include <string_view>
#include <utility>

#include "api/codec/json_codec.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {
namespace {

using v1alpha1::BrowserSession;

struct Seen {
  BrowserSession session;
  std::string_view spec;  // as stored
};

// The value of "spec" in a stored object: a full parse of every version of every run would cost
// more than the run.
std::string_view SpecOf(std::string_view bytes) {
  constexpr std::string_view kMark = "\"spec\":{";
  const std::size_t start = bytes.find(kMark);
  if (start == std::string_view::npos) return "";
  int depth = 1;
  bool quoted = false;
  std::size_t at = start + kMark.size();
  for (; at < bytes.size() && depth > 0; ++at) {
    if (bytes[at] == '\\') {
      ++at;
    } else if (bytes[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && (bytes[at] == '{' || bytes[at] == '}')) {
      depth += bytes[at] == '{' ? 1 : -1;
    }
  }
  return bytes.substr(start, at - start);
}

void Compare(const Seen& seen_before, const Seen& seen_after, Wrong& wrong) {
  const BrowserSession& before = seen_before.session;
  const BrowserSession& after = seen_after.session;
  const std::string at = NameOf(after) + " at version " + after.metadata.resourceVersion;
  if (after.metadata.generation < before.metadata.generation) {
    wrong.push_back(at + ": its generation went back");
  }
  const bool changed = seen_before.spec != seen_after.spec;
  const bool grew = after.metadata.generation > before.metadata.generation;
  const bool marked = after.metadata.deleting() && !before.metadata.deleting();
  if (changed && !grew) wrong.push_back(at + ": another spec, the same generation");
  if (grew && !changed && !marked) wrong.push_back(at + ": the same spec, another generation");
  if (after.status.observedGeneration < before.status.observedGeneration) {
    wrong.push_back(at + ": its observedGeneration went back");
  }
  if (after.status.observedGeneration > after.metadata.generation) {
    wrong.push_back(at + ": it observed a generation that does not exist");
  }
  for (const auto& condition : after.status.conditions) {
    for (const auto& old : before.status.conditions) {
      if (old.type != condition.type) continue;
      const bool same_time = old.lastTransitionTime == condition.lastTransitionTime;
      if (old.status == condition.status && !same_time) {
        wrong.push_back(at + ": " + condition.type + " has a new time but the same status");
      }
    }
  }
}

}  // namespace

void CheckGenerations(const View& view, Wrong& wrong) {
  std::map<std::string, Seen> last;  // by uid
  for (const auto& entry : view.world.events.entries()) {
    if (entry.object == nullptr || entry.object->key.resource != BrowserSession::kResource)
      continue;
    auto session = codec::Decode<BrowserSession>(entry.object->bytes);
    if (!session) {
      wrong.push_back("version " + std::to_string(entry.object->version) + " does not decode");
      continue;
    }
    Seen seen{*std::move(session), SpecOf(entry.object->bytes)};
    const auto before = last.find(entry.object->uid);
    if (before != last.end()) Compare(before->second, seen, wrong);
    last.insert_or_assign(entry.object->uid, std::move(seen));
  }
}

}  // namespace nekoplane::sim
