// BrowserNode: one engine, one literal address, port ranges that make sense.
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "api/codec/json_codec.h"
#include "api/registry/messages.h"
#include "api/registry/strategies/checks.h"
#include "api/registry/strategy.h"

namespace nekoplane::registry {
namespace {

using v1alpha1::BrowserNode;
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

class NodeStrategyImpl final : public Strategy {
 public:
  void Validate(const nlohmann::json& object, const nlohmann::json* /*old*/,
                Causes& causes) const override {
    const auto decoded = codec::Decode<BrowserNode>(object);
    if (!decoded) return;
    const v1alpha1::BrowserNodeSpec& spec = decoded->spec;
    if (spec.docker.has_value() == spec.taosWorker.has_value()) {
      causes.push_back(spec.docker ? ForbiddenValue("spec.taosWorker",
                                                    "a node is driven by exactly one of docker and "
                                                    "taosWorker, but both are given")
                                   : RequiredValue("spec",
                                                   "exactly one of docker and taosWorker must be "
                                                   "given"));
    }
    if (spec.docker && !StartsWithAny(spec.docker->endpoint,
                                      {"unix://", "tcp://", "http://", "https://", "ssh://"})) {
      causes.push_back(InvalidValue("spec.docker.endpoint", Quoted(spec.docker->endpoint),
                                    "must be a socket or address of a container engine, such as "
                                    "unix:///var/run/docker.sock or tcp://192.168.1.7:2376"));
    }
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
  }
};

}  // namespace

const Strategy& NodeStrategy() {
  static const NodeStrategyImpl strategy;
  return strategy;
}

}  // namespace nekoplane::registry
