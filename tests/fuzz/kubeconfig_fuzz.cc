// Kubeconfigs, which people edit and other tools write.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "controller/cmd/nekoctl/kubeconfig.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

// A kubeconfig names files: those of this machine are none of the fuzzer's business.
bool NamesAFile(const nlohmann::json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().starts_with('/');
  if (!value.is_structured()) return false;
  for (const nlohmann::json& child : value) {
    if (NamesAFile(child)) return true;
  }
  return false;
}

}  // namespace

NEKO_FUZZ(kubeconfig) {
  const auto documents = codec::ParseYaml(input, "config");
  if (documents && !documents->empty() && NamesAFile(*documents->front().value)) return;
  const auto cluster = ctl::ParseKubeconfig(std::string(input), "config", "/nonexistent");
  if (cluster) {
    NEKO_PROMISE(cluster->server.starts_with("https://") && !cluster->server.ends_with('/'));
    NEKO_PROMISE(!cluster->default_namespace.empty());
  } else {
    NEKO_PROMISE(fuzz::Explained(cluster.error()));
  }
}

}  // namespace nekoplane
