// A small certificate authority: ECDSA P-256, X.509 v3. Signs our server's certificate and those of
// clients.
//
// Keys come from OpenSSL's generator (the one thing here that cannot be replayed from a seed);
// serial numbers and dates come from the injected sources.
//
// Thread safety: const methods may run at the same time; Random is the caller's to protect.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/base/random.h"
#include "api/base/result.h"

namespace nekoplane::auth {

// A certificate and its private key, both PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

// What a server is reached under.
struct ServerNames {
  std::vector<std::string> dns;
  std::vector<std::string> ips;  // textual IPv4 or IPv6
};

class CertificateAuthority {
 public:
  // A new one, valid for ten years.
  static Result<CertificateAuthority> Create(const std::string& name, WallTime now, Random& random);
  // Errors: kInvalid: no certificate and key that fit together, or not a CA's.
  static Result<CertificateAuthority> Load(const Identity& identity);

  CertificateAuthority(CertificateAuthority&&) noexcept;
  CertificateAuthority& operator=(CertificateAuthority&&) noexcept;
  ~CertificateAuthority();

  const Identity& identity() const { return identity_; }

  // For serverAuth. Errors: kInvalid: a name that is none.
  Result<Identity> IssueServer(const ServerNames& names, WallTime now, Duration lifetime,
                               Random& random) const;
  // For clientAuth: Kubernetes reads the common name as user, organizations as groups.
  Result<Identity> IssueClient(const std::string& user, const std::vector<std::string>& groups,
                               WallTime now, Duration lifetime, Random& random) const;

 private:
  struct Parts;
  CertificateAuthority(Identity identity, std::unique_ptr<Parts> parts);

  Identity identity_;
  std::unique_ptr<Parts> parts_;
};

// What a stored certificate says. Errors: kInvalid: not a certificate.
struct CertificateInfo {
  WallTime not_before, not_after;
  ServerNames names;  // sorted
  std::string subject_cn;
};

Result<CertificateInfo> InspectCertificate(const std::string& pem);

// True if the first certificate was signed by the second one's key.
bool IsSignedBy(const std::string& certificate_pem, const std::string& ca_pem);

// True if the certificate is for that key.
bool KeyBelongsTo(const std::string& certificate_pem, const std::string& key_pem);

}  // namespace nekoplane::auth
