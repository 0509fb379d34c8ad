// What a taOS worker says of itself, read with taOS's own forgiveness: a missing key, a dict that
// is none and a number that is no integer count as nothing. Texts that a node's status shows are
// cut to what it may hold. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/result.h"
#include "api/v1alpha1/browser_node.h"

namespace nekoplane::taos {

struct WorkerInfo {
  std::string name, url, host_lan_ip, platform;
  std::string status = "online";
  bool browsers = false;  // has the capability "browser"
  double load = 0;        // 0..1
  v1alpha1::NodeHardware hardware;
  // As received, to be handed on: hardware, backends, models, capabilities.
  nlohmann::json said = nlohmann::json::object();
};

// A row of GET /api/cluster/workers, and the body of a registration.
// Errors: kInvalid: no object, no name, or a url that is none or that no node may hold.
Result<WorkerInfo> ParseWorker(const nlohmann::json& body);

// What a heartbeat renews; keys that are absent leave things as they are.
void TakeHeartbeat(const nlohmann::json& body, WorkerInfo& worker);

// Whether a heartbeat says that the worker, or what viewers connect to, is somewhere else now. That
// takes a new registration, from which the node's address follows.
bool Moved(const nlohmann::json& heartbeat, const WorkerInfo& worker);

// Whether it has a GPU as taOS counts: cuda, or memory of its own.
bool HasGpu(const nlohmann::json& hardware);

// The BrowserNode's name: the worker's own if that can be one, else made from it, always the same
// way. Never "host".
std::string NodeNameOf(std::string_view worker);

// The literal address of the worker: the url's host, else host_lan_ip; "" if neither is one.
std::string AddressOf(const WorkerInfo& worker);

}  // namespace nekoplane::taos
