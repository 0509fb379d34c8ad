// Mirrors the browser-workers of a taOS controller as BrowserNodes, reading its
// GET /api/cluster/workers every five seconds and never writing to it. Load and heartbeats stay in
// memory. Its one key is empty.
//
// A worker that is not listed any more takes no new session at once; its node goes after a minute,
// if no session is on it. A node that was not made here is never touched.
//
// Thread safety and blocking: as manager::Reconciler, with one worker. Lifetime: all that Deps
// refers to outlives it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/client.h"
#include "api/registry/client.h"
#include "api/taos/cluster/worker_book.h"
#include "controller/manager/reconciler.h"
#include "reconcilers/mirror/convert.h"

namespace nekoplane::reconcilers::mirror {

struct Deps {
  registry::Client& client;
  http::Client& http;
  const Clock& clock;
  Logger& log;
  taos::WorkerBook& workers;
  // A node's worker has news. Must not block.
  std::function<void(const std::string& node)> changed;
};

struct Options {
  std::string url;  // of the taOS controller, "http://192.168.1.5:6969"
  Duration period = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(30);
  Duration keep_missing = std::chrono::minutes(1);
  std::size_t max_reply_bytes = 4 * 1024 * 1024;
};

class MirrorReconciler final : public manager::Reconciler {
 public:
  MirrorReconciler(Deps deps, Options options);

  std::string name() const override { return "mirror"; }

  manager::Outcome Reconcile(const Context& ctx, const queue::Key& key) override;

 private:
  Result<Converted> Fetch(const Context& ctx);
  void Apply(const Context& ctx, const MirroredWorker& worker);
  void Missing(const Context& ctx, const std::set<std::string>& listed);
  // Logs a sentence once, for as long as every pass says it again.
  void Say(const std::string& what);

  const Deps deps_;
  const Options options_;
  const std::string label_;
  std::map<std::string, MonoTime> missing_since_;  // by node
  std::set<std::string> said_, saying_;
};

}  // namespace nekoplane::reconcilers::mirror
