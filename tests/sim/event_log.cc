#include "tests/sim/event_log.h"

#include <nlohmann/json.hpp>

#include "api/registry/base64.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::sim {

std::string NameOf(const store::Key& key) {
  return key.resource + " " + key.ns + (key.ns.empty() ? "" : "/") + key.name;
}

void EventLog::Record(const store::Event& event, MonoTime now) {
  if (event.version == 0) {
    wrong.push_back("S5: an event with version 0");
    return;
  }
  if (event.version > entries_.size()) entries_.resize(event.version);
  Entry& entry = entries_[event.version - 1];
  if (entry.object == nullptr) {
    entry = {event.type, event.object, now};
    if (event.object->key.resource == v1alpha1::Secret::kResource) {
      LearnSecrets(*event.object);
    } else {
      LookForSecrets(*event.object);
    }
    return;
  }
  const store::Object& known = *entry.object;
  if (entry.type != event.type || known.key != event.object->key ||
      known.bytes != event.object->bytes) {
    wrong.push_back("S5: version " + std::to_string(event.version) + " was " + NameOf(known.key) +
                    " and is now " + NameOf(event.object->key) + ", or has other content");
  }
}

void EventLog::LearnSecrets(const store::Object& object) {
  if (ignore_secrets_) return;
  const auto json = nlohmann::json::parse(object.bytes, nullptr, false);
  const auto data = json.find("data");
  if (data == json.end()) return;
  for (const auto& [key, value] : data->items()) {
    const auto text = value.get<std::string>();
    secrets_.insert(text);
    if (auto plain = registry::Base64Decode(text)) secrets_.insert(*plain);
  }
}

void EventLog::LookForSecrets(const store::Object& object) {
  for (const auto& secret : secrets_) {
    if (object.bytes.find(secret) != std::string::npos) {
      wrong.push_back("S13: " + NameOf(object.key) + " shows a secret");
    }
  }
}

void EventLog::Acknowledge(const store::ObjectPtr& object) { acks_.push_back(object); }

void EventLog::Check(const store::CoreStore& store) {
  const std::uint64_t version = store.Version();
  if (version < entries_.size()) {
    wrong.push_back("S4: the store is at version " + std::to_string(version) +
                    ", but watchers saw " + std::to_string(entries_.size()));
    return;
  }
  for (std::uint64_t v = 1; v <= version; ++v) {
    if (v > entries_.size() || entries_[v - 1].object == nullptr) {
      wrong.push_back("S5: nobody was told of version " + std::to_string(v));
      return;
    }
  }
  for (const store::ObjectPtr& ack : acks_) {
    const store::Object& object = *ack;
    const Entry* entry = object.version == 0 || object.version > entries_.size()
                             ? nullptr
                             : &entries_[object.version - 1];
    if (entry == nullptr || entry->object->key != object.key ||
        entry->object->bytes != object.bytes) {
      wrong.push_back("S4: " + NameOf(object.key) + " at version " +
                      std::to_string(object.version) + " was acknowledged and is lost");
    }
  }
  acks_.clear();

  std::map<store::Key, const Entry*> newest;
  std::set<std::string> resources;
  for (const Entry& entry : entries_) {
    resources.insert(entry.object->key.resource);
    if (entry.type == store::EventType::kDeleted) {
      newest.erase(entry.object->key);
    } else {
      newest[entry.object->key] = &entry;
    }
  }
  std::size_t objects = 0;
  for (const auto& resource : resources) {
    store.List(resource)->ForEach("", "", [&](const store::ObjectPtr& object) {
      ++objects;
      const auto it = newest.find(object->key);
      if (it == newest.end()) {
        wrong.push_back("S5: " + NameOf(object->key) + " is there, but no event made it");
      } else if (it->second->object->bytes != object->bytes) {
        wrong.push_back("S4: " + NameOf(object->key) + " is not what its last event says");
      }
      return true;
    });
  }
  if (objects != newest.size()) {
    wrong.push_back("S4: " + std::to_string(newest.size()) + " objects by their events, " +
                    std::to_string(objects) + " in the store");
  }
}

std::map<std::string, std::uint64_t> EventLog::StateAt(std::string_view resource,
                                                       std::uint64_t version) const {
  std::map<std::string, std::uint64_t> state;
  for (std::uint64_t v = 1; v <= version && v <= entries_.size(); ++v) {
    const Entry& entry = entries_[v - 1];
    if (entry.object == nullptr || entry.object->key.resource != resource) continue;
    const std::string name = entry.object->key.ns + "/" + entry.object->key.name;
    if (entry.type == store::EventType::kDeleted) {
      state.erase(name);
    } else {
      state[name] = v;
    }
  }
  return state;
}

std::vector<std::uint64_t> EventLog::VersionsOf(std::string_view resource, std::uint64_t after,
                                                std::uint64_t until, std::string_view mark) const {
  std::vector<std::uint64_t> versions;
  std::set<store::Key> marked;
  for (std::uint64_t v = mark.empty() ? after + 1 : 1; v <= until && v <= entries_.size(); ++v) {
    const Entry& entry = entries_[v - 1];
    if (entry.object == nullptr || entry.object->key.resource != resource) continue;
    bool selected = true;
    if (!mark.empty()) {
      const bool before = marked.erase(entry.object->key) > 0;
      const bool now = entry.type != store::EventType::kDeleted &&
                       entry.object->bytes.find(mark) != std::string::npos;
      if (now) marked.insert(entry.object->key);
      selected = before || now;
    }
    if (selected && v > after) versions.push_back(v);
  }
  return versions;
}

}  // namespace nekoplane::sim
