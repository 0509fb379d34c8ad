#include "reconcilers/node/host_node.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace nekoplane::reconcilers::node {

using v1alpha1::BrowserNode;

Result<BrowserNode> EnsureHostNode(const Context& ctx, registry::Client& client,
                                   const HostSettings& settings) {
  nlohmann::json told = {{"docker", {{"endpoint", settings.docker_endpoint}}}};
  const auto tell = [&told](const char* name, const std::optional<v1alpha1::PortRange>& range) {
    if (range) told["ports"][name] = {{"from", range->from}, {"to", range->to}};
  };
  tell("http", settings.http_ports);
  tell("media", settings.media_ports);
  if (!settings.advertise_address.empty()) told["address"] = settings.advertise_address;

  BrowserNode host;
  host.metadata.name = BrowserNode::kHost;
  host.spec.docker =
      v1alpha1::DockerEndpoint{.endpoint = settings.docker_endpoint, .tls = std::nullopt};
  host.spec.address = settings.own_address;
  if (!settings.advertise_address.empty()) host.spec.address = settings.advertise_address;
  if (settings.http_ports) host.spec.ports.http = *settings.http_ports;
  if (settings.media_ports) host.spec.ports.media = *settings.media_ports;
  auto made = client.Create(ctx, host);
  if (!made && made.is(Code::kAlreadyExists)) {
    made = client.Patch<BrowserNode>(ctx, "", BrowserNode::kHost, {{"spec", told}});
  }
  if (!made) return Annotate(std::move(made).error(), "node host");
  return made;
}

}  // namespace nekoplane::reconcilers::node
