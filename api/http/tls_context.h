// A server's TLS settings from PEM texts.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <utility>

#include "api/base/result.h"
#include "api/http/server.h"

namespace nekoplane::http {

// TLS 1.2 and later; client certificates are asked for, and verified if one is given.
// Errors: kInvalid: the texts are no certificates and keys that fit together.
Result<std::unique_ptr<boost::asio::ssl::context>> MakeTlsContext(const TlsMaterial& material);

}  // namespace nekoplane::http
