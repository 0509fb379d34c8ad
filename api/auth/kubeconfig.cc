#include "api/auth/kubeconfig.h"

#include <openssl/evp.h>

#include <vector>

namespace nekoplane::auth {

namespace {

std::string Base64(const std::string& text) {
  std::vector<unsigned char> out(4 * ((text.size() + 2) / 3) + 1);
  const int size = EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  return {out.begin(), out.begin() + size};
}

}  // namespace

std::string MakeKubeconfig(const std::string& server, const std::string& ca_pem,
                           const std::string& user, const std::string& token) {
  return "apiVersion: v1\n"
         "kind: Config\n"
         "current-context: nekoplane\n"
         "clusters:\n"
         "- name: nekoplane\n"
         "  cluster:\n"
         "    server: " +
         server +
         "\n"
         "    certificate-authority-data: " +
         Base64(ca_pem) +
         "\n"
         "contexts:\n"
         "- name: nekoplane\n"
         "  context:\n"
         "    cluster: nekoplane\n"
         "    user: " +
         user +
         "\n"
         "users:\n"
         "- name: " +
         user +
         "\n"
         "  user:\n"
         "    token: " +
         token + "\n";
}

}  // namespace nekoplane::auth
