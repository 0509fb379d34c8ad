#include "api/http/curl_errors.h"

#include <cerrno>

namespace nekoplane::http {
namespace {

bool Says(std::string_view text, std::string_view words) {
  return text.find(words) != std::string_view::npos;
}

// Of a certificate, by OpenSSL's words: its own verdict, or an alert that the peer sent. With TLS
// 1.3 a server looks at our certificate when the handshake is over for us, so its alert arrives
// instead of a reply.
std::string_view CertificateReason(std::string_view text) {
  if (Says(text, "certificate has expired") || Says(text, "alert certificate expired")) {
    return "CertificateExpired";
  }
  for (const std::string_view alert :
       {"alert bad certificate", "alert unknown ca", "alert certificate unknown",
        "alert certificate required", "alert certificate revoked",
        "alert unsupported certificate"}) {
    if (Says(text, alert)) return "CertificateInvalid";
  }
  return "";
}

bool HungUp(CURLcode code) {
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;
}

}  // namespace

std::string_view TlsReason(CURLcode code, std::string_view text) {
  const std::string_view certificate = CertificateReason(text);
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return certificate.empty() ? "CertificateInvalid" : certificate;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      return certificate.empty() ? "TlsHandshakeFailed" : certificate;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (!certificate.empty()) return certificate;
      return Says(text, "SSL") && Says(text, " alert ") ? "TlsHandshakeFailed" : "";
    default:
      return "";
  }
}

Status CurlFailure(CURLcode code, const Connection& connection, std::string_view peer,
                   std::string_view text) {
  const auto fail = [&](Code kind, std::string_view reason) {
    return MakeStatus(kind, std::string(reason), std::string(peer) + ": " + std::string(text));
  };
  if (const auto tls = TlsReason(code, text); !tls.empty()) return fail(Code::kUnavailable, tls);
  if (connection.showed_certificate && HungUp(code)) {
    return MakeStatus(Code::kUnavailable, "TlsHandshakeFailed",
                      std::string(peer) +
                          ": it hung up when it saw our certificate, and probably "
                          "does not accept it (" +
                          std::string(text) + ")");
  }
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return fail(Code::kInvalid, "BadUrl");
    case CURLE_COULDNT_CONNECT:
      return fail(Code::kUnavailable,
                  connection.os_error == ECONNREFUSED ? "ConnectionRefused" : "ConnectionFailed");
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_INTERFACE_FAILED:
      return fail(Code::kUnavailable, "ConnectionFailed");
    case CURLE_OPERATION_TIMEDOUT:
      return fail(Code::kTimeout, "Timeout");
    default:
      return fail(Code::kUnavailable, "BadReply");
  }
}

}  // namespace nekoplane::http
