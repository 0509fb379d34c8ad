#include "controller/runtime/docker/tls_files.h"

#include "api/auth/certificate_authority.h"

namespace nekoplane::runtime::docker {
namespace {

Result<void> CheckCertificate(const std::string& pem, const std::string& what, WallTime now) {
  const auto info = auth::InspectCertificate(pem);
  if (!info) {
    return MakeStatus(Code::kInvalid, "CertificateInvalid", what + " is not a PEM certificate");
  }
  if (now < info->not_before) {
    return MakeStatus(Code::kInvalid, "CertificateInvalid",
                      what + " is not valid before " + FormatTime(info->not_before));
  }
  if (now >= info->not_after) {
    return MakeStatus(Code::kInvalid, "CertificateExpired",
                      what + " expired on " + FormatTime(info->not_after));
  }
  return {};
}

}  // namespace

Result<TlsFiles> ReadTlsFiles(const std::map<std::string, std::string, std::less<>>& data,
                              std::string_view secret, WallTime now) {
  TlsFiles files;
  const std::string of = " in Secret " + std::string(secret);
  for (const auto& [name, to] :
       {std::pair{"ca.crt", &files.ca}, std::pair{"tls.crt", &files.certificate},
        std::pair{"tls.key", &files.key}}) {
    const auto it = data.find(name);
    if (it == data.end() || it->second.empty()) {
      return MakeStatus(
          Code::kInvalid, "SecretIncomplete",
          "there is no " + std::string(name) + of + "; ca.crt, tls.crt and tls.key are needed");
    }
    *to = it->second;
  }
  NEKO_RETURN_IF_ERROR(CheckCertificate(files.ca, "ca.crt" + of, now));
  NEKO_RETURN_IF_ERROR(CheckCertificate(files.certificate, "tls.crt" + of, now));
  if (!auth::KeyBelongsTo(files.certificate, files.key)) {
    return MakeStatus(Code::kInvalid, "CertificateInvalid",
                      "tls.key" + of + " is not the key of its tls.crt");
  }
  return files;
}

}  // namespace nekoplane::runtime::docker
