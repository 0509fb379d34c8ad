// Client certificates for an engine, as docker's own tools name them: ca.crt, tls.crt, tls.key.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/result.h"

namespace nekoplane::runtime::docker {

struct TlsFiles {
  std::string ca, certificate, key;  // PEM
};

// What `data` (of the Secret called `secret`) holds, checked as far as that is possible without the
// engine, so that what is wrong with it is told in its own words and not as a failed handshake.
// Errors: kInvalid: SecretIncomplete; CertificateInvalid: no certificates, not yet valid, or a key
//     that belongs to another one; CertificateExpired. Messages hold no part of the data.
Result<TlsFiles> ReadTlsFiles(const std::map<std::string, std::string, std::less<>>& data,
                              std::string_view secret, WallTime now);

}  // namespace nekoplane::runtime::docker
