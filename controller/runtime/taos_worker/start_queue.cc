#include "controller/runtime/taos_worker/start_queue.h"

#include <algorithm>
#include <utility>

namespace nekoplane::runtime::taos {

void StartQueue::Add(const std::string& node, const std::string& session_uid, Job job) {
  std::vector<Start> starts;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    waiting_.push_back({node, session_uid, std::move(job)});
    starts = Admit();
  }
  Begin(std::move(starts));
}

bool StartQueue::Cancel(std::string_view node, std::string_view session_uid) {
  MutexLock lock(mu_);
  return std::erase_if(waiting_, [&](const Start& start) {
           return start.node == node && start.session_uid == session_uid;
         }) > 0;
}

void StartQueue::Stop() {
  MutexLock lock(mu_);
  stopped_ = true;
  waiting_.clear();
}

std::vector<StartQueue::Start> StartQueue::Admit() {
  std::vector<Start> starts;
  for (auto it = waiting_.begin(); it != waiting_.end() && running_ < options_.total;) {
    int& busy = running_on_[it->node];
    if (busy >= options_.per_node) {
      ++it;
      continue;
    }
    ++busy;
    ++running_;
    starts.push_back(std::move(*it));
    it = waiting_.erase(it);
  }
  return starts;
}

void StartQueue::Begin(std::vector<Start> starts) {
  for (Start& start : starts) {
    run_([this, node = std::move(start.node), job = std::move(start.job)](const Context& ctx) {
      job(ctx);
      Finish(node);
    });
  }
}

void StartQueue::Finish(const std::string& node) {
  std::vector<Start> starts;
  {
    MutexLock lock(mu_);
    --running_;
    if (--running_on_[node] == 0) running_on_.erase(node);
    starts = Admit();
  }
  Begin(std::move(starts));
}

}  // namespace nekoplane::runtime::taos
