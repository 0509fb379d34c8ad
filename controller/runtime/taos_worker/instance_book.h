// What a worker's driver knows of instances, since the worker itself tells nobody: which starts are
// under way, how the last one ended, what runs where. Lost with the process; what nekoplane wrote
// down of a session takes its place then.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/mutex.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime::taos {

// What is on record of a session that has its place on this node.
struct KnownInstance {
  std::string ns, name;
  // Of its last recorded start; empty if there is none.
  std::string container_id, spec_hash, image;
  std::string host;  // where its ports are reached; IPv6 in brackets
  int http_port = 0, media_port = 0;
  WallTime started_at{};
};

struct Entry {
  enum class State {
    kStarting,  // a start is under way
    kRunning,
    kFailed,   // the worker said no
    kUnknown,  // a start without an answer: there may be a container
    kRemoved,  // by us
  };
  State state = State::kUnknown;
  Observed seen;  // kRunning; else only who it is
  std::string host, container;
  Status why;         // kFailed, kUnknown
  bool told = false;  // `why` was told
  // kStarting: what was known until then; null = nothing.
  std::shared_ptr<const Entry> before = nullptr;
};

class InstanceBook {
 public:
  using Lookup = std::function<std::optional<KnownInstance>(std::string_view uid)>;

  // `node` makes the ids. `known` must not block, and is called without a lock.
  InstanceBook(std::string node, Lookup known) : node_(std::move(node)), known_(std::move(known)) {}

  // What is known, the record included; nullopt: the session has nothing to do with this worker.
  std::optional<Entry> Find(std::string_view uid) const EXCLUDES(mu_);

  // Begins a start; false if one is under way.
  bool Begin(const InstanceSpec& spec) EXCLUDES(mu_);
  // It never began after all: what was known before counts again.
  void Cancelled(std::string_view uid) EXCLUDES(mu_);
  // Ends it.
  void Set(std::string_view uid, Entry entry) EXCLUDES(mu_);
  void Removed(std::string_view uid) EXCLUDES(mu_);
  void Told(std::string_view uid) EXCLUDES(mu_);

  // A later instance got this port, so the worker has lost the one that is on record with it.
  bool PortPassedOn(const Entry& entry) const EXCLUDES(mu_);

  std::string IdOf(std::string_view container) const;

 private:
  // Sessions that ended meanwhile, so that the book does not grow for ever.
  void ForgetTheGone() EXCLUDES(mu_);
  Entry FromRecord(std::string_view uid, const KnownInstance& known) const;

  const std::string node_;
  const Lookup known_;
  mutable Mutex mu_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mu_);
};

// The books of all nodes. A driver is replaced when its node's url or token changes, and the starts
// that it began must not be forgotten: whoever removes such a session waits for its start to end.
//
// Thread safety: any thread may call. Never blocks.
class InstanceBooks {
 public:
  // That of the node with this uid, for as long as a driver or a start of it has it; else a new
  // one.
  std::shared_ptr<InstanceBook> Of(const std::string& node_uid, const std::string& node,
                                   InstanceBook::Lookup known) EXCLUDES(mu_);

 private:
  Mutex mu_;
  std::map<std::string, std::weak_ptr<InstanceBook>> books_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::runtime::taos
