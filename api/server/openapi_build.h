// The makers of the OpenAPI documents. Internal to api/server.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/codec/schema.h"
#include "api/server/documents.h"

namespace nekoplane::server {

// A swagger 2.0 document as JSON text.
std::string BuildSwagger(const std::vector<const codec::Kind*>& kinds, const std::string& version);

// Swagger 2.0 JSON text as the gnostic protobuf (openapi.v2.Document) that kubectl before 1.29
// insists on. Members that the protobuf has no field for are left out.
std::string SwaggerToProtobuf(const std::string& swagger);

// One document per group and version by path ("api/v1", "apis/GROUP/VERSION"), and "" the index.
std::map<std::string, Document> BuildOpenApiV3(const std::vector<const codec::Kind*>& kinds,
                                               const std::string& version);

}  // namespace nekoplane::server
