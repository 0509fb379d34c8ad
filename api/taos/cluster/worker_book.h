// The workers that were heard of since nekoplane was started, with the last that each said. Memory
// only, as in taOS: after a restart a heartbeat is answered 404 and the worker registers again.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/taos/cluster/worker_info.h"

namespace nekoplane::taos {

struct HeardWorker {
  WorkerInfo info;
  std::string node;    // of its BrowserNode
  std::string origin;  // the taOS controller that it is mirrored from; "" = it registered here
  MonoTime at{};       // of the last heartbeat
  WallTime wall{}, registered{};
};

class WorkerBook {
 public:
  static constexpr Duration kSilentAfter = std::chrono::seconds(30);  // then taOS says offline

  // True if whoever looks at the node should look again: it is new, was silent, or its status or
  // hardware changed.
  bool Put(WorkerInfo info, std::string node, std::string origin, MonoTime now, WallTime wall)
      EXCLUDES(mu_);

  // As Put for a worker that registered here; nullopt: it did not, or `change` says that it has to
  // do so again, by returning false: then nothing is taken. `change` is called with the lock held.
  template <class Change>
  std::optional<bool> Heartbeat(std::string_view name, MonoTime now, WallTime wall,
                                const Change& change) EXCLUDES(mu_) {
    MutexLock lock(mu_);
    const auto it = workers_.find(Key("", name));
    if (it == workers_.end()) return std::nullopt;
    WorkerInfo info = it->second.info;
    if (!change(info)) return std::nullopt;
    return Take(it->second, std::move(info), now, wall);
  }

  // False: there was none.
  bool Remove(std::string_view origin, std::string_view name) EXCLUDES(mu_);
  std::optional<HeardWorker> OfNode(std::string_view node) const EXCLUDES(mu_);
  // Of that origin, in the order in which they came.
  std::vector<HeardWorker> List(std::string_view origin) const EXCLUDES(mu_);
  // A taOS controller, by the label of what is mirrored from it: it is asked again and again, and
  // answered at that time, or not yet.
  void Mirrors(const std::string& label, std::optional<MonoTime> answered) EXCLUDES(mu_);
  // Nothing was heard of its workers for long, but that is its own silence, not theirs.
  bool ControllerSilent(std::string_view label, MonoTime now) const EXCLUDES(mu_);
  // The worker of another name that registered with this address of its host; "" = none.
  std::string HolderOf(std::string_view host_lan_ip, std::string_view but) const EXCLUDES(mu_);

 private:
  static std::string Key(std::string_view origin, std::string_view name) {
    return std::string(origin) + '\n' + std::string(name);
  }

  static bool Take(HeardWorker& worker, WorkerInfo info, MonoTime now, WallTime wall);

  mutable Mutex mu_;
  std::map<std::string, HeardWorker, std::less<>> workers_ GUARDED_BY(mu_);
  std::map<std::string, std::optional<MonoTime>, std::less<>> controllers_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::taos
