// BrowserNode: one engine, one literal address, port ranges that make sense; kept until nothing of
// ours is left on the machine.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/base/ssh_address.h"
#include "api/codec/json_codec.h"
#include "api/registry/messages.h"
#include "api/registry/meta.h"
#include "api/registry/strategies/checks.h"
#include "api/registry/strategy.h"
#include "api/v1alpha1/node_finalizer.h"

namespace nekoplane::registry {
namespace {

using v1alpha1::BrowserNode;
using v1alpha1::BrowserNodeSpec;
using v1alpha1::PortRange;

bool StartsWithAny(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  for (const std::string_view prefix : prefixes) {
    if (text.size() > prefix.size() && text.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

std::string RangeText(const PortRange& range) {
  return Quoted(std::to_string(range.from) + "-" + std::to_string(range.to));
}

bool CheckRange(const std::string& field, const PortRange& range, Causes& causes) {
  if (range.from < 1 || range.to > 65535) {
    causes.push_back(
        InvalidValue(field, RangeText(range), "must be between 1 and 65535, inclusive"));
    return false;
  }
  if (range.from > range.to) {
    causes.push_back(InvalidValue(field, RangeText(range), "from must not be greater than to"));
    return false;
  }
  return true;
}

void CheckDocker(const v1alpha1::DockerEndpoint& docker, Causes& causes) {
  const std::string& endpoint = docker.endpoint;
  if (!StartsWithAny(endpoint, {"unix://", "tcp://", "http://", "https://", "ssh://"})) {
    causes.push_back(InvalidValue("spec.docker.endpoint", Quoted(endpoint),
                                  "must be a socket or address of a container engine, such as "
                                  "unix:///var/run/docker.sock or tcp://192.168.1.7:2376"));
    return;
  }
  if (endpoint.starts_with("ssh://")) {
    if (const auto ssh = ParseSshAddress(std::string_view(endpoint).substr(6)); !ssh) {
      causes.push_back(
          InvalidValue("spec.docker.endpoint", Quoted(endpoint),
                       "must be ssh://[USER@]HOST[:PORT][/PATH], such as ssh://me@nas.local; " +
                           ssh.error().message));
    }
  }
  if (docker.tls && !endpoint.starts_with("tcp://")) {
    causes.push_back(ForbiddenValue("spec.docker.tls",
                                    "certificates are for endpoints that begin with tcp:// only"));
  }
}

// A policy that was stored before it was refused does not stand in the way of other changes.
void CheckDrain(const v1alpha1::NodeDrain& drain, const std::optional<BrowserNode>& old,
                Causes& causes) {
  using v1alpha1::DrainPolicy;
  CheckDuration("spec.drain.deadline", drain.deadline, causes);
  const bool stored = old && old->spec.drain && old->spec.drain->policy == DrainPolicy::kMigrate;
  if (drain.policy == DrainPolicy::kMigrate && !stored) {
    causes.push_back(ForbiddenValue(
        "spec.drain.policy",
        "Migrate is not possible: profiles cannot be moved yet; use WaitForUsers or Evict"));
  }
}

void CheckTaints(const std::vector<v1alpha1::Taint>& taints, Causes& causes) {
  for (std::size_t i = 0; i < taints.size(); ++i) {
    const std::string path = "spec.taints[" + std::to_string(i) + "]";
    if (const auto wrong = QualifiedNameError(taints[i].key)) {
      causes.push_back(InvalidValue(path + ".key", Quoted(taints[i].key), *wrong));
    }
    if (const auto wrong = LabelValueError(taints[i].value)) {
      causes.push_back(InvalidValue(path + ".value", Quoted(taints[i].value), *wrong));
    }
  }
}

// Classes compare these byte for byte: another spelling would never match and nobody would know
// why.
void CheckWord(const std::string& field, const std::string& text, const char* example,
               Causes& causes) {
  const bool ok = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (ok) return;
  causes.push_back(InvalidValue(field, Quoted(text),
                                std::string("must be of lower case letters, digits and -, as "
                                            "classes name it, such as ") +
                                    example));
}

void CheckHardware(const v1alpha1::NodeHardwareHints& hardware, Causes& causes) {
  CheckWord("spec.hardware.soc", hardware.soc, "rk3588", causes);
  if (!hardware.gpu) return;
  CheckWord("spec.hardware.gpu.vendor", hardware.gpu->vendor, "nvidia", causes);
  if (hardware.gpu->count < 0) {
    causes.push_back(InvalidValue("spec.hardware.gpu.count", std::to_string(hardware.gpu->count),
                                  "must be greater than or equal to 0"));
  }
}

class NodeStrategyImpl final : public Strategy {
 public:
  void Prepare(nlohmann::json& object, const nlohmann::json* /*old*/) const override {
    KeepFinalizer(object, v1alpha1::kNodeFinalizer);
  }

  void Validate(const nlohmann::json& object, const nlohmann::json* old,
                Causes& causes) const override {
    const auto decoded = codec::Decode<BrowserNode>(object);
    if (!decoded) return;
    const BrowserNodeSpec& spec = decoded->spec;
    if (spec.docker.has_value() == spec.taosWorker.has_value()) {
      causes.push_back(spec.docker ? ForbiddenValue("spec.taosWorker",
                                                    "a node is driven by exactly one of docker and "
                                                    "taosWorker, but both are given")
                                   : RequiredValue("spec",
                                                   "exactly one of docker and taosWorker must be "
                                                   "given"));
    }
    if (spec.docker) CheckDocker(*spec.docker, causes);
    if (spec.taosWorker && !StartsWithAny(spec.taosWorker->url, {"http://", "https://"})) {
      causes.push_back(InvalidValue("spec.taosWorker.url", Quoted(spec.taosWorker->url),
                                    "must begin with http:// or https://"));
    }
    CheckAddress("spec.address", spec.address, causes);
    const bool http = CheckRange("spec.ports.http", spec.ports.http, causes);
    const bool media = CheckRange("spec.ports.media", spec.ports.media, causes);
    if (http && media && spec.ports.http.from <= spec.ports.media.to &&
        spec.ports.media.from <= spec.ports.http.to) {
      causes.push_back(
          InvalidValue("spec.ports.media", RangeText(spec.ports.media),
                       "must not overlap spec.ports.http " + RangeText(spec.ports.http)));
    }
    CheckBytes("spec.capacity.memory", spec.capacity.memory, causes);
    CheckCores("spec.capacity.cpu", spec.capacity.cpu, causes);
    CheckTaints(spec.taints, causes);
    CheckHardware(spec.hardware, causes);
    if (!spec.drain) return;
    std::optional<BrowserNode> before;
    if (old != nullptr) {
      if (auto stored = codec::Decode<BrowserNode>(*old)) before = *std::move(stored);
    }
    CheckDrain(*spec.drain, before, causes);
  }
};

}  // namespace

const Strategy& NodeStrategy() {
  static const NodeStrategyImpl strategy;
  return strategy;
}

}  // namespace nekoplane::registry
