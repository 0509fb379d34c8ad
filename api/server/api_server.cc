#include "api/server/api_server.h"

#include <algorithm>
#include <utility>

#include "api/server/call.h"
#include "api/server/discovery.h"
#include "api/server/errors.h"
#include "api/server/options.h"
#include "api/server/reviews.h"

namespace nekoplane::server {
namespace {

bool IsPublic(Target target) { return target == Target::kVersion || target == Target::kHealth; }

Attributes AttributesOf(const Call& call) {
  const Route& route = call.route;
  Attributes out;
  out.verb = route.verb.empty() ? call.request().method : route.verb;
  if (route.target != Target::kResource) {
    out.path = call.request().path;
    return out;
  }
  out.group = route.group;
  out.resource = route.resource;
  out.subresource = route.subresource;
  out.ns = route.ns;
  out.name = route.name;
  return out;
}

Result<void> CheckAccess(Call& call) {
  const Access& access = call.core().deps.access;
  NEKO_TRY(call.user, access.authenticate(call.request()));
  // Everybody who is somebody may ask about themselves and may discover what there is.
  if (FindReview(call.route) != nullptr) return {};
  const Target target = call.route.target;
  const bool reading = call.route.verb == "get";
  if (reading && target != Target::kResource && target != Target::kMetrics &&
      target != Target::kUnknown) {
    return {};
  }
  const Attributes what = AttributesOf(call);
  const auto allowed = access.authorize(call.user, what);
  if (allowed) return {};
  if (allowed.error().code != Code::kForbidden) return allowed.error();
  return ForbiddenError(call.user, what, allowed.error().message);
}

// The kind, and whether the path fits it: a namespaced object has a namespace, a cluster-scoped one
// has none, and only collections can be read across namespaces.
Result<void> ResolveKind(Call& call) {
  Route& route = call.route;
  const codec::Kind* kind = call.core().FindResource(route);
  if (kind == nullptr) return UnknownPathError();
  if (route.namespaced_path && !kind->namespaced) return UnknownPathError();
  if (kind->namespaced && !route.namespaced_path) {
    if (!route.name.empty()) return UnknownPathError();
    if (route.verb != "list" && route.verb != "watch") return MethodNotAllowedError();
  }
  if (!route.subresource.empty() && (route.subresource != "status" || !kind->status_subresource)) {
    return UnknownPathError();
  }
  call.kind = kind;
  const std::vector<std::string> verbs = ServedVerbs(*kind);
  if (std::find(verbs.begin(), verbs.end(), route.verb) == verbs.end())
    return MethodNotAllowedError();
  if (!route.subresource.empty() && route.verb != "get" && route.verb != "update" &&
      route.verb != "patch") {
    return MethodNotAllowedError();
  }
  return {};
}

void DispatchResource(const CallPtr& call) {
  if (FindReview(call->route) != nullptr) return HandleReview(call);
  if (const auto ok = ResolveKind(*call); !ok) return call->Fail(ok.error());
  const std::string& verb = call->route.verb;
  if (verb == "get") return HandleGet(call);
  if (verb == "list") return HandleList(call);
  if (verb == "watch") return HandleWatch(call);
  if (verb == "create") {
    // POST to .../NAME means nothing.
    return call->route.name.empty() ? HandleCreate(call) : call->Fail(MethodNotAllowedError());
  }
  if (verb == "deletecollection") return HandleDeleteCollection(call);
  if (call->route.name.empty()) return call->Fail(MethodNotAllowedError());
  if (verb == "update") return HandleUpdate(call);
  if (verb == "patch") return HandlePatch(call);
  return HandleDelete(call);
}

void HandleRoot(const CallPtr& call) {
  call->Send(JsonResponse(200,
                          "{\"paths\":[\"/api\",\"/api/v1\",\"/apis\",\"/healthz\",\"/livez\",\"/"
                          "metrics\",\"/openapi/v2\","
                          "\"/openapi/v3\",\"/readyz\",\"/version\"]}",
                          WantsPretty(call->request()) ? Encoding::kPrettyJson : Encoding::kJson));
}

void HandleMetrics(const CallPtr& call) {
  const auto& metrics = call->core().deps.metrics;
  if (!metrics) return call->Fail(UnknownPathError());
  http::Response response = TextResponse(200, metrics());
  response.headers.front().second = "text/plain; version=0.0.4; charset=utf-8";
  call->Send(std::move(response));
}

void Dispatch(const CallPtr& call) {
  // Errors before negotiation are JSON, indented for people; all others as the client wants to
  // read.
  if (WantsPretty(call->request())) call->how.encoding = Encoding::kPrettyJson;
  call->route = ParseRoute(call->request());
  const Target target = call->route.target;
  if (!IsPublic(target)) {
    if (const auto ok = CheckAccess(*call); !ok) return call->Fail(ok.error());
  }
  if (target == Target::kUnknown) return call->Fail(UnknownPathError());
  if (target == Target::kResource) {
    auto how = NegotiateObject(call->request());
    if (!how) return call->Fail(how.error());
    call->how = std::move(*how);
    return DispatchResource(call);
  }
  if (call->route.verb != "get") return call->Fail(MethodNotAllowedError());
  switch (target) {
    case Target::kRoot:
      return HandleRoot(call);
    case Target::kVersion:
      return HandleVersion(call);
    case Target::kHealth:
      return HandleHealth(call);
    case Target::kMetrics:
      return HandleMetrics(call);
    case Target::kOpenApiV2:
    case Target::kOpenApiV3:
      return HandleOpenApi(call);
    default:
      return HandleDiscovery(call);
  }
}

}  // namespace

ApiServer::ApiServer(Deps deps) : core_(std::make_shared<Core>(std::move(deps))) {}

ApiServer::~ApiServer() { core_->watches.EndAll(); }

void ApiServer::Handle(std::shared_ptr<const http::Request> request,
                       std::shared_ptr<http::Responder> responder) {
  const auto call = std::make_shared<Call>(core_, std::move(request), std::move(responder));
  call->Guard([&call] { Dispatch(call); });
}

void ApiServer::BeginShutdown() { core_->stopping = true; }

void ApiServer::EndWatches() { core_->watches.EndAll(); }

std::size_t ApiServer::watches() const { return core_->watches.size(); }

}  // namespace nekoplane::server
