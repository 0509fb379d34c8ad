// Who and what is still on a node: for drains and deletions, which wait for it to become empty.
//
// Thread safety: any thread may call. Blocking: SessionsOn never; RemainsOn as the driver.
#pragma once

#include <string>
#include <vector>

#include "api/registry/client.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/node/decide.h"

namespace nekoplane::reconcilers::node {

enum class Which {
  kHoldingRoom,  // they have a container there, or will have
  kPlaced,       // these, and those whose profile is there while they are suspended
};

// Ordered by name. One whose object is gone already is shown by its uid.
std::vector<HeldSession> SessionsOn(const registry::Client& client, const store::Ledger& ledger,
                                    const std::string& node, Which which);

// `driver` may be null: then nothing is known. A driver that cannot list has nothing to say
// against.
Remains RemainsOn(const Context& ctx, const registry::Client& client,
                  runtime::RuntimeDriver* driver);

}  // namespace nekoplane::reconcilers::node
