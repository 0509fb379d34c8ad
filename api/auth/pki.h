// The keys and certificates below <data-dir>/pki: a CA of our own, made at the first start, and the
// server certificate that it signs.
//
//   ca.crt, ca.key          ten years
//   server.crt, server.key  one year; made anew when less than 30 days are left or when the server
//                           is to be reached under another name
#pragma once

#include <string>
#include <vector>

#include "api/auth/certificate_authority.h"
#include "api/base/files.h"
#include "api/http/server.h"

namespace nekoplane::auth {

struct PkiOptions {
  std::string dir;       // "<data-dir>/pki"
  std::string hostname;  // of this machine; "" = unknown
  // Other names and addresses that clients use, e.g. what --api-listen and --advertise-address say.
  std::vector<std::string> names;
};

struct Pki {
  CertificateAuthority ca;
  http::TlsMaterial server;  // client_ca is our CA
};

// Loads what is there and makes what is missing. 127.0.0.1, ::1, localhost and the host name are
// always among the server's names. Errors: kInvalid: files that were damaged (the message says
// which and what to do); kUnavailable: the disk.
Result<Pki> LoadOrCreatePki(const PkiOptions& options, Files& files, const Clock& clock,
                            Random& random);

}  // namespace nekoplane::auth
