// Who we are to clients: certificates, tokens, the kubeconfig that the first start writes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/auth/authenticator.h"
#include "api/auth/tokens.h"
#include "api/base/clock.h"
#include "api/base/files.h"
#include "api/base/random.h"
#include "api/http/server.h"
#include "api/server/access.h"
#include "api/taos/callers.h"

namespace nekoplane {

struct Identity {
  std::shared_ptr<const http::TlsMaterial> tls;
  std::unique_ptr<auth::TokenStore> tokens;
  std::string admin_token;
  std::string ca_pem;
};

// Loads or makes <data_dir>/pki, tokens.json, admin.token and wrapper.token. `names`: how clients
// may call this machine.
Result<Identity> LoadIdentity(const std::string& data_dir, const std::string& hostname,
                              std::vector<std::string> names, Files& files, const Clock& clock,
                              Random& random);

// Writes <data_dir>/admin.kubeconfig for a server at `listen_address` (host:port). An address that
// means "all" becomes loopback: the file is for this machine.
Result<void> WriteAdminKubeconfig(const std::string& data_dir, const std::string& listen_address,
                                  const Identity& identity, Files& files);

// The API server's questions, answered by authenticator and role table.
server::Access MakeAccess(const auth::Authenticator& authenticator);

// The wrapper's.
class WrapperAuthenticator final : public taos::Authenticator {
 public:
  explicit WrapperAuthenticator(const auth::Authenticator& authenticator)
      : authenticator_(authenticator) {}

  Result<taos::Identity> Authenticate(const http::Request& request) const override;

 private:
  const auth::Authenticator& authenticator_;
};

}  // namespace nekoplane
