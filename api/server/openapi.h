// OpenAPI v3 and v2 of everything served, both made from the kinds' schemas: what kubectl validates
// and explains with.
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

class OpenApi {
 public:
  OpenApi(const std::vector<const codec::Kind*>& kinds, const std::string& version);

  const Document& v2_json() const { return v2_json_; }

  const Document& v2_protobuf() const { return v2_protobuf_; }

  // "" is the index; else "api/v1", "apis/GROUP/VERSION". nullptr if there is none.
  const Document* v3(const std::string& path) const;

 private:
  Document v2_json_, v2_protobuf_;
  std::map<std::string, Document> v3_;
};

}  // namespace nekoplane::server
