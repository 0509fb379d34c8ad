#include "api/taos/cluster/node_use.h"

#include "api/codec/json_codec.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {

using v1alpha1::BrowserSession;

bool InUse(const store::Store& store, const std::string& node) {
  bool used = false;
  store.Claims()->ForEachInScope(node, [&](const auto&) { used = true; });
  // Most of many sessions are elsewhere, and their text shows it without being decoded.
  const std::string mention = '"' + node + '"';
  store.List(BrowserSession::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    const std::string_view text(object->bytes);
    if (used || text.find(mention) == std::string_view::npos) return !used;
    const auto session = codec::Decode<BrowserSession>(text);
    used = !session || session->status.nodeName == node;
    return !used;
  });
  return used;
}

}  // namespace nekoplane::taos
