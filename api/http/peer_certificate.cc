#include "api/http/peer_certificate.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "api/http/ascii.h"

namespace nekoplane::http {
namespace {

// A NUL inside a name is the classic way to make one certificate look like another.
std::optional<std::string> Text(const X509_NAME_ENTRY* entry) {
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
  if (size < 0) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  if (!IsUtf8(text) || std::any_of(text.begin(), text.end(), IsControl)) return std::nullopt;
  return text;
}

}  // namespace

PeerCertificate ReadPeerCertificate(SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> cert(SSL_get1_peer_certificate(ssl),
                                                         &X509_free);
  if (!cert || SSL_get_verify_result(ssl) != X509_V_OK) return {};
  PeerCertificate peer;
  const X509_NAME* subject = X509_get_subject_name(cert.get());
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(subject, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (nid != NID_commonName && nid != NID_organizationName) continue;
    const auto text = Text(entry);
    if (!text) return {};
    if (nid == NID_organizationName) {
      peer.organizations.push_back(*text);
    } else if (peer.common_name.empty()) {
      peer.common_name = *text;
    }
  }
  return peer;
}

}  // namespace nekoplane::http
