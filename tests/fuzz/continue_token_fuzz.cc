// Continue tokens and base64, from clients.
#include "api/registry/base64.h"
#include "api/server/options.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

void CheckToken(const std::string& text) {
  const auto token = server::DecodeContinue(text);
  if (!token) {
    NEKO_PROMISE(fuzz::Explained(token.error()));
    return;
  }
  NEKO_PROMISE(token->version == -1 || token->version > 0);
  NEKO_PROMISE(token->ns.find('/') == std::string::npos);
  const auto again = server::DecodeContinue(server::EncodeContinue(*token));
  NEKO_PROMISE(again && again->version == token->version);
  NEKO_PROMISE(again && again->ns == token->ns && again->name == token->name);
}

}  // namespace

NEKO_FUZZ(continue_token) {
  const std::string text(input);
  CheckToken(text);
  // What it decodes to, so that the fuzzer gets past the base64.
  std::string wrapped = registry::Base64UrlEncode(text);
  CheckToken(wrapped);

  NEKO_PROMISE(registry::Base64Decode(registry::Base64Encode(input)) == text);
  if (const auto plain = registry::Base64Decode(input)) {
    NEKO_PROMISE(registry::Base64Decode(registry::Base64Encode(*plain)) == plain);
    NEKO_PROMISE(plain->size() <= input.size() / 4 * 3 + 3);
  }
}

}  // namespace nekoplane
