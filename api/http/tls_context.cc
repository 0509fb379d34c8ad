#include "api/http/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/buffer.hpp>
#include <utility>

namespace nekoplane::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

Status Bad(std::string_view what, const error_code& ec) {
  return MakeStatus(Code::kInvalid, "BadTlsMaterial",
                    "cannot use the " + std::string(what) + ": " + ec.message());
}

// Names the CA to clients, so that those with several certificates send the right one.
void AnnounceClientCa(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  while (X509* cert = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    SSL_CTX_add_client_CA(context, cert);
    X509_free(cert);
  }
  ERR_clear_error();  // the end of the text is reported as an error
}

}  // namespace

Result<std::unique_ptr<ssl::context>> MakeTlsContext(const TlsMaterial& material) {
  const auto as_buffer = [](const std::string& text) { return boost::asio::buffer(text); };
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  error_code ec;
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                           ssl::context::no_sslv3 | ssl::context::no_tlsv1 |
                           ssl::context::no_tlsv1_1 | ssl::context::no_compression |
                           SSL_OP_NO_RENEGOTIATION,
                       ec);
  if (ec) return Bad("TLS options", ec);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds 34 KB less
  // Resumption is by tickets alone, which cost the server nothing.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kSessionContext[] = "nekoplane";
  SSL_CTX_set_session_id_context(native, kSessionContext, sizeof(kSessionContext) - 1);

  context->use_certificate_chain(as_buffer(material.certificate_chain), ec);
  if (ec) return Bad("server certificate", ec);
  context->use_private_key(as_buffer(material.private_key), ssl::context::pem, ec);
  if (ec) return Bad("server key", ec);
  if (SSL_CTX_check_private_key(native) != 1) {
    ERR_clear_error();
    return MakeStatus(Code::kInvalid, "BadTlsMaterial",
                      "the server key does not belong to the server certificate");
  }
  if (!material.client_ca.empty()) {
    context->add_certificate_authority(as_buffer(material.client_ca), ec);
    if (ec) return Bad("CA for client certificates", ec);
    AnnounceClientCa(native, material.client_ca);
    context->set_verify_mode(ssl::verify_peer, ec);
    if (ec) return Bad("CA for client certificates", ec);
  }
  return context;
}

}  // namespace nekoplane::http
