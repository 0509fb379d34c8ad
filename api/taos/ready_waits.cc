#include "api/taos/ready_waits.h"

#include <string_view>
#include <utility>
#include <vector>

#include "api/codec/json_codec.h"
#include "api/taos/session_view.h"

namespace nekoplane::taos {
namespace {

using v1alpha1::BrowserSession;

bool IsSettled(const store::Object& object) {
  const auto session = codec::Decode<BrowserSession>(std::string_view(object.bytes));
  return !session || StatusWord(*session) != "pending";
}

}  // namespace

ReadyWaits::ReadyWaits(store::Store& store, Timers& timers, Logger& log)
    : store_(store), timers_(timers) {
  auto watch =
      store_.Watch(BrowserSession::kResource, store_.Version(),
                   [this](const std::vector<store::EventPtr>& events) { OnEvents(events); });
  if (watch) {
    watch_ = *std::move(watch);
  } else {
    // Still correct, only slower: waits end by their timers.
    log.Warning("the wrapper cannot watch sessions; answers to new sessions take the full wait",
                {{"error", watch.error().ToString()}});
  }
}

ReadyWaits::~ReadyWaits() { Stop(); }

void ReadyWaits::Wait(const store::ObjectPtr& session, Duration at_most, Done done) {
  const std::string uid = session->uid;
  {
    MutexLock lock(mu_);
    if (!stopped_ && at_most > Duration::zero()) {
      waiters_[uid] = Waiter{session->key, std::move(done), nullptr};
      done = nullptr;
    }
  }
  if (done) return done(store_.Get(session->key));
  // Without the lock: an implementation may call back at once.
  auto timer = timers_.After(at_most, [this, uid] { Finish(uid); });
  {
    MutexLock lock(mu_);
    const auto it = waiters_.find(uid);
    if (it != waiters_.end()) it->second.timer = std::move(timer);
  }
  // Closes the gap between the creation and the entry above.
  const store::ObjectPtr now = store_.Get(session->key);
  if (now == nullptr || now->uid != uid || IsSettled(*now)) Finish(uid);
}

void ReadyWaits::OnEvents(const std::vector<store::EventPtr>& events) {
  std::vector<store::EventPtr> awaited;
  {
    MutexLock lock(mu_);
    if (waiters_.empty()) return;
    for (const store::EventPtr& event : events) {
      if (waiters_.contains(event->object->uid)) awaited.push_back(event);
    }
  }
  for (const store::EventPtr& event : awaited) {
    const bool over = event->type == store::EventType::kDeleted || IsSettled(*event->object);
    if (over) Finish(event->object->uid);
  }
}

void ReadyWaits::Finish(const std::string& uid) {
  Waiter waiter;
  {
    MutexLock lock(mu_);
    const auto it = waiters_.find(uid);
    if (it == waiters_.end()) return;
    waiter = std::move(it->second);
    waiters_.erase(it);
    ++finishing_;
  }
  waiter.timer.reset();
  store::ObjectPtr now = store_.Get(waiter.key);
  if (now != nullptr && now->uid != uid) now = nullptr;
  waiter.done(std::move(now));
  waiter.done = nullptr;
  MutexLock lock(mu_);
  --finishing_;
  idle_.NotifyAll();
}

void ReadyWaits::Stop() {
  std::vector<std::string> uids;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    for (const auto& [uid, waiter] : waiters_) uids.push_back(uid);
  }
  watch_.reset();
  for (const std::string& uid : uids) Finish(uid);
  MutexLock lock(mu_);
  while (finishing_ > 0) idle_.Wait(mu_);
}

}  // namespace nekoplane::taos
