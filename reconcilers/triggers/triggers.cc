#include "reconcilers/triggers/triggers.h"

#include <string>

namespace nekoplane::reconcilers {

Triggers::Triggers(store::Store& store, Logger& log, Controllers controllers,
                   PlacementQueue& waiting)
    : controllers_(controllers),
      session_triggers_([this](const queue::Key& key,
                               int priority) { controllers_.sessions.Enqueue(key, priority); },
                        waiting),
      node_triggers_([this](const queue::Key& key, Duration delay) {
        controllers_.nodes.EnqueueAfter(key, delay);
      }),
      profile_triggers_([this](const queue::Key& key) { controllers_.profiles.Enqueue(key); }),
      sessions_(store, log),
      nodes_(store, log),
      classes_(store, log),
      profiles_(store, log) {
  sessions_.AddHandler([this](const auto& change) {
    session_triggers_.OnSession(change);
    node_triggers_.OnSession(change);
    profile_triggers_.OnSession(change);
  });
  nodes_.AddHandler([this](const auto& change) {
    node_triggers_.OnNode(change);
    session_triggers_.OnNode(change);
  });
  classes_.AddHandler([this](const auto& change) { session_triggers_.OnClass(change); });
  profiles_.AddHandler([this](const auto& change) {
    profile_triggers_.OnProfile(change);
    session_triggers_.OnProfile(change);
  });
}

Result<void> Triggers::StartInformers() {
  NEKO_RETURN_IF_ERROR(nodes_.Start());
  NEKO_RETURN_IF_ERROR(classes_.Start());
  NEKO_RETURN_IF_ERROR(profiles_.Start());
  return sessions_.Start();
}

void Triggers::WatchEngines(const runtime::DriverSet& drivers) {
  for (const std::string& node : drivers.Nodes()) {
    hints_.push_back(drivers.ForNode(node)->Watch([this, node](const runtime::Hint& hint) {
      session_triggers_.OnHint(node, hint);
      if (!hint.session_uid.empty()) return;
      controllers_.nodes.Enqueue({"", node});
      controllers_.gc.Enqueue({"", node});  // what changed hands while it was silent
    }));
    controllers_.gc.Enqueue({"", node});
  }
  controllers_.gc.Enqueue({"", ""});
}

void Triggers::StopEngines() { hints_.clear(); }

void Triggers::StopInformers() {
  sessions_.Stop();
  nodes_.Stop();
  classes_.Stop();
  profiles_.Stop();
}

}  // namespace nekoplane::reconcilers
