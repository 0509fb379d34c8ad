#include "api/server/openapi.h"

#include <utility>

#include "api/server/call.h"
#include "api/server/errors.h"
#include "api/server/openapi_build.h"

namespace nekoplane::server {

OpenApi::OpenApi(const std::vector<const codec::Kind*>& kinds, const std::string& version)
    : kinds_(kinds), version_(version) {}

const OpenApi::Documents& OpenApi::documents() const {
  MutexLock lock(mu_);
  if (documents_ != nullptr) return *documents_;
  auto made = std::make_unique<Documents>();
  std::string swagger = BuildSwagger(kinds_, version_);
  made->v2_protobuf = Document::Make(SwaggerToProtobuf(swagger),
                                     "application/com.github.proto-openapi.spec.v2.v1.0+protobuf");
  made->v2_json = Document::Make(std::move(swagger));
  made->v3 = BuildOpenApiV3(kinds_, version_);
  documents_ = std::move(made);
  return *documents_;
}

const Document* OpenApi::v3(const std::string& path) const {
  const auto& v3 = documents().v3;
  const auto it = v3.find(path);
  return it == v3.end() ? nullptr : &it->second;
}

void HandleOpenApi(const CallPtr& call) {
  const OpenApi& openapi = call->core().openapi;
  const http::Request& request = call->request();
  if (call->route.target == Target::kOpenApiV2) {
    // Never JSON for who asked for protobuf: kubectl cannot be talked out of its parser.
    const bool protobuf = WantsOpenApiProtobuf(request.header("Accept"));
    return call->Send(
        ServeDocument(protobuf ? openapi.v2_protobuf() : openapi.v2_json(), request, true));
  }
  const Document* document = openapi.v3(call->route.rest);
  if (document == nullptr) return call->Fail(UnknownPathError());
  http::Response response = ServeDocument(*document, request, false);
  // The index links to documents by their hash, so a linked one never changes.
  const std::string* hash = request.param("hash");
  if (hash != nullptr && *hash == document->hash()) {
    response.headers.emplace_back("Cache-Control", "public, immutable, max-age=31536000");
  }
  call->Send(std::move(response));
}

}  // namespace nekoplane::server
