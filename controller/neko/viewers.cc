#include "controller/neko/viewers.h"

#include <nlohmann/json.hpp>

namespace nekoplane::neko {
namespace {

constexpr std::size_t kMostBytes = 256 * 1024;

Status NotNeko(const std::string& what) {
  return MakeStatus(Code::kUnavailable, "BadReply", "GET /api/sessions answered " + what);
}

}  // namespace

Result<std::int64_t> CountViewers(http::Client& client, const Context& ctx,
                                  const std::string& neko_url, const std::string& api_token) {
  http::ClientRequest request;
  request.url = neko_url + (neko_url.ends_with('/') ? "" : "/") + "api/sessions";
  request.headers = {{"Authorization", "Bearer " + api_token}};
  request.max_reply_bytes = kMostBytes;
  NEKO_TRY(const auto response, client.Do(ctx, request));
  if (response.status != 200) return NotNeko(std::to_string(response.status));
  const auto sessions = nlohmann::json::parse(response.body, nullptr, false);
  if (!sessions.is_array()) return NotNeko("something that Neko does not say");
  std::int64_t connected = 0;
  for (const auto& session : sessions) {
    if (!session.is_object()) return NotNeko("something that Neko does not say");
    const auto state = session.find("state");
    if (state == session.end() || !state->is_object()) continue;
    const auto is = state->find("is_connected");
    if (is != state->end() && is->is_boolean() && is->get<bool>()) ++connected;
  }
  return connected;
}

}  // namespace nekoplane::neko
