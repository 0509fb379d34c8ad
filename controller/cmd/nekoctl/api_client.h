// ApiClient calls the Kubernetes-style API and turns its Status answers into ours.
//
// Thread safety: one thread. Blocking: every call, until answered or `timeout`.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/codec/schema.h"
#include "api/http/client.h"
#include "controller/cmd/nekoctl/kubeconfig.h"

namespace nekoplane::ctl {

inline constexpr char kTableAccept[] =
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

class ApiClient {
 public:
  ApiClient(const Clock& clock, Cluster cluster);

  // /apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME]; ns is ignored for cluster-scoped kinds, and
  // "" means all namespaces.
  static std::string PathOf(const codec::Kind& kind, std::string_view ns, std::string_view name);

  // Errors: the server's Status (kNotFound, kConflict, kInvalid, ...), or kUnavailable with what to
  // check when it could not be reached.
  Result<nlohmann::json> Get(const std::string& path, std::string_view accept = "application/json");
  Result<std::string> GetText(const std::string& path);
  Result<nlohmann::json> Send(std::string_view method, const std::string& path,
                              const nlohmann::json& body,
                              std::string_view content_type = "application/json");
  // Calls `on_event` for each watch event until it returns false, the server ends the stream or
  // `timeout` is over (kTimeout).
  Result<void> Watch(const std::string& path, std::string_view accept, Duration timeout,
                     const std::function<bool(const nlohmann::json&)>& on_event);

  const std::string& default_namespace() const { return cluster_.default_namespace; }

 private:
  Result<http::ClientResponse> Call(http::ClientRequest request);

  const Clock& clock_;
  const Cluster cluster_;
  const std::unique_ptr<http::Client> http_;
};

// Percent-encodes for a query value.
std::string QueryEscape(std::string_view text);

}  // namespace nekoplane::ctl
