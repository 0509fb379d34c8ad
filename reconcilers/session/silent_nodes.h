// Machines whose engine did not answer in time: one pass asks such a one, the others do not wait
// for what is known. Each question to a cut-off machine takes its whole time limit and a worker
// with it, and there are few workers and perhaps many sessions on that machine.
//
// Thread safety: any thread may call. May be forgotten at any time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/base/status.h"

namespace nekoplane::reconcilers::session {

class SilentNodes {
 public:
  // Not to be asked now, since somebody does: how its last answer failed to come. nullopt: ask, and
  // tell what came of it with Asked(), always.
  std::optional<Status> Spare(std::string_view node) EXCLUDES(mu_);

  // `failure`: null if it told what was asked.
  void Asked(std::string_view node, const Status* failure, Duration took) EXCLUDES(mu_);

 private:
  struct Silence {
    Status why;
    bool being_asked = false;
  };

  Mutex mu_;
  std::map<std::string, Silence, std::less<>> silent_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::reconcilers::session
