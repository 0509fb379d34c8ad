// The body of POST /api/browser/sessions, checked as FastAPI checks it. Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "api/http/message.h"
#include "api/taos/replies.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {

struct CreateRequest {
  std::string url;
  std::string profile;  // "" = private ("default" and "" in the body mean the same)
  std::string node;     // "" = anywhere
};

// The request, or everything wrong with it. Unknown keys are ignored; an empty URL is fine.
std::variant<CreateRequest, std::vector<ValidationError>> ParseCreateRequest(
    const http::Request& request);

// The object that the request asks for. `requested_at`: RFC 3339 with fractions. `idle`: how long
// nobody may watch before the session goes; "" = forever.
v1alpha1::BrowserSession SessionFor(const CreateRequest& request, const std::string& user,
                                    const std::string& ns, const std::string& requested_at,
                                    const std::string& idle);

}  // namespace nekoplane::taos
