#include "api/auth/pki.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace nekoplane::auth {
namespace {

using std::chrono::hours;

constexpr auto kServerLifetime = hours(24) * 365;
constexpr auto kRenewBefore = hours(24) * 30;
constexpr unsigned kPublicMode = 0644;
constexpr unsigned kSecretMode = 0600;

// IPv6 has many spellings; certificates are compared by one.
std::string CanonicalIp(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), bytes.data()) == 1) {
      return inet_ntop(family, bytes.data(), out.data(), out.size());
    }
  }
  return "";
}

void SortUnique(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

ServerNames NamesOf(const PkiOptions& options) {
  ServerNames names{{"localhost"}, {"127.0.0.1", "::1"}};
  if (!options.hostname.empty()) names.dns.push_back(options.hostname);
  for (const std::string& name : options.names) {
    const std::string ip = CanonicalIp(name);
    // Nobody connects to the wildcard addresses, which --api-listen may well name.
    if (name.empty() || ip == "0.0.0.0" || ip == "::") continue;
    (ip.empty() ? names.dns : names.ips).push_back(ip.empty() ? name : ip);
  }
  SortUnique(names.dns);
  SortUnique(names.ips);
  return names;
}

Result<CertificateAuthority> LoadOrCreateCa(const std::string& dir, Files& files, WallTime now,
                                            Random& random) {
  const std::string cert_path = dir + "/ca.crt", key_path = dir + "/ca.key";
  auto cert = files.Read(cert_path);
  auto key = files.Read(key_path);
  // The certificate is written last: without it no client can have seen this CA.
  if (cert.is(Code::kNotFound)) {
    NEKO_TRY(CertificateAuthority ca, CertificateAuthority::Create("nekoplane-ca", now, random));
    NEKO_RETURN_IF_ERROR(files.WriteAtomic(key_path, ca.identity().key, kSecretMode));
    NEKO_RETURN_IF_ERROR(files.WriteAtomic(cert_path, ca.identity().certificate, kPublicMode));
    return ca;
  }
  if (!cert) return cert.error();
  const std::string advice =
      "; restore it from a backup, or remove " + dir +
      " to start with a new CA (existing kubeconfigs and client certificates stop working)";
  if (key.is(Code::kNotFound)) {
    return MakeStatus(Code::kInvalid, "BrokenPki", key_path + " is missing" + advice);
  }
  if (!key) return key.error();
  auto ca = CertificateAuthority::Load({*cert, *key});
  if (!ca) {
    return MakeStatus(Code::kInvalid, "BrokenPki",
                      dir + " is damaged: " + ca.error().message + advice);
  }
  NEKO_TRY(const CertificateInfo info, InspectCertificate(*cert));
  if (info.not_after < now) {
    return MakeStatus(Code::kInvalid, "BrokenPki", cert_path + " has expired" + advice);
  }
  return ca;
}

// True if the stored pair can go on being used.
bool IsGood(const Identity& server, const CertificateAuthority& ca, const ServerNames& names,
            WallTime now) {
  const auto info = InspectCertificate(server.certificate);
  return info && info->not_before <= now && info->not_after - kRenewBefore > now &&
         info->names.dns == names.dns && info->names.ips == names.ips &&
         IsSignedBy(server.certificate, ca.identity().certificate) &&
         KeyBelongsTo(server.certificate, server.key);
}

}  // namespace

Result<Pki> LoadOrCreatePki(const PkiOptions& options, Files& files, const Clock& clock,
                            Random& random) {
  const WallTime now = clock.WallNow();
  NEKO_RETURN_IF_ERROR(files.MakeFolders(options.dir, 0700));
  NEKO_TRY(CertificateAuthority ca, LoadOrCreateCa(options.dir, files, now, random));

  const std::string cert_path = options.dir + "/server.crt";
  const std::string key_path = options.dir + "/server.key";
  const ServerNames names = NamesOf(options);
  const auto cert = files.Read(cert_path);
  const auto key = files.Read(key_path);
  Identity server{cert ? *cert : "", key ? *key : ""};
  if (!IsGood(server, ca, names, now)) {
    NEKO_TRY(server, ca.IssueServer(names, now, kServerLifetime, random));
    NEKO_RETURN_IF_ERROR(files.WriteAtomic(key_path, server.key, kSecretMode));
    NEKO_RETURN_IF_ERROR(files.WriteAtomic(cert_path, server.certificate, kPublicMode));
  }
  http::TlsMaterial tls{server.certificate, server.key, ca.identity().certificate};
  return Pki{std::move(ca), std::move(tls)};
}

}  // namespace nekoplane::auth
