// How many people watch a session, as its Neko says.
//
// Thread safety: any thread may call. Blocks until the answer is there or the context ends.
#pragma once

#include <cstdint>
#include <string>

#include "api/base/context.h"
#include "api/base/result.h"
#include "api/http/client.h"

namespace nekoplane::neko {

// Asks GET /api/sessions below `neko_url` with the session's API token and counts who is connected.
// Errors: kUnavailable, kTimeout: it does not answer, or not as Neko does: nobody knows.
Result<std::int64_t> CountViewers(http::Client& client, const Context& ctx,
                                  const std::string& neko_url, const std::string& api_token);

}  // namespace nekoplane::neko
