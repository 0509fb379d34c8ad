#include "controller/store/sqlite/committer.h"

#include <algorithm>
#include <utility>

#include "api/base/mutant.h"

namespace nekoplane::store {
namespace {

// The log is trimmed this many rows at a time: small enough not to be felt, large enough that whole
// pages become free.
constexpr std::uint64_t kTrimRows = 512;

}  // namespace

Committer::Committer(Options options, std::unique_ptr<Connection> connection, const Loaded& loaded)
    : options_(std::move(options)),
      connection_(std::move(connection)),
      head_(loaded.head),
      state_(loaded.state),
      log_from_(loaded.oldest_log_row) {}

Committer::Outcome Committer::Run(const std::vector<PreparedTransaction>& group,
                                  std::uint64_t log_needed_after) {
  Outcome outcome;
  Result<void> written = EnsureReady(&outcome);
  if (written) {
    std::vector<Applied> staged;
    State next = Stage(group, &outcome, &staged);
    if (staged.empty()) return outcome;
    std::vector<EventPtr> events;
    for (const Applied& applied : staged) {
      events.insert(events.end(), applied.events.begin(), applied.events.end());
    }
    const bool early = NEKO_MUTANT(kLogTrimmedTooEarly);
    const std::uint64_t rows = early ? 1 : kTrimRows;
    const bool trim = log_from_ + rows <= (early ? head_.version : log_needed_after) + 1;
    const std::uint64_t trim_until = trim ? log_from_ + rows : log_from_;
    Connection::Written result = connection_->Write(head_, staged, log_from_, trim_until);
    if (NEKO_MUTANT(kFailedWriteAccepted) && !result.head) result.head = head_;
    if (result.head) {
      log_from_ = trim_until;
      Accept(*result.head, std::move(next), std::move(events), &outcome);
    } else if (!result.outcome_unknown) {
      written = result.head.error();
    } else {
      in_doubt_ = InDoubt{std::move(next), std::move(events)};
      const std::uint64_t before = head_.commits;
      (void)EnsureReady(&outcome);
      if (head_.commits == before) written = result.head.error();
    }
  }
  outcome.works_again = written && failing_;
  if (!written && !failing_) outcome.began_to_fail = written.error();
  failing_ = !written.has_value();
  if (!written) {
    // Also those refused for a conflict: what they conflicted with may not have become true.
    outcome.results.assign(group.size(), written.error());
  }
  return outcome;
}

State Committer::Stage(const std::vector<PreparedTransaction>& group, Outcome* outcome,
                       std::vector<Applied>* staged) const {
  State next = state_;
  for (const PreparedTransaction& transaction : group) {
    Result<Applied> applied = Apply(next, transaction);
    if (!applied) {
      outcome->results.push_back(std::move(applied).error());
      continue;
    }
    outcome->results.push_back(std::move(applied->committed));
    if (!applied->changed()) continue;
    next = std::move(applied->state);
    staged->push_back(std::move(*applied));
  }
  return next;
}

Result<void> Committer::EnsureReady(Outcome* outcome) {
  if (connection_ != nullptr && !in_doubt_.has_value()) return {};
  // Closing first: what SQLite took back must not come to life again from the WAL's tail.
  connection_.reset();
  NEKO_TRY(auto connection, Connection::Open(options_.path, options_.vfs));
  NEKO_TRY(const Head head, ReadHead(connection->db()));
  NEKO_RETURN_IF_ERROR(connection->PrepareStatements());
  const Result<void> settled = connection->Settle();
  if (in_doubt_.has_value() && head.commits == head_.commits + 1) {
    if (!settled) return settled.error();  // it may be there only until the power fails
    Accept(head, std::move(in_doubt_->state), std::move(in_doubt_->events), outcome);
  } else if (head.commits != head_.commits) {
    return CorruptStatus(options_.path, "somebody else wrote to it");
  }
  in_doubt_.reset();
  NEKO_TRY(Statement oldest, connection->db().Prepare("SELECT min(version) FROM log"));
  NEKO_TRY(const bool row, oldest.Step());
  if (row && !oldest.IsNull(0)) log_from_ = oldest.Number(0);
  oldest.Reset();
  connection_ = std::move(connection);
  return {};
}

void Committer::Accept(const Head& head, State state, std::vector<EventPtr> events,
                       Outcome* outcome) {
  head_ = head;
  state_ = std::move(state);
  ++commits_;
  outcome->changed = true;
  outcome->events.insert(outcome->events.end(), std::make_move_iterator(events.begin()),
                         std::make_move_iterator(events.end()));
}

void Committer::CheckpointIfDue() {
  if (connection_ != nullptr) connection_->CheckpointIfDue();
}

void Committer::CheckpointAll() {
  if (connection_ != nullptr) connection_->CheckpointAll();
}

}  // namespace nekoplane::store
