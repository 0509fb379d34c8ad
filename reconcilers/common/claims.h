// What sessions write into the claims ledger, and how to read it back. The placement of a session
// is its set of claims; everything that shows or checks capacity goes through here.
//
// Thread safety: free functions over immutable values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/store/store.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/scheduler/scheduler.h"

namespace nekoplane::reconcilers {

// The detail of an instance claim: {"gpus":0,"memory":1610612736,"milliCpu":1000}.
std::string EncodeDemand(const scheduler::Demand& demand);
// Unreadable detail counts as nothing taken.
scheduler::Demand DecodeDemand(std::string_view detail);

store::Claim InstanceClaim(std::string_view node, std::string_view uid,
                           const scheduler::Demand& demand);
// The http port's tcp claim, and the media port's tcp and udp claims.
std::vector<store::Claim> PortClaims(std::string_view node, std::string_view uid,
                                     const v1alpha1::SessionPorts& ports);
// `item`: the private volume's name or the BrowserProfile's uid.
store::Claim ProfileClaim(std::string_view item, std::string_view uid);

store::ClaimChange Acquire(store::Claim claim);
store::ClaimChange Release(store::Claim claim);
store::ClaimChange ReleaseOwner(std::string_view uid);

// Everything `owner` holds.
std::vector<store::Claim> ClaimsOf(const store::Ledger& ledger, std::string_view owner);

// What is taken on a node: the sum of its instance claims.
struct NodeUse {
  scheduler::Demand allocated;
  std::int64_t sessions = 0;
  std::int64_t used_http_ports = 0, used_media_ports = 0;  // within the node's ranges
};

NodeUse UseOf(const v1alpha1::BrowserNode& node, const store::Ledger& ledger);

// How many sessions a node's port ranges have room for in all.
std::int64_t PortsOf(const v1alpha1::PortRange& range);

// What the scheduler wants to know of each node: the object and what the ledger says is taken.
// Ordered by name.
std::vector<scheduler::NodeView> NodeViews(const std::vector<v1alpha1::BrowserNode>& nodes,
                                           const store::Ledger& ledger);

// The first free ports of the node's ranges that are not in `avoid`; nullopt if there are none.
// Never the same number for both.
std::optional<v1alpha1::SessionPorts> FreePorts(const v1alpha1::BrowserNode& node,
                                                const store::Ledger& ledger,
                                                const std::vector<std::int64_t>& avoid);

}  // namespace nekoplane::reconcilers
