// How long nodes have been silent, and what that means.
//
// Memory of this process only, on the monotonic clock: the time during which nekoplane itself did
// not run is no silence of anybody, and a clock that is set says nothing about machines.
//
// Thread safety: Liveness: any thread; Judge is pure.
#pragma once

#include <map>
#include <string>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::reconcilers::node {

// What it means that a node does not answer.
enum class Silence {
  kSuspected,  // nothing follows
  kLost,       // silent for so long that its sessions may go elsewhere
  kTooMany,    // so many are silent that it is probably us: nothing follows
};

// More than this share of the nodes silent at once: as in Kubernetes' node lifecycle controller.
inline constexpr int kTooManySilentPercent = 55;

// All nodes that were looked at. Those that never answered count as known only: a machine that was
// never there says nothing about our network.
struct Census {
  int known = 0;
  int heard = 0;   // answered at some time
  int silent = 0;  // of these: do not answer now
};

struct OwnSilence {
  bool heard_before = false;  // it answered at some time
  int failed_looks = 0;       // in a row
  Duration lasts{};           // since its last answer, or since we first looked
};

// A node is lost after `lost_after` and two failed looks, so that it was always suspected first.
// The only node is never lost: there is nowhere else to go.
Silence Judge(const OwnSilence& own, const Census& all, Duration lost_after);

class Liveness {
 public:
  explicit Liveness(Duration lost_after) : lost_after_(lost_after) {}

  // `uid`: another object of the same name begins anew. `heard_before`: its status says that it
  // answered at some time.
  void Answered(const std::string& node, const std::string& uid, MonoTime now);
  // While too many are silent no node's silence grows: each gets its full time when that is over.
  Silence Silent(const std::string& node, const std::string& uid, bool heard_before, MonoTime now);
  void Forget(const std::string& node);

 private:
  struct Entry {
    std::string uid;
    bool heard = false;
    int failed_looks = 0;
    MonoTime since{};  // the last answer, or the first look
  };

  Entry& EntryOf(const std::string& node, const std::string& uid, MonoTime now) REQUIRES(mu_);
  Census Count(MonoTime now) const REQUIRES(mu_);

  const Duration lost_after_;
  Mutex mu_;
  std::map<std::string, Entry> nodes_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::reconcilers::node
