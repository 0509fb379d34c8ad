// Reading certificates; CertificateAuthority makes them.
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "api/auth/certificate_authority.h"
#include "api/auth/openssl_handles.h"

namespace nekoplane::auth {
namespace {

WallTime ToWallTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return WallTime{};
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

ServerNames ReadNames(X509* cert) {
  ServerNames names;
  const NamesPtr list(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(cert, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; list && i < sk_GENERAL_NAME_num(list.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(list.get(), i), &type));
    const unsigned char* data = ASN1_STRING_get0_data(value);
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
    if (type == GEN_DNS) {
      names.dns.emplace_back(reinterpret_cast<const char*>(data), size);
    } else if (type == GEN_IPADD && (size == 4 || size == 16)) {
      std::array<char, INET6_ADDRSTRLEN> text{};
      inet_ntop(size == 4 ? AF_INET : AF_INET6, data, text.data(), text.size());
      names.ips.emplace_back(text.data());
    }
  }
  std::sort(names.dns.begin(), names.dns.end());
  std::sort(names.ips.begin(), names.ips.end());
  return names;
}

}  // namespace

Result<CertificateInfo> InspectCertificate(const std::string& pem) {
  const X509Ptr cert = ReadCertificate(pem);
  if (!cert) return OpenSslError(Code::kInvalid, "read the certificate");
  CertificateInfo info;
  info.not_before = ToWallTime(X509_get0_notBefore(cert.get()));
  info.not_after = ToWallTime(X509_get0_notAfter(cert.get()));
  info.names = ReadNames(cert.get());
  std::array<char, 256> name{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(cert.get()), NID_commonName,
                                             name.data(), name.size());
  if (size > 0) info.subject_cn.assign(name.data(), static_cast<std::size_t>(size));
  return info;
}

bool IsSignedBy(const std::string& certificate_pem, const std::string& ca_pem) {
  const X509Ptr cert = ReadCertificate(certificate_pem);
  const X509Ptr ca = ReadCertificate(ca_pem);
  const bool is_signed = cert && ca && X509_verify(cert.get(), X509_get0_pubkey(ca.get())) == 1;
  ERR_clear_error();
  return is_signed;
}

bool KeyBelongsTo(const std::string& certificate_pem, const std::string& key_pem) {
  const X509Ptr cert = ReadCertificate(certificate_pem);
  const KeyPtr key = ReadKey(key_pem);
  const bool belongs = cert && key && X509_check_private_key(cert.get(), key.get()) == 1;
  ERR_clear_error();
  return belongs;
}

}  // namespace nekoplane::auth
