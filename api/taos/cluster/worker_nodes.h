// Workers as BrowserNodes: who made a node, and what it should say. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "api/taos/cluster/worker_info.h"
#include "api/v1alpha1/browser_node.h"

namespace nekoplane::taos {

inline constexpr char kLabelRegistered[] = "nekoplane.dev/registered";       // "true"
inline constexpr char kLabelMirroredFrom[] = "nekoplane.dev/mirrored-from";  // "192.168.1.5_6969"
inline constexpr char kAnnotationWorker[] = "nekoplane.dev/worker-name";     // exact

// Names in nekoplane-system.
std::string SigningSecretName(const std::string& node);
inline constexpr char kSigningKey[] = "signing-key";

// The controller's host and port as a label's value.
std::string MirrorLabel(const std::string& taos_url);

// The node of a worker. `mirror`: the label's value; "" = it registered here.
// Errors: kInvalid: neither its url nor host_lan_ip is a literal address.
Result<v1alpha1::BrowserNode> NodeFor(const WorkerInfo& worker, const std::string& mirror);

// What a stored node means for a worker that comes (again).
enum class NodeFit {
  kOurs,      // made for this very worker, by registration or by this mirror
  kDeclared,  // declared by hand for a taOS worker: stays as it is
  kForeign,   // somebody else's: must not be touched
};
NodeFit FitOf(const v1alpha1::BrowserNode& stored, const v1alpha1::BrowserNode& wanted);

// The merge patch that makes an own node say what the worker says now; nullopt = it does already.
// Edits of other fields stay.
std::optional<nlohmann::json> PatchFor(const v1alpha1::BrowserNode& stored,
                                       const v1alpha1::BrowserNode& wanted);

}  // namespace nekoplane::taos
