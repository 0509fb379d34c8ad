// NodeDrivers: the drivers of all nodes, made from BrowserNode objects as they come, change and go.
//
// A driver is a function of what its node says of reaching the machine and of the Secret named
// there: the same keeps the driver, anything else replaces it. Calls that are under way keep the
// old one until they return. A node whose driver cannot be made has an UnavailableDriver, which
// says why; it is tried again with each Update.
//
// Thread safety: ForNode and Nodes: any thread. Update and Remove: one thread at a time for a node.
// Blocking: ForNode and Nodes never. Update and Remove make no call to a machine.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/mutex.h"
#include "api/base/result.h"
#include "api/v1alpha1/browser_node.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

// A Secret's data, decoded from base64. Never logged, never part of an error.
using SecretData = std::map<std::string, std::string, std::less<>>;

// Makes the driver of a node; talks to no machine yet. `secret` is empty if the node names none.
// Errors: any; reason and message become what the node says of itself, so they hold no secret.
using MakeNodeDriver = std::function<Result<std::shared_ptr<RuntimeDriver>>(
    const v1alpha1::BrowserNode& node, const SecretData& secret)>;

// By what the node's spec names. An empty one: such nodes cannot be driven (KindNotSupported).
struct NodeDriverFactory {
  MakeNodeDriver docker, taos_worker;
};

// The name of the Secret that is needed to reach the node; "" = none.
std::string SecretOfNode(const v1alpha1::BrowserNode& node);

// All that a driver is made from. Another object of the same name is another node.
struct NodeDriverInputs {
  std::string uid, kind, endpoint, address, secret_name;
  SecretData secret;

  friend bool operator==(const NodeDriverInputs&, const NodeDriverInputs&) = default;
};

// Pure.
NodeDriverInputs InputsOf(const v1alpha1::BrowserNode& node, const SecretData& secret);

// What an Update or a Remove did.
struct DriverChange {
  enum class Kind { kNone, kMade, kFailed, kGone };
  Kind kind = Kind::kNone;
  std::shared_ptr<RuntimeDriver> before;  // to be let go when nobody listens to it any more
  std::shared_ptr<RuntimeDriver> now;     // null: gone
  Status why;                             // kFailed
};

class NodeDrivers final : public DriverSet {
 public:
  // Puts something around each driver, such as meters. May be empty.
  using Wrap = std::function<std::shared_ptr<RuntimeDriver>(const std::string& node,
                                                            std::shared_ptr<RuntimeDriver> driver)>;

  NodeDrivers(NodeDriverFactory factory, Wrap wrap)
      : factory_(std::move(factory)), wrap_(std::move(wrap)) {}

  // The node as it is now, and its Secret or why that cannot be had.
  DriverChange Update(const v1alpha1::BrowserNode& node, const Result<SecretData>& secret)
      EXCLUDES(mu_);
  // The node is gone from the store.
  DriverChange Remove(std::string_view name) EXCLUDES(mu_);

  std::shared_ptr<RuntimeDriver> ForNode(std::string_view node) const override EXCLUDES(mu_);
  std::vector<std::string> Nodes() const override EXCLUDES(mu_);  // sorted

 private:
  struct Entry {
    NodeDriverInputs inputs;
    std::shared_ptr<RuntimeDriver> driver;
    std::optional<Status> failed;  // why it is an UnavailableDriver
  };

  Result<std::shared_ptr<RuntimeDriver>> Make(const v1alpha1::BrowserNode& node,
                                              const Result<SecretData>& secret) const;

  const NodeDriverFactory factory_;
  const Wrap wrap_;
  mutable Mutex mu_;
  std::map<std::string, Entry, std::less<>> entries_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::runtime
