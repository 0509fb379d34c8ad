// Request bodies as JSON values: JSON, YAML, and Kubernetes' protobuf for the core kinds.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "api/base/result.h"
#include "api/http/message.h"
#include "api/registry/registry.h"

namespace nekoplane::server {

// The object in the body of a POST or PUT. With `duplicates`, repeated keys are tolerated and
// listed. Errors: kInvalid: UnsupportedMediaType (415), TooLarge (413), else 400.
Result<nlohmann::json> ReadObject(const http::Request& request,
                                  std::vector<std::string>* duplicates);

struct PatchBody {
  registry::PatchType type = registry::PatchType::kMerge;
  std::shared_ptr<nlohmann::json> patch;  // never null
};

// Errors: as above; server-side apply is not served and is 415.
Result<PatchBody> ReadPatch(const http::Request& request);

// DeleteOptions from the body, or from the query if there is none.
// Errors: kInvalid: 400, 415, and 422 for values that are not supported.
Result<registry::DeleteOptions> ReadDeleteOptions(const http::Request& request);

}  // namespace nekoplane::server
