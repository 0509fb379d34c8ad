#include "controller/cmd/nekoctl/kubeconfig.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "api/codec/json_parse.h"
#include "api/registry/base64.h"

namespace nekoplane::ctl {

using nlohmann::json;

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const int error = errno;
    return MakeStatus(error == ENOENT ? Code::kNotFound : Code::kUnavailable, "CannotRead",
                      "cannot read " + path + ": " + std::strerror(error));
  }
  std::ostringstream out;
  out << in.rdbuf();
  if (in.bad()) return MakeStatus(Code::kUnavailable, "CannotRead", "cannot read " + path);
  return out.str();
}

namespace {

std::string Text(const json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

// The `member` object of the list entry with that name.
const json* FindEntry(const json& config, const char* list, const std::string& name,
                      const char* member) {
  if (!config.contains(list) || !config[list].is_array()) return nullptr;
  for (const json& entry : config[list]) {
    if (entry.is_object() && Text(entry, "name") == name && entry.contains(member) &&
        entry[member].is_object()) {
      return &entry[member];
    }
  }
  return nullptr;
}

// `key`-data (base64) or the file named by `key`; "" if neither is there.
Result<std::string> DataOrFile(const json& object, const std::string& key,
                               const std::string& folder) {
  if (const std::string data = Text(object, (key + "-data").c_str()); !data.empty()) {
    auto decoded = registry::Base64Decode(data);
    if (!decoded) {
      return MakeStatus(Code::kInvalid, "InvalidKubeconfig", key + "-data is not base64");
    }
    return *std::move(decoded);
  }
  std::string path = Text(object, key.c_str());
  if (path.empty()) return std::string();
  if (path.front() != '/') path = folder + "/" + path;
  return ReadFile(path);
}

}  // namespace

Result<Cluster> ParseKubeconfig(const std::string& text, const std::string& name,
                                const std::string& folder) {
  NEKO_TRY(const auto documents, codec::ParseYaml(text, name));
  if (documents.empty() || !documents.front().value->is_object()) {
    return MakeStatus(Code::kInvalid, "InvalidKubeconfig", name + " is not a kubeconfig");
  }
  const json& config = *documents.front().value;
  const std::string current = Text(config, "current-context");
  const json* context = FindEntry(config, "contexts", current, "context");
  if (context == nullptr) {
    return MakeStatus(Code::kInvalid, "InvalidKubeconfig",
                      name + ": there is no context \"" + current + "\" (current-context)");
  }
  const json* cluster = FindEntry(config, "clusters", Text(*context, "cluster"), "cluster");
  const json* user = FindEntry(config, "users", Text(*context, "user"), "user");
  if (cluster == nullptr) {
    return MakeStatus(Code::kInvalid, "InvalidKubeconfig",
                      name + ": there is no cluster \"" + Text(*context, "cluster") + "\"");
  }
  Cluster out;
  out.server = Text(*cluster, "server");
  if (!out.server.starts_with("https://")) {
    return MakeStatus(Code::kInvalid, "InvalidKubeconfig",
                      name + ": the cluster's server must start with https://");
  }
  while (out.server.ends_with('/')) out.server.pop_back();
  NEKO_TRY(out.ca_pem, DataOrFile(*cluster, "certificate-authority", folder));
  if (user != nullptr) {
    NEKO_TRY(out.client_cert_pem, DataOrFile(*user, "client-certificate", folder));
    NEKO_TRY(out.client_key_pem, DataOrFile(*user, "client-key", folder));
    out.token = Text(*user, "token");
  }
  if (const std::string ns = Text(*context, "namespace"); !ns.empty()) out.default_namespace = ns;
  return out;
}

}  // namespace nekoplane::ctl
