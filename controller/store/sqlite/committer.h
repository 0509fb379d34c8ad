// Takes groups of transactions to disk, and knows the state that is there.
//
// A failed group leaves the store usable: whatever the disk did, the state here is the disk's
// before the next group begins. When a COMMIT fails nobody but the file knows whether it took place
// (the data may be in it, only the sync failed), so the file is opened and read again; until that
// works every group is refused, and a commit that turns out to have taken place is published then.
//
// Thread safety: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/store/apply.h"
#include "controller/store/sqlite/connection.h"
#include "controller/store/sqlite/loader.h"

namespace nekoplane::store {

class Committer {
 public:
  struct Options {
    std::string path;
    std::string vfs;
  };

  // `connection` has its statements ready; `loaded` is what it holds.
  Committer(Options options, std::unique_ptr<Connection> connection, const Loaded& loaded);

  struct Outcome {
    std::vector<Result<Committed>> results;  // one per transaction
    std::vector<EventPtr> events;            // to publish; with `state` if `changed`
    bool changed = false;
    std::optional<Status> began_to_fail;  // after groups that went well
    bool works_again = false;             // after groups that failed
  };

  // `log_needed_after`: rows of the log up to this version may go.
  Outcome Run(const std::vector<PreparedTransaction>& group, std::uint64_t log_needed_after);

  const State& state() const { return state_; }

  std::uint64_t commits() const { return commits_; }

  // Between groups and in quiet moments; see Connection.
  void CheckpointIfDue();
  void CheckpointAll();

 private:
  // A group whose COMMIT failed and of which the file has not been asked yet.
  struct InDoubt {
    State state;
    std::vector<EventPtr> events;
  };

  // Stages `group` on the state; the ones that change something go to `staged`.
  State Stage(const std::vector<PreparedTransaction>& group, Outcome* outcome,
              std::vector<Applied>* staged) const;
  // Has a connection, and nothing in doubt. What turns out to have been committed goes to
  // `outcome`.
  Result<void> EnsureReady(Outcome* outcome);
  // `head` is on disk: so is `state`.
  void Accept(const Head& head, State state, std::vector<EventPtr> events, Outcome* outcome);
  const Options options_;
  std::unique_ptr<Connection> connection_;
  Head head_;
  State state_;
  std::uint64_t log_from_;  // the oldest version in the log
  std::uint64_t commits_ = 0;
  std::optional<InDoubt> in_doubt_;
  bool failing_ = false;
};

}  // namespace nekoplane::store
