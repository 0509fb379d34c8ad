// Who a verified client certificate belongs to.
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

namespace nekoplane::http {

struct PeerCertificate {
  std::string common_name;
  std::vector<std::string> organizations;
};

// Empty if the peer gave no certificate, or one whose subject is not plain text.
// REQUIRES: the handshake has succeeded, so that a certificate that is there has been verified.
PeerCertificate ReadPeerCertificate(SSL* ssl);

}  // namespace nekoplane::http
