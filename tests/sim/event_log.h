// What the store has told the world, version by version, over all lives of nekoplane: the record
// against which acknowledged writes, reopened databases, watches and lists are held.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/store/core_store.h"

namespace nekoplane::sim {

class EventLog {
 public:
  struct Entry {
    store::EventType type = store::EventType::kAdded;
    store::ObjectPtr object;  // null: not heard of yet
    MonoTime at{};            // when it was first heard of
  };

  // A watch heard of it. The same version again must be the same event again.
  void Record(const store::Event& event, MonoTime now);

  // A commit was answered with this object.
  void Acknowledge(const store::ObjectPtr& object);

  // Everything was delivered: the store holds what the log says, and the log has no holes.
  void Check(const store::CoreStore& store);

  // The versions of the objects of `resource` at `version`, by namespace/name.
  std::map<std::string, std::uint64_t> StateAt(std::string_view resource,
                                               std::uint64_t version) const;
  // The events of `resource` in (after, until], or of them those whose object has `mark` in its
  // bytes, or had it before.
  std::vector<std::uint64_t> VersionsOf(std::string_view resource, std::uint64_t after,
                                        std::uint64_t until, std::string_view mark = "") const;

  // By version - 1.
  const std::vector<Entry>& entries() const { return entries_; }

  std::uint64_t last() const { return entries_.size(); }

  // Of every secret that ever was, as stored and decoded.
  const std::set<std::string>& secrets() const { return secrets_; }

  // From now on texts are not searched for secrets: among many that takes hours.
  void IgnoreSecrets() { ignore_secrets_ = true; }

  // Broken promises, in words.
  std::vector<std::string> wrong;

 private:
  void LearnSecrets(const store::Object& object);
  void LookForSecrets(const store::Object& object);

  std::vector<Entry> entries_;
  std::vector<store::ObjectPtr> acks_;  // not compared yet
  std::set<std::string> secrets_;
  bool ignore_secrets_ = false;
};

std::string NameOf(const store::Key& key);

}  // namespace nekoplane::sim
