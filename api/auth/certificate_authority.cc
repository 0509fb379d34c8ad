#include "api/auth/certificate_authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "api/auth/openssl_handles.h"

namespace nekoplane::auth {
namespace {

using std::chrono::hours;

constexpr auto kCaLifetime = hours(24) * 3650;
// Certificates are valid from a little before they were made: clients' clocks differ.
constexpr auto kBackdate = hours(1);

std::time_t ToTimeT(WallTime t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

bool SetSerial(X509* cert, Random& random) {
  std::array<unsigned char, 16> bytes{};
  random.Fill(bytes);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;  // positive, and never shorter
  const std::unique_ptr<BIGNUM, OpenSslDeleter<BN_free>> number(
      BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(cert)) != nullptr;
}

bool AddName(X509_NAME* name, int nid, const std::string& text) {
  return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool AddExtension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpenSslDeleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(cert, extension.get(), -1) == 1;
}

bool PushName(GENERAL_NAMES* names, int type, const void* data, std::size_t size) {
  ASN1_STRING* text = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (text == nullptr || name == nullptr ||
      ASN1_STRING_set(text, data, static_cast<int>(size)) != 1) {
    ASN1_STRING_free(text);
    GENERAL_NAME_free(name);
    return false;
  }
  GENERAL_NAME_set0_value(name, type, text);
  return sk_GENERAL_NAME_push(names, name) > 0;
}

bool IsDnsName(std::string_view name) {
  return !name.empty() && name.size() <= 253 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_' || c == '*';
         });
}

Result<void> AddAlternativeNames(X509* cert, const ServerNames& names) {
  const NamesPtr list(GENERAL_NAMES_new());
  for (const std::string& dns : names.dns) {
    if (!IsDnsName(dns)) {
      return MakeStatus(Code::kInvalid, "BadServerName", "\"" + dns + "\" is not a host name");
    }
    if (!PushName(list.get(), GEN_DNS, dns.data(), dns.size())) {
      return OpenSslError(Code::kInternal, "add a name to a certificate");
    }
  }
  for (const std::string& ip : names.ips) {
    std::array<unsigned char, 16> bytes{};
    std::size_t size = 0;
    if (inet_pton(AF_INET, ip.c_str(), bytes.data()) == 1) {
      size = 4;
    } else if (inet_pton(AF_INET6, ip.c_str(), bytes.data()) == 1) {
      size = 16;
    } else {
      return MakeStatus(Code::kInvalid, "BadServerName", "\"" + ip + "\" is not an IP address");
    }
    if (!PushName(list.get(), GEN_IPADD, bytes.data(), size)) {
      return OpenSslError(Code::kInternal, "add an address to a certificate");
    }
  }
  if (X509_add1_ext_i2d(cert, NID_subject_alt_name, list.get(), 0, 0) != 1) {
    return OpenSslError(Code::kInternal, "add names to a certificate");
  }
  return {};
}

// A certificate with everything but subject, issuer and purpose.
Result<X509Ptr> Blank(EVP_PKEY* key, WallTime from, WallTime until, Random& random) {
  X509Ptr cert(X509_new());
  if (!cert || X509_set_version(cert.get(), X509_VERSION_3) != 1 ||
      !SetSerial(cert.get(), random) ||
      ASN1_TIME_set(X509_getm_notBefore(cert.get()), ToTimeT(from)) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(cert.get()), ToTimeT(until)) == nullptr ||
      X509_set_pubkey(cert.get(), key) != 1) {
    return OpenSslError(Code::kInternal, "make a certificate");
  }
  return cert;
}

Result<std::string> CertificatePem(X509* cert) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), cert) != 1) {
    return OpenSslError(Code::kInternal, "encode a certificate");
  }
  return Contents(bio);
}

Result<std::string> KeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return OpenSslError(Code::kInternal, "encode a key");
  }
  return Contents(bio);
}

// Signs and encodes.
Result<Identity> Finish(X509* cert, EVP_PKEY* key, EVP_PKEY* signer) {
  if (X509_sign(cert, signer, EVP_sha256()) == 0) {
    return OpenSslError(Code::kInternal, "sign a certificate");
  }
  Identity identity;
  NEKO_TRY(identity.certificate, CertificatePem(cert));
  NEKO_TRY(identity.key, KeyPem(key));
  return identity;
}

}  // namespace

struct CertificateAuthority::Parts {
  X509Ptr certificate;
  KeyPtr key;
};

