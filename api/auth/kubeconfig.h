#pragma once

#include <string>

namespace nekoplane::auth {

// A kubeconfig with one context, which kubectl and nekoctl read: `server` is an https:// URL.
std::string MakeKubeconfig(const std::string& server, const std::string& ca_pem,
                           const std::string& user, const std::string& token);

}  // namespace nekoplane::auth
