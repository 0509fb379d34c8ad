// From libcurl's failures to a Status. Pure.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "api/base/status.h"

namespace nekoplane::http {

// Why TLS failed, in one word: CertificateExpired (theirs or ours), CertificateInvalid (not signed
// by the right authority, of another name, refused by the peer) or TlsHandshakeFailed. "" if the
// failure is not one of TLS. `text` is what libcurl says of it.
std::string_view TlsReason(CURLcode code, std::string_view text);

// What is known about the connection of a call that failed.
struct Connection {
  long os_error = 0;  // errno, 0 if unknown  NOLINT(google-runtime-int): libcurl's type
  // Made for this call, with TLS; we showed our certificate, and no byte of a reply came. With TLS
  // 1.3 that is what a refused certificate may look like, as the reset that follows the server's
  // alert can overtake it.
  bool showed_certificate = false;
};

// `peer` goes in front of the message.
Status CurlFailure(CURLcode code, const Connection& connection, std::string_view peer,
                   std::string_view text);

}  // namespace nekoplane::http