CertificateAuthority::CertificateAuthority(Identity identity, std::unique_ptr<Parts> parts)
    : identity_(std::move(identity)), parts_(std::move(parts)) {}

CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;
CertificateAuthority::~CertificateAuthority() = default;

Result<CertificateAuthority> CertificateAuthority::Create(const std::string& name, WallTime now,
                                                          Random& random) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError(Code::kInternal, "make a key");
  NEKO_TRY(const X509Ptr cert, Blank(key.get(), now - kBackdate, now + kCaLifetime, random));
  X509_NAME* subject = X509_get_subject_name(cert.get());
  if (!AddName(subject, NID_commonName, name) || X509_set_issuer_name(cert.get(), subject) != 1 ||
      !AddExtension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE") ||
      !AddExtension(cert.get(), cert.get(), NID_key_usage,
                    "critical,keyCertSign,cRLSign,digitalSignature") ||
      !AddExtension(cert.get(), cert.get(), NID_subject_key_identifier, "hash")) {
    return OpenSslError(Code::kInternal, "make a CA certificate");
  }
  NEKO_TRY(const Identity identity, Finish(cert.get(), key.get(), key.get()));
  return Load(identity);
}

Result<CertificateAuthority> CertificateAuthority::Load(const Identity& identity) {
  auto parts = std::make_unique<Parts>();
  parts->certificate = ReadCertificate(identity.certificate);
  if (!parts->certificate) return OpenSslError(Code::kInvalid, "read the CA certificate");
  parts->key = ReadKey(identity.key);
  if (!parts->key) return OpenSslError(Code::kInvalid, "read the CA key");
  if (X509_check_private_key(parts->certificate.get(), parts->key.get()) != 1) {
    return OpenSslError(Code::kInvalid, "use the CA key with the CA certificate");
  }
  if (X509_check_ca(parts->certificate.get()) != 1) {
    return MakeStatus(Code::kInvalid, "Certificate", "the CA certificate is not a CA's");
  }
  return CertificateAuthority(identity, std::move(parts));
}

Result<Identity> CertificateAuthority::IssueServer(const ServerNames& names, WallTime now,
                                                   Duration lifetime, Random& random) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError(Code::kInternal, "make a key");
  NEKO_TRY(const X509Ptr cert, Blank(key.get(), now - kBackdate, now + lifetime, random));
  X509* const ca = parts_->certificate.get();
  if (!AddName(X509_get_subject_name(cert.get()), NID_commonName, "nekoplane") ||
      X509_set_issuer_name(cert.get(), X509_get_subject_name(ca)) != 1 ||
      !AddExtension(cert.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(cert.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(cert.get(), ca, NID_ext_key_usage, "serverAuth") ||
      !AddExtension(cert.get(), ca, NID_authority_key_identifier, "keyid")) {
    return OpenSslError(Code::kInternal, "make a server certificate");
  }
  NEKO_RETURN_IF_ERROR(AddAlternativeNames(cert.get(), names));
  return Finish(cert.get(), key.get(), parts_->key.get());
}

Result<Identity> CertificateAuthority::IssueClient(const std::string& user,
                                                   const std::vector<std::string>& groups,
                                                   WallTime now, Duration lifetime,
                                                   Random& random) const {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return OpenSslError(Code::kInternal, "make a key");
  NEKO_TRY(const X509Ptr cert, Blank(key.get(), now - kBackdate, now + lifetime, random));
  X509* const ca = parts_->certificate.get();
  X509_NAME* subject = X509_get_subject_name(cert.get());
  for (const std::string& group : groups) {
    if (!AddName(subject, NID_organizationName, group)) {
      return OpenSslError(Code::kInvalid, "put the group \"" + group + "\" into a certificate");
    }
  }
  if (!AddName(subject, NID_commonName, user)) {
    return OpenSslError(Code::kInvalid, "put the user \"" + user + "\" into a certificate");
  }
  if (X509_set_issuer_name(cert.get(), X509_get_subject_name(ca)) != 1 ||
      !AddExtension(cert.get(), ca, NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(cert.get(), ca, NID_key_usage, "critical,digitalSignature") ||
      !AddExtension(cert.get(), ca, NID_ext_key_usage, "clientAuth") ||
      !AddExtension(cert.get(), ca, NID_authority_key_identifier, "keyid")) {
    return OpenSslError(Code::kInternal, "make a client certificate");
  }
  return Finish(cert.get(), key.get(), parts_->key.get());
}

}  // namespace nekoplane::auth
