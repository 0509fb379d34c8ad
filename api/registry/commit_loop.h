// Plan, commit, and plan again when the world moved in between: the loop around every write, in its
// blocking and in its callback form.
#pragma once

#include <functional>
#include <optional>

#include "api/base/context.h"
#include "api/base/result.h"
#include "api/registry/registry.h"
#include "api/store/store.h"

namespace nekoplane::registry {

// One transaction and what to do after it.
struct Step {
  store::Transaction transaction;   // nothing in it: `reply` is the answer as it is
  WriteReply reply;                 // its object is replaced by the one the first write committed
  std::optional<Status> then_fail;  // the answer after the commit is this error
  // If set: after the commit this is called and the planner asked once more.
  std::function<void()> then_again;
};

// Reads what is stored now and decides. Called again after a lost race, with the newer state.
using Planner = std::function<Result<Step>()>;

// True for the errors of a commit that a fresh look at the store explains or overcomes.
bool WorthPlanningAgain(const Status& error);

// More lost races in a row than this mean that something is wrong.
inline constexpr int kMaxAttempts = 64;

Result<WriteReply> CommitBlocking(const Context& ctx, store::Store& store, const Planner& planner);

// `store` outlives the last call of `done`.
void CommitAsync(store::Store& store, Planner planner, Registry::Done done);

}  // namespace nekoplane::registry
