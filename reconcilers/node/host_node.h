// The node `host`: the machine that nekoplane runs on.
#pragma once

#include <optional>
#include <string>

#include "api/registry/client.h"

namespace nekoplane::reconcilers::node {

// What the program was told about the machine that it runs on.
struct HostSettings {
  std::string docker_endpoint;
  std::string advertise_address;  // "" = not told
  std::string own_address;        // what a new node advertises if nothing was told
  std::optional<v1alpha1::PortRange> http_ports, media_ports;  // nullopt = not told
};

// Makes the node `host`. If it is there already, it is made to say what the program was told; of
// the rest, an operator's edits stay. Returns what is stored now.
// Errors: kInvalid: the settings make no valid node.
Result<v1alpha1::BrowserNode> EnsureHostNode(const Context& ctx, registry::Client& client,
                                             const HostSettings& settings);

}  // namespace nekoplane::reconcilers::node
