#include "controller/runtime/docker/docker_connector.h"

#include <utility>

#include "api/base/ssh_address.h"
#include "controller/runtime/docker/docker_driver.h"
#include "controller/runtime/docker/endpoint.h"
#include "controller/runtime/docker/ssh_client.h"
#include "controller/runtime/docker/tls_files.h"

namespace nekoplane::runtime {
namespace {

using v1alpha1::BrowserNode;

// A driver together with the client that it speaks through.
struct Connection {
  Connection(const DockerConnectorDeps& deps, std::unique_ptr<http::Client> to_engine,
             DockerDriverOptions options)
      : client(std::move(to_engine)),
        driver({deps.clock, *client, deps.probe, deps.log}, std::move(options)) {}

  const std::unique_ptr<http::Client> client;
  DockerDriver driver;
};

std::string InUrl(const std::string& address) {
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

// Where this process reaches the ports that the node publishes.
std::string ProbeHost(const BrowserNode& node, const docker::Endpoint& endpoint,
                      const std::string& host_publish_address) {
  if (node.metadata.name == BrowserNode::kHost && !host_publish_address.empty()) {
    return InUrl(host_publish_address);
  }
  return endpoint.host.empty() ? InUrl(node.spec.address) : endpoint.host;
}

}  // namespace

Result<std::shared_ptr<RuntimeDriver>> DockerConnector::Connect(const BrowserNode& node,
                                                                const SecretData& secret) {
  const auto& spec = *node.spec.docker;
  const bool tls = spec.tls.has_value();
  NEKO_TRY(const docker::Endpoint endpoint, docker::ParseEndpoint(spec.endpoint, tls));
  std::unique_ptr<http::Client> client;
  if (endpoint.ssh) {
    docker::SshOptions ssh{
        .target = *endpoint.ssh,
        .local_socket = options_.socket_folder + "/ssh-" + std::to_string(++sockets_) + ".sock",
        .node = node.metadata.name,
        .program = options_.ssh};
    if (ssh.local_socket.size() > kMaxSocketPath ||
        ssh.local_socket.find(':') != std::string::npos) {
      return MakeStatus(Code::kInvalid, "InvalidEndpoint",
                        "no socket for ssh can be made at " + ssh.local_socket +
                            ": the path is too long or has a colon; use another --data-dir");
    }
    client = docker::MakeSshClient(deps_.clock, deps_.log, std::move(ssh));
  } else {
    http::CurlOptions curl{.unix_socket = endpoint.unix_socket};
    if (tls) {
      NEKO_TRY(docker::TlsFiles files,
               docker::ReadTlsFiles(secret, spec.tls->secretRef.name, deps_.clock.WallNow()));
      curl.ca_pem = std::move(files.ca);
      curl.cert_pem = std::move(files.certificate);
      curl.key_pem = std::move(files.key);
    }
    client = http::MakeCurlClient(deps_.clock, std::move(curl));
  }
  DockerDriverOptions options{.node = node.metadata.name, .installation = options_.installation};
  options.api.base_url = endpoint.base_url;
  options.probe_host = ProbeHost(node, endpoint, options_.host_publish_address);
  auto connection = std::make_shared<Connection>(deps_, std::move(client), std::move(options));
  return std::shared_ptr<RuntimeDriver>(connection, &connection->driver);
}

bool OpenToTheNetwork(const BrowserNode& node) {
  if (!node.spec.docker) return false;
  const bool tls = node.spec.docker->tls.has_value();
  const auto endpoint = docker::ParseEndpoint(node.spec.docker->endpoint, tls);
  return endpoint && endpoint->OpenToTheNetwork(tls);
}

}  // namespace nekoplane::runtime
