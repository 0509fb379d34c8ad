// What the session reconciler remembers between passes and may forget at any time: a restart of
// nekoplane loses it, and only some milliseconds or one more attempt with it.
//
// Thread safety: any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::reconcilers::session {

class SessionMemory {
 public:
  struct Facts {
    MonoTime first_seen{};
    MonoTime started{};      // when the engine started the instance; zero = before our time
    MonoTime last_probe{};   // zero = never
    int probe_failures = 0;  // in a row
    bool was_ready = false;  // its first start is measured already
  };

  // Makes the facts of a new session.
  Facts Get(std::string_view uid, MonoTime now) EXCLUDES(mu_);
  void Started(std::string_view uid, MonoTime now) EXCLUDES(mu_);
  // Returns the failures in a row, this probe included.
  int Probed(std::string_view uid, MonoTime now, bool answered) EXCLUDES(mu_);
  void Ready(std::string_view uid) EXCLUDES(mu_);
  void Forget(std::string_view uid) EXCLUDES(mu_);

  // How long we have known of this loss of the node; zero if it is not lost ("").
  Duration LostFor(std::string_view node, const std::string& loss, MonoTime now) EXCLUDES(mu_);

  // A stranger holds one of these ports of the node.
  void RefusePorts(std::string_view node, const std::vector<std::int64_t>& ports, MonoTime until)
      EXCLUDES(mu_);
  std::map<std::string, std::vector<std::int64_t>> RefusedPorts(MonoTime now) EXCLUDES(mu_);

 private:
  Mutex mu_;
  std::map<std::string, Facts, std::less<>> facts_ GUARDED_BY(mu_);
  std::map<std::string, std::map<std::int64_t, MonoTime>> refused_ GUARDED_BY(mu_);

  struct Loss {
    std::string which;
    MonoTime since{};
  };

  std::map<std::string, Loss, std::less<>> lost_ GUARDED_BY(mu_);  // by node
};

}  // namespace nekoplane::reconcilers::session
