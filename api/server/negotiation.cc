#include "api/server/negotiation.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <optional>

namespace nekoplane::server {
namespace {

constexpr std::size_t kMaxClauses = 64;

std::string_view Trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::string Lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

// The text up to `separator`, which is taken off `rest`.
std::string_view Take(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view head = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return Trim(head);
}

// 0 for what is no quality, so that the clause is ignored.
double ParseQuality(std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double q = std::strtod(copy.c_str(), &end);
  if (end == copy.c_str() || *end != '\0' || !(q >= 0.0 && q <= 1.0)) return 0.0;
  return q;
}

MediaClause ParseClause(std::string_view text) {
  MediaClause clause;
  clause.type = Lower(Take(text, ';'));
  while (!text.empty()) {
    std::string_view param = Take(text, ';');
    const std::string name = Lower(Take(param, '='));
    if (param.size() >= 2 && param.front() == '"' && param.back() == '"') {
      param = param.substr(1, param.size() - 2);
    }
    if (name == "q") {
      clause.q = ParseQuality(param);
    } else if (!name.empty()) {
      clause.params.emplace_back(name, std::string(param));
    }
  }
  return clause;
}

std::optional<Encoding> EncodingFor(std::string_view type) {
  if (type == "application/json" || type == "application/*" || type == "*/*")
    return Encoding::kJson;
  if (type == "application/yaml") return Encoding::kYaml;
  return std::nullopt;
}

std::optional<Transform> TransformFor(const MediaClause& clause) {
  const std::string_view as = clause.param("as");
  if (as.empty()) return Transform::kNone;
  const std::string_view version = clause.param("v");
  if (clause.param("g") != "meta.k8s.io" || (version != "v1" && version != "v1beta1")) {
    return std::nullopt;
  }
  if (as == "Table") return Transform::kTable;
  if (as == "PartialObjectMetadata" || as == "PartialObjectMetadataList") {
    return Transform::kPartialMetadata;
  }
  return std::nullopt;
}

constexpr char kNotAcceptable[] =
    "only the following media types are accepted: application/json, application/yaml";

}  // namespace

std::string_view MediaClause::param(std::string_view name) const {
  for (const auto& [key, value] : params) {
    if (key == name) return value;
  }
  return "";
}

std::vector<MediaClause> ParseAccept(std::string_view header) {
  std::vector<MediaClause> clauses;
  for (std::size_t n = 0; !header.empty() && n < kMaxClauses; ++n) {
    MediaClause clause = ParseClause(Take(header, ','));
    if (clause.type.find('/') != std::string::npos && clause.q > 0.0) clauses.push_back(clause);
  }
  std::stable_sort(clauses.begin(), clauses.end(),
                   [](const MediaClause& a, const MediaClause& b) { return a.q > b.q; });
  return clauses;
}

bool WantsPretty(const http::Request& request) {
  if (const std::string* pretty = request.param("pretty")) {
    return *pretty != "false" && *pretty != "0";
  }
  const std::string_view agent = request.header("User-Agent");
  return agent.starts_with("curl") || agent.starts_with("Wget") || agent.starts_with("Mozilla/5.0");
}

Result<Representation> NegotiateObject(const http::Request& request) {
  Representation out;
  const std::string_view accept = request.header("Accept");
  bool found = Trim(accept).empty();
  for (const MediaClause& clause : ParseAccept(accept)) {
    const auto encoding = EncodingFor(clause.type);
    const auto transform = TransformFor(clause);
    if (!encoding || !transform) continue;
    out.encoding = *encoding;
    out.transform = *transform;
    if (*transform != Transform::kNone) out.meta_version = std::string(clause.param("v"));
    found = true;
    break;
  }
  if (!found) return MakeStatus(Code::kInvalid, "NotAcceptable", kNotAcceptable);
  if (out.encoding == Encoding::kJson && WantsPretty(request)) out.encoding = Encoding::kPrettyJson;
  if (const std::string* include = request.param("includeObject"); include && !include->empty()) {
    if (*include == "None") {
      out.include_object = IncludeObject::kNone;
    } else if (*include == "Object") {
      out.include_object = IncludeObject::kObject;
    } else if (*include != "Metadata") {
      return MakeStatus(Code::kInvalid, "BadRequest",
                        "unrecognized includeObject value: \"" + *include +
                            "\", must be None, Metadata or Object");
    }
  }
  return out;
}

std::string NegotiateDiscovery(std::string_view accept) {
  for (const MediaClause& clause : ParseAccept(accept)) {
    const std::string_view as = clause.param("as");
    if (!EncodingFor(clause.type)) continue;
    if (as.empty()) return "";
    if (as != "APIGroupDiscoveryList" || clause.param("g") != "apidiscovery.k8s.io") continue;
    const std::string_view version = clause.param("v");
    if (version == "v2" || version == "v2beta1") return std::string(version);
  }
  return "";
}

bool WantsOpenApiProtobuf(std::string_view accept) {
  for (const MediaClause& clause : ParseAccept(accept)) {
    if (clause.type.starts_with("application/com.github.proto-openapi.spec.v2")) return true;
    if (EncodingFor(clause.type)) return false;
  }
  return false;
}

Result<BodyType> BodyTypeOf(const http::Request& request) {
  std::string_view rest = request.header("Content-Type");
  const std::string type = Lower(Take(rest, ';'));
  if (type.empty() || type == "application/json") return BodyType::kJson;
  if (type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml") {
    return BodyType::kYaml;
  }
  if (type == "application/vnd.kubernetes.protobuf") return BodyType::kProtobuf;
  if (type == "application/merge-patch+json") return BodyType::kMergePatch;
  if (type == "application/json-patch+json") return BodyType::kJsonPatch;
  if (type == "application/strategic-merge-patch+json") return BodyType::kStrategicPatch;
  if (type == "application/apply-patch+yaml") return BodyType::kApplyPatch;
  return MakeStatus(
      Code::kInvalid, "UnsupportedMediaType",
      "the body of the request was in an unknown format - accepted media types include: "
      "application/json, application/yaml, application/vnd.kubernetes.protobuf");
}

}  // namespace nekoplane::server
