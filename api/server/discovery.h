// Which groups, versions and resources there are, in both forms that kubectl asks for.
//
// Thread safety: constant after construction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/codec/schema.h"
#include "api/http/message.h"
#include "api/server/documents.h"
#include "api/server/router.h"

namespace nekoplane::server {

// The verbs that this server offers for a kind: its own, and deletecollection where single objects
// can be deleted.
std::vector<std::string> ServedVerbs(const codec::Kind& kind);

class Discovery {
 public:
  // `kinds` in the order in which clients shall resolve names: the first group that knows a short
  // name wins, core before all others.
  explicit Discovery(const std::vector<const codec::Kind*>& kinds);

  // The document of a route to kCoreVersions, kGroups, kGroup or kResources in the form that the
  // request accepts; nullptr if there is no such group or version.
  const Document* Find(const Route& route, const http::Request& request) const;

 private:
  std::map<std::string, Document> documents_;  // by path, aggregated ones by path + ";" + version
};

}  // namespace nekoplane::server
