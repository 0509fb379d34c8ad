// What a client wants to read (Accept) and what it sent (Content-Type). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::server {

// One clause of an Accept header: type, parameters, quality.
struct MediaClause {
  std::string type;                                         // lower case, "application/json"
  std::vector<std::pair<std::string, std::string>> params;  // without q
  double q = 1.0;

  std::string_view param(std::string_view name) const;  // "" if absent
};

// Best first; clauses of the same quality keep their order. Clauses that make no sense, and those
// with q=0, are left out. At most 64 are looked at.
std::vector<MediaClause> ParseAccept(std::string_view header);

enum class Encoding { kJson, kPrettyJson, kYaml };
enum class Transform { kNone, kTable, kPartialMetadata };
enum class IncludeObject { kMetadata, kNone, kObject };

// How an object, a list or a watch event is to be written.
struct Representation {
  Encoding encoding = Encoding::kJson;
  Transform transform = Transform::kNone;
  std::string meta_version = "v1";  // of meta.k8s.io, for the transforms: v1 or v1beta1
  IncludeObject include_object = IncludeObject::kMetadata;
};

// Errors: kInvalid, reason NotAcceptable (406); reason BadRequest for an unknown includeObject.
Result<Representation> NegotiateObject(const http::Request& request);

// The version of aggregated discovery to answer with, "v2" or "v2beta1"; "" for the legacy form.
std::string NegotiateDiscovery(std::string_view accept);

// True if the client wants /openapi/v2 as protobuf.
bool WantsOpenApiProtobuf(std::string_view accept);

// Asked for with ?pretty=true, or guessed from the user agents that people use by hand.
bool WantsPretty(const http::Request& request);

enum class BodyType {
  kJson,
  kYaml,
  kProtobuf,
  kMergePatch,
  kJsonPatch,
  kStrategicPatch,
  kApplyPatch
};

// Absent means JSON. Errors: kInvalid, reason UnsupportedMediaType (415).
Result<BodyType> BodyTypeOf(const http::Request& request);

}  // namespace nekoplane::server
