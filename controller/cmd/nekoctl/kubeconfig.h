// Reads the part of a kubeconfig that nekoctl needs.
#pragma once

#include <string>

#include "api/base/result.h"

namespace nekoplane::ctl {

struct Cluster {
  std::string server;  // https://127.0.0.1:7443
  std::string ca_pem, client_cert_pem, client_key_pem;
  std::string token;
  std::string default_namespace = "default";
};

// The current context of the file's text; file references inside it are resolved against `folder`.
// Errors: kInvalid: message says which entry is missing or wrong.
Result<Cluster> ParseKubeconfig(const std::string& text, const std::string& name,
                                const std::string& folder);

// Errors: kNotFound: no such file; kUnavailable: it cannot be read.
Result<std::string> ReadFile(const std::string& path);

}  // namespace nekoplane::ctl
