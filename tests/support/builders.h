// Objects for tests, valid and small; change what the test is about.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "api/store/store.h"
#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::testing {

inline constexpr char kStandIn[] = "nekoplane/neko-standin:dev";

inline v1alpha1::BrowserSession MakeSession(std::string name, std::string uid = "") {
  v1alpha1::BrowserSession session;
  session.metadata.uid = uid.empty() ? "uid-" + name : std::move(uid);
  session.metadata.name = std::move(name);
  session.metadata.namespace_ = "default";
  session.metadata.generation = 1;
  session.metadata.creationTimestamp = "2026-01-01T00:00:00Z";
  session.metadata.finalizers = {v1alpha1::BrowserSession::kFinalizer};
  return session;
}

inline v1alpha1::BrowserClass MakeClass(std::string name = "chromium") {
  v1alpha1::BrowserClass cls;
  cls.metadata.name = std::move(name);
  v1alpha1::ClassVariant variant;
  variant.name = "software";
  variant.image = kStandIn;
  cls.spec.variants.push_back(std::move(variant));
  return cls;
}

// Ready and capable, 16 GiB, 8 cores, as the node reconciler would leave it.
inline v1alpha1::BrowserNode MakeNode(std::string name = v1alpha1::BrowserNode::kHost) {
  v1alpha1::BrowserNode node;
  node.metadata.name = std::move(name);
  node.metadata.uid = "uid-" + node.metadata.name;
  node.metadata.generation = 1;
  node.spec.docker = v1alpha1::DockerEndpoint{.endpoint = "unix:///run/docker.sock", .tls = {}};
  node.spec.address = "192.0.2.10";
  auto& status = node.status;
  status.hardware = {.ramMB = 16384, .cores = 8, .arch = "amd64", .soc = "", .gpu = {}};
  status.capacity = {.memory = "16Gi", .cpu = "8", .gpus = 0, .ports = 1000};
  status.allocatable = status.capacity;
  for (const char* type : {v1alpha1::node::kReady, v1alpha1::node::kCapable}) {
    v1alpha1::Condition condition;
    condition.type = type;
    condition.status = "True";
    status.conditions.push_back(std::move(condition));
  }
  return node;
}

inline v1alpha1::BrowserProfile MakeProfile(std::string name, std::string uid = "") {
  v1alpha1::BrowserProfile profile;
  profile.metadata.uid = uid.empty() ? "uid-" + name : std::move(uid);
  profile.metadata.name = std::move(name);
  profile.metadata.namespace_ = "default";
  profile.metadata.generation = 1;
  profile.metadata.finalizers = {v1alpha1::BrowserProfile::kFinalizer};
  return profile;
}

// A ledger made of a list of claims; every scope is at the version given.
class ListLedger final : public store::Ledger {
 public:
  explicit ListLedger(std::vector<store::Claim> claims = {}, std::uint64_t scope_version = 7)
      : claims_(std::move(claims)), scope_version_(scope_version) {
    std::sort(claims_.begin(), claims_.end(), [](const auto& a, const auto& b) {
      return std::tie(a.kind, a.scope, a.item) < std::tie(b.kind, b.scope, b.item);
    });
  }

  std::uint64_t ScopeVersion(std::string_view) const override { return scope_version_; }

  std::optional<store::Claim> Find(std::string_view kind, std::string_view scope,
                                   std::string_view item) const override {
    for (const auto& c : claims_) {
      if (c.kind == kind && c.scope == scope && c.item == item) return c;
    }
    return std::nullopt;
  }

  void ForEachInScope(std::string_view scope,
                      const std::function<void(const store::Claim&)>& visit) const override {
    for (const auto& c : claims_) {
      if (c.scope == scope) visit(c);
    }
  }

  void ForEachOfOwner(std::string_view owner,
                      const std::function<void(const store::Claim&)>& visit) const override {
    for (const auto& c : claims_) {
      if (c.owner == owner) visit(c);
    }
  }

  void ForEach(const std::function<void(const store::Claim&)>& visit) const override {
    for (const auto& c : claims_) visit(c);
  }

 private:
  std::vector<store::Claim> claims_;
  const std::uint64_t scope_version_;
};

inline store::LedgerPtr MakeLedger(std::vector<store::Claim> claims = {}) {
  return std::make_shared<ListLedger>(std::move(claims));
}

}  // namespace nekoplane::testing
