// The starts that wait for their turn: a start may take as long as an image pull, so that a slow
// worker gets a few threads at most and the others go on. First come, first served on each worker.
//
// Thread safety: any thread may call. Never blocks. Lifetime: outlives the jobs that `run` was
// given.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/context.h"
#include "api/base/mutex.h"

namespace nekoplane::runtime::taos {

class StartQueue {
 public:
  using Job = std::function<void(const Context&)>;

  struct Options {
    int per_node = 2, total = 16;  // at once; more wait
  };

  // `run` runs a job on another thread; may drop it when the program ends. Called without a lock.
  StartQueue(std::function<void(Job)> run, Options options)
      : run_(std::move(run)), options_(options) {}

  void Add(const std::string& node, const std::string& session_uid, Job job) EXCLUDES(mu_);
  // True: the session's start had not begun, and never will.
  bool Cancel(std::string_view node, std::string_view session_uid) EXCLUDES(mu_);
  // Nothing more begins.
  void Stop() EXCLUDES(mu_);

 private:
  struct Start {
    std::string node, session_uid;
    Job job;
  };

  // Takes those whose turn has come; they are to be handed to Begin without the lock.
  std::vector<Start> Admit() REQUIRES(mu_);
  void Begin(std::vector<Start> starts) EXCLUDES(mu_);
  void Finish(const std::string& node) EXCLUDES(mu_);

  const std::function<void(Job)> run_;
  const Options options_;
  Mutex mu_;
  std::deque<Start> waiting_ GUARDED_BY(mu_);
  std::map<std::string, int, std::less<>> running_on_ GUARDED_BY(mu_);  // by node; none is absent
  int running_ GUARDED_BY(mu_) = 0;
  bool stopped_ GUARDED_BY(mu_) = false;
};

}  // namespace nekoplane::runtime::taos
