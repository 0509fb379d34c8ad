// OpenAPI v3 and v2 of everything served, both made from the kinds' schemas: what kubectl validates
// and explains with.
//
// The documents are made when somebody asks for the first of them: many servers never do, and they
// take longer to make than everything else at start.
//
// Thread safety: any thread may call. What is returned lives as long as the OpenApi.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/base/mutex.h"
#include "api/codec/schema.h"
#include "api/http/message.h"
#include "api/server/documents.h"
#include "api/server/router.h"

namespace nekoplane::server {

class OpenApi {
 public:
  OpenApi(const std::vector<const codec::Kind*>& kinds, const std::string& version);

  const Document& v2_json() const { return documents().v2_json; }

  const Document& v2_protobuf() const { return documents().v2_protobuf; }

  // "" is the index; else "api/v1", "apis/GROUP/VERSION". nullptr if there is none.
  const Document* v3(const std::string& path) const;

 private:
  struct Documents {
    Document v2_json, v2_protobuf;
    std::map<std::string, Document> v3;
  };

  const Documents& documents() const EXCLUDES(mu_);

  const std::vector<const codec::Kind*> kinds_;
  const std::string version_;
  mutable Mutex mu_;
  mutable std::unique_ptr<const Documents> documents_ GUARDED_BY(mu_);  // constant once made
};

}  // namespace nekoplane::server
