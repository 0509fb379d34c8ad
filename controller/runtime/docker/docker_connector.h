// DockerConnector makes the driver of a node that has an engine: over a unix socket, TCP with or
// without mutual TLS, or ssh.
//
// Thread safety: any thread may call. Blocking: never; nothing is asked of a machine yet.
// Lifetime: its dependencies outlive the drivers; the connector need not.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/client.h"
#include "api/v1alpha1/browser_node.h"
#include "controller/runtime/node_drivers.h"

namespace nekoplane::runtime {

struct DockerConnectorDeps {
  const Clock& clock;
  http::Client& probe;  // speaks to published ports; plain REST
  Logger& log;
};

struct DockerConnectorOptions {
  std::string installation;
  std::string socket_folder;         // of the unix sockets that ssh forwards
  std::string host_publish_address;  // where node host publishes its ports; "" = everywhere
  std::string ssh = "ssh";           // looked for on PATH
};

class DockerConnector {
 public:
  DockerConnector(DockerConnectorDeps deps, DockerConnectorOptions options)
      : deps_(deps), options_(std::move(options)) {}

  // REQUIRES: node.spec.docker. Errors: kInvalid: InvalidEndpoint, SecretIncomplete,
  // CertificateInvalid, CertificateExpired.
  Result<std::shared_ptr<RuntimeDriver>> Connect(const v1alpha1::BrowserNode& node,
                                                 const SecretData& secret);

 private:
  const DockerConnectorDeps deps_;
  const DockerConnectorOptions options_;
  std::atomic<unsigned> sockets_ = 0;
};

// True if the node's engine can be reached by everybody on its network, without a certificate.
bool OpenToTheNetwork(const v1alpha1::BrowserNode& node);

}  // namespace nekoplane::runtime
