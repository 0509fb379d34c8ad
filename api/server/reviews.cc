#include "api/server/reviews.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/body.h"
#include "api/server/call.h"
#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

using Json = nlohmann::json;

constexpr std::array<ReviewResource, 4> kReviews = {{
    {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", "selfsubjectaccessreview",
     "SelfSubjectAccessReview"},
    {"authorization.k8s.io", "v1", "selfsubjectrulesreviews", "selfsubjectrulesreview",
     "SelfSubjectRulesReview"},
    {"authentication.k8s.io", "v1", "selfsubjectreviews", "selfsubjectreview", "SelfSubjectReview"},
    {"authentication.k8s.io", "v1beta1", "selfsubjectreviews", "selfsubjectreview",
     "SelfSubjectReview"},
}};

std::string Text(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

const Json* Object(const Json& parent, const char* key) {
  const auto it = parent.find(key);
  return it != parent.end() && it->is_object() ? &*it : nullptr;
}

Result<Attributes> AttributesOf(const Json& review) {
  const Json* spec = Object(review, "spec");
  const Json* resource = spec == nullptr ? nullptr : Object(*spec, "resourceAttributes");
  const Json* path = spec == nullptr ? nullptr : Object(*spec, "nonResourceAttributes");
  if ((resource == nullptr) == (path == nullptr)) {
    return BadRequest("spec must hold exactly one of resourceAttributes and nonResourceAttributes");
  }
  Attributes out;
  if (path != nullptr) {
    out.verb = Text(*path, "verb");
    out.path = Text(*path, "path");
    if (out.path.empty()) return BadRequest("spec.nonResourceAttributes.path must be given");
    return out;
  }
  out.verb = Text(*resource, "verb");
  out.group = Text(*resource, "group");
  out.resource = Text(*resource, "resource");
  out.subresource = Text(*resource, "subresource");
  out.ns = Text(*resource, "namespace");
  out.name = Text(*resource, "name");
  return out;
}

Result<Json> AccessStatus(const Call& call, const Json& review) {
  NEKO_TRY(const Attributes what, AttributesOf(review));
  const auto allowed = call.core().deps.access.authorize(call.user, what);
  Json status = {{"allowed", allowed.has_value()}};
  if (!allowed && !allowed.error().message.empty()) status["reason"] = allowed.error().message;
  return status;
}

Result<Json> RulesStatus(const Call& call, const Json& review) {
  const Json* spec = Object(review, "spec");
  const std::string ns = spec == nullptr ? "" : Text(*spec, "namespace");
  if (ns.empty()) return BadRequest("spec.namespace must be given");
  const auto& rules = call.core().deps.access.rules;
  Json resources = Json::array(), paths = Json::array();
  if (rules) {
    for (const AccessRule& rule : rules(call.user, ns)) {
      if (rule.paths.empty()) {
        resources.push_back(
            {{"verbs", rule.verbs}, {"apiGroups", rule.groups}, {"resources", rule.resources}});
      } else {
        paths.push_back({{"verbs", rule.verbs}, {"nonResourceURLs", rule.paths}});
      }
    }
  }
  return Json{{"resourceRules", resources}, {"nonResourceRules", paths}, {"incomplete", !rules}};
}

Json SubjectStatus(const Call& call) {
  Json info = {{"username", call.user.name}, {"groups", call.user.groups}};
  if (!call.user.uid.empty()) info["uid"] = call.user.uid;
  return {{"userInfo", info}};
}

}  // namespace

std::span<const ReviewResource> ReviewResources() { return kReviews; }

const ReviewResource* FindReview(const Route& route) {
  if (route.target != Target::kResource || route.namespaced_path || !route.name.empty())
    return nullptr;
  for (const ReviewResource& review : kReviews) {
    if (route.group == review.group && route.version == review.version &&
        route.resource == review.plural) {
      return &review;
    }
  }
  return nullptr;
}

void HandleReview(const CallPtr& call) {
  const ReviewResource& review = *FindReview(call->route);
  if (call->route.verb != "create") return call->Fail(MethodNotAllowedError());
  auto body = ReadObject(call->request(), nullptr);
  if (!body) return call->Fail(body.error());
  if (!body->is_object()) return call->Fail(BadRequest("the body must be an object"));
  const std::string kind = Text(*body, "kind");
  if (!kind.empty() && kind != review.kind) {
    return call->Fail(BadRequest("the kind in the data (" + kind +
                                 ") does not match the expected kind (" + review.kind + ")"));
  }
  const std::string_view expected = review.kind;
  Result<Json> status = expected == "SelfSubjectAccessReview"  ? AccessStatus(*call, *body)
                        : expected == "SelfSubjectRulesReview" ? RulesStatus(*call, *body)
                                                               : Result<Json>(SubjectStatus(*call));
  if (!status) return call->Fail(status.error());
  nlohmann::ordered_json out;
  out["kind"] = review.kind;
  out["apiVersion"] = std::string(review.group) + "/" + review.version;
  out["metadata"] = {{"creationTimestamp", nullptr}};
  if (const Json* spec = Object(*body, "spec")) out["spec"] = *spec;
  out["status"] = std::move(*status);
  call->Send(JsonResponse(201, out.dump(-1, ' ', false, Json::error_handler_t::replace),
                          call->how.encoding));
}

}  // namespace nekoplane::server
