#include "reconcilers/triggers/triggers.h"

#include <string>
#include <utility>
#include <vector>

#include "api/v1alpha1/core.h"

namespace nekoplane::reconcilers {

Triggers::Triggers(store::Store& store, Logger& log, Controllers controllers,
                   PlacementQueue& waiting)
    : store_(store),
      controllers_(controllers),
      session_triggers_([this](const queue::Key& key,
                               int priority) { controllers_.sessions.Enqueue(key, priority); },
                        waiting),
      node_triggers_([this](const queue::Key& key, Duration delay) {
        controllers_.nodes.EnqueueAfter(key, delay);
      }),
      driver_triggers_(
          [this](const queue::Key& key) {
            if (controllers_.drivers != nullptr) controllers_.drivers->Enqueue(key);
          },
          [this] { return nodes_.List(); }),
      profile_triggers_([this](const queue::Key& key) { controllers_.profiles.Enqueue(key); }),
      images_triggers_(
          {.enqueue = [this](const queue::Key& key) { controllers_.images.Enqueue(key); },
           .nodes = [this] { return nodes_.List(); }}),
      sessions_(store, log),
      nodes_(store, log),
      classes_(store, log),
      profiles_(store, log) {
  sessions_.AddHandler([this](const auto& change) {
    session_triggers_.OnSession(change);
    node_triggers_.OnSession(change);
    profile_triggers_.OnSession(change);
  });
  nodes_.AddHandler([this](const auto& change) { OnNode(change); });
  classes_.AddHandler([this](const auto& change) {
    session_triggers_.OnClass(change);
    images_triggers_.OnClass(change);
  });
  profiles_.AddHandler([this](const auto& change) {
    profile_triggers_.OnProfile(change);
    session_triggers_.OnProfile(change);
  });
}

void Triggers::OnNode(const informer::Change<v1alpha1::BrowserNode>& change) {
  driver_triggers_.OnNode(change);
  // A node that is new has no driver to be asked through; WatchEngine brings it here when it has.
  const bool comes_later = controllers_.drivers != nullptr && !change.before && !change.initial;
  if (!comes_later) node_triggers_.OnNode(change);
  session_triggers_.OnNode(change);
  images_triggers_.OnNode(change);
}

Result<void> Triggers::StartInformers() {
  if (controllers_.drivers != nullptr) {
    NEKO_TRY(secrets_, store_.Watch(v1alpha1::Secret::kResource, store_.Version(),
                                    [this](const std::vector<store::EventPtr>& events) {
                                      for (const auto& event : events) {
                                        const store::Key& key = event->object->key;
                                        driver_triggers_.OnSecret(key.ns, key.name);
                                      }
                                    }));
  }
  NEKO_RETURN_IF_ERROR(nodes_.Start());
  NEKO_RETURN_IF_ERROR(classes_.Start());
  NEKO_RETURN_IF_ERROR(profiles_.Start());
  return sessions_.Start();
}

void Triggers::WatchEngines(const runtime::DriverSet& drivers) {
  for (const std::string& node : drivers.Nodes()) {
    Follow(node, drivers.ForNode(node));
    controllers_.gc.Enqueue({"", node});
  }
  controllers_.gc.Enqueue({"", ""});
}

void Triggers::WatchEngine(const std::string& node,
                           const std::shared_ptr<runtime::RuntimeDriver>& driver) {
  Follow(node, driver);
  controllers_.nodes.Enqueue({"", node});
  controllers_.gc.Enqueue({"", node});
  controllers_.gc.Enqueue({"", ""});
}

void Triggers::Follow(const std::string& node,
                      const std::shared_ptr<runtime::RuntimeDriver>& driver) {
  std::unique_ptr<Subscription> before;
  {
    MutexLock lock(mu_);
    const auto it = hints_.find(node);
    if (it != hints_.end()) {
      before = std::move(it->second);
      hints_.erase(it);
    }
  }
  before.reset();  // waits for the hint that is being told
  if (driver == nullptr) return;
  auto hints = driver->Watch([this, node](const runtime::Hint& hint) {
    session_triggers_.OnHint(node, hint);
    images_triggers_.OnHint(node, hint);
    if (!hint.session_uid.empty()) return;
    controllers_.nodes.Enqueue({"", node});
    controllers_.gc.Enqueue({"", node});  // what changed hands while it was silent
  });
  MutexLock lock(mu_);
  hints_[node] = std::move(hints);
}

void Triggers::StopEngines() {
  std::map<std::string, std::unique_ptr<Subscription>> hints;
  MutexLock lock(mu_);
  hints.swap(hints_);
}

void Triggers::StopInformers() {
  secrets_.reset();
  sessions_.Stop();
  nodes_.Stop();
  classes_.Stop();
  profiles_.Stop();
}

}  // namespace nekoplane::reconcilers
