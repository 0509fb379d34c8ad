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

// `os_error`: errno of the connection, 0 if unknown. `peer` goes in front of the message.
Status CurlFailure(CURLcode code, long os_error,  // NOLINT(google-runtime-int): libcurl's type
                   std::string_view peer, std::string_view text);

}  // namespace nekoplane::http
