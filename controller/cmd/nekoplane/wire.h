// Program is all of nekoplane, put together from Options. What starts when, and what stops in which
// order, is decided here and nowhere else.
//
// Start order: store, objects that must exist, servers (not ready yet), informers, controllers,
//     manifests folder; then /readyz says yes.
// Stop order: /readyz says no, controllers (each finishes the reconcile it is in), engine events,
//     manifests, watches, servers, store. Containers are left running.
//
// Thread safety: the thread that started it.
#pragma once

#include <memory>
#include <string>

#include "api/base/log.h"
#include "api/base/result.h"
#include "controller/config/options.h"

namespace nekoplane {

class Program {
 public:
  // Errors: what the first part that could not be made says; message tells what to do. `version` is
  // shown by /version and the metrics. `hostname` goes into the server's certificate.
  static Result<std::unique_ptr<Program>> Start(const config::Options& options,
                                                const std::string& version,
                                                const std::string& hostname, Logger& log);
  virtual ~Program() = default;

  // Within 5 s. Idempotent.
  virtual void Stop() = 0;
};

}  // namespace nekoplane
