// What both clients check before anything leaves the process.
#pragma once

#include "api/http/client.h"
#include "api/http/url.h"

namespace nekoplane::http {

// The URL, taken apart. Errors: kInvalid: the URL, or a method or header that could break out of
// its line and start a request of its own.
Result<Url> CheckRequest(const ClientRequest& request);

}  // namespace nekoplane::http
