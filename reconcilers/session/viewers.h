// How many people watch a session: asked of its Neko, by whoever the reconciler is given.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "api/base/context.h"
#include "api/base/result.h"

namespace nekoplane::reconcilers::session {

// Called without locks held; may block until the context ends. Errors: nobody knows.
using ViewerCount = std::function<Result<std::int64_t>(
    const Context& ctx, const std::string& neko_url, const std::string& api_token)>;

}  // namespace nekoplane::reconcilers::session
