// Header lines "Name: value": what a client accepts and sends, who it is and whom it speaks for.
#include "api/auth/authenticator.h"
#include "api/server/negotiation.h"
#include "api/taos/callers.h"
#include "api/taos/neko_url.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_files.h"

namespace nekoplane {
namespace {

// SHA-256 of "admin" and of "wrapper", so that seeds can hold the tokens.
constexpr char kTokens[] =
    R"({"tokens":[{"name":"root","role":"admin","created":"",)"
    R"("sha256":"8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918"},)"
    R"({"name":"taos","role":"wrapper","created":"",)"
    R"("sha256":"a622b10ddc23c8c9e9ec39d4833ae9b7b772ef40cb430425cb1689b76ec3490c"}]})";

const auth::TokenStore& Tokens() {
  static fuzz::MemoryFiles files{{{"tokens.json", kTokens}}};
  static const auto tokens = auth::TokenStore::Load("tokens.json", files);
  return **tokens;
}

class TokenCallers final : public taos::Authenticator {
 public:
  Result<taos::Identity> Authenticate(const http::Request& request) const override {
    NEKO_TRY(const auth::Principal principal, auth_.Credentials(request));
    return taos::Identity{principal.name, principal.role == auth::Role::kWrapper};
  }

 private:
  const auth::Authenticator auth_{Tokens()};
};

http::Request ReadHeaders(std::string_view input) {
  http::Request request;
  request.method = "GET";
  request.path = "/";
  while (!input.empty()) {
    const std::string_view line = fuzz::TakeLine(input);
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    request.headers.emplace_back(line.substr(0, colon), value);
  }
  return request;
}

void CheckNegotiation(const http::Request& request) {
  const std::string_view accept = request.header("Accept");
  double quality = 1.0;
  for (const server::MediaClause& clause : server::ParseAccept(accept)) {
    NEKO_PROMISE(clause.q > 0.0 && clause.q <= quality);  // best first
    NEKO_PROMISE(clause.type.find('/') != std::string::npos);
    quality = clause.q;
  }
  const auto how = server::NegotiateObject(request);
  if (!how) NEKO_PROMISE(fuzz::Explained(how.error()));
  if (how) NEKO_PROMISE(how->meta_version == "v1" || how->meta_version == "v1beta1");
  const std::string version = server::NegotiateDiscovery(accept);
  NEKO_PROMISE(version.empty() || version == "v2" || version == "v2beta1");
  (void)server::WantsOpenApiProtobuf(accept);
  const auto body = server::BodyTypeOf(request);
  if (!body) NEKO_PROMISE(fuzz::Explained(body.error()));
}

}  // namespace

NEKO_FUZZ(api_headers) {
  http::Request request = ReadHeaders(input);
  CheckNegotiation(request);

  const auth::Authenticator authenticator(Tokens());
  const auto who = authenticator.Authenticate(request);
  if (who) {
    NEKO_PROMISE(request.header("Authorization").ends_with("admin") ||
                 request.header("Authorization").ends_with("wrapper"));
    NEKO_PROMISE(who->impersonated_by.empty() || who->impersonated_by == "root");
  } else {
    NEKO_PROMISE(fuzz::Explained(who.error()));
  }

  request.remote_is_loopback = true;
  const auto caller = taos::ResolveCaller(request, TokenCallers(), "me");
  if (caller) NEKO_PROMISE(!caller->user.empty());
  if (!caller) NEKO_PROMISE(fuzz::Explained(caller.error()));
  if (const auto host = taos::ForwardedHost(request)) {
    NEKO_PROMISE(taos::HostPart(*host) == host);
    NEKO_PROMISE(host->find_first_of("/@?# \"<>") == std::string::npos);
  }
}

}  // namespace nekoplane
