#include "api/server/call.h"

#include <cctype>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

// A client's own Audit-ID is kept if it is harmless in a header and in a log.
bool UsableAuditId(std::string_view id) {
  if (id.empty() || id.size() > 64) return false;
  for (const char c : id) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') return false;
  }
  return true;
}

std::string LabelOf(const Route& route) {
  if (route.target != Target::kResource) return "";
  const std::string out = route.group + "/" + route.resource;
  return route.subresource.empty() ? out : out + "/" + route.subresource;
}

codec::Kind ServiceKind() {
  codec::Kind kind;
  kind.version = "v1";
  kind.kind = "Service";
  kind.plural = "services";
  kind.singular = "service";
  kind.short_names = {"svc"};
  kind.verbs = {"get", "list", "watch"};
  kind.schema = std::make_shared<const nlohmann::json>(nlohmann::json{
      {"type", "object"},
      {"description", "Service exists for clients that look for one; there are none."}});
  return kind;
}

// In discovery order: what a name means is decided by the first group that knows it, core first.
std::vector<const codec::Kind*> Served(const codec::KindTable& table, const codec::Kind& service) {
  std::vector<const codec::Kind*> core, others;
  for (const codec::Kind& kind : table.kinds())
    (kind.group.empty() ? core : others).push_back(&kind);
  core.push_back(&service);
  core.insert(core.end(), others.begin(), others.end());
  return core;
}

}  // namespace

Core::Core(Deps d)
    : deps(std::move(d)),
      service(ServiceKind()),
      discovery(Served(deps.kinds, service)),
      openapi(Served(deps.kinds, service), deps.version.version),
      watches(deps.timers) {
  for (const codec::Kind* kind : Served(deps.kinds, service))
    tables.emplace(kind, TableWriter(*kind));
}

const codec::Kind* Core::FindResource(const Route& route) const {
  if (route.group.empty() && route.version == "v1" && route.resource == service.plural)
    return &service;
  return deps.kinds.FindResource(route.group, route.version, route.resource);
}

Call::Call(std::shared_ptr<Core> core, std::shared_ptr<const http::Request> request,
           std::shared_ptr<http::Responder> responder)
    : core_(std::move(core)),
      request_(std::move(request)),
      responder_(std::move(responder)),
      started_(core_->deps.clock.Now()),
      audit_id_(request_->header("Audit-ID")) {
  if (!UsableAuditId(audit_id_)) audit_id_ = NewUid(core_->deps.random);
}

Subject Call::subject() const {
  Subject subject;
  subject.group = route.group;
  subject.resource = route.resource;
  if (kind != nullptr) subject.kind = kind->kind;
  subject.name = route.name.empty() ? body_name : route.name;
  return subject;
}

void Call::AddHeaders(http::Headers& headers) const {
  headers.emplace_back("Audit-ID", audit_id_);
  if (http::FindHeader(headers, "Cache-Control").empty()) {
    headers.emplace_back("Cache-Control", "no-cache, private");
  }
}

void Call::Report(int code) {
  const auto& hook = core_->deps.hooks.on_request;
  if (hook) hook(route.verb, LabelOf(route), code, core_->deps.clock.Now() - started_);
}

void Call::Guard(const std::function<void()>& step) {
  try {
    step();
  } catch (const std::exception& e) {
    if (core_->deps.hooks.on_panic) core_->deps.hooks.on_panic();
    const Status status =
        MakeStatus(Code::kInternal, "Panic",
                   std::string("the server failed to answer this request: ") + e.what());
    if (!answered_) return Fail(status);
    core_->deps.log.Error("request failed after its answer",
                          {{"path", request_->path}, {"error", status.ToString()}});
  }
}

void Call::Send(http::Response response) {
  answered_ = true;
  AddHeaders(response.headers);
  const int code = response.status;
  responder_->Send(std::move(response));
  Report(code);
}

void Call::Fail(const Status& status) {
  if (status.code == Code::kInternal) {
    core_->deps.log.Error("request failed", {{"method", request_->method},
                                             {"path", request_->path},
                                             {"audit_id", audit_id_},
                                             {"error", status.ToString()}});
  }
  Send(ErrorResponse(status, subject(), how.encoding));
}

void Call::SendObject(int code, const store::Object& object,
                      const std::vector<std::string>& warnings) {
  std::string body;
  switch (how.transform) {
    case Transform::kNone:
      body = object.bytes;
      break;
    case Transform::kTable: {
      const TableWriter& table = core_->table(*kind);
      body =
          TableDocument(how, "{\"resourceVersion\":\"" + std::to_string(object.version) + "\"}",
                        table.definitions(), table.Row(object, how, core_->deps.clock.WallNow()));
      break;
    }
    case Transform::kPartialMetadata:
      body = PartialMetadata(object.bytes, how.meta_version);
      break;
  }
  http::Response response = JsonResponse(code, std::move(body), how.encoding);
  AddWarnings(warnings, response.headers);
  Send(std::move(response));
}

std::shared_ptr<http::Stream> Call::StartStream(http::Headers headers) {
  answered_ = true;
  AddHeaders(headers);
  Report(200);
  return responder_->StartStream(200, std::move(headers));
}

void AnswerWrite(Call& call, int code, const Result<registry::WriteReply>& reply) {
  call.Guard([&] {
    if (!reply) return call.Fail(reply.error());
    call.SendObject(code, *reply->object, reply->warnings);
  });
}

}  // namespace nekoplane::server
