#include "api/taos/browser_api.h"

#include <utility>

#include "api/codec/json_codec.h"
#include "api/taos/create_flow.h"
#include "api/taos/nodes_view.h"
#include "api/taos/ready_waits.h"
#include "api/taos/replies.h"
#include "api/taos/router.h"
#include "api/taos/session_view.h"
#include "api/taos/sessions.h"
#include "api/taos/stream_token.h"
#include "api/taos/tombstones.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::taos {
namespace {

using registry::WriteReply;
using v1alpha1::BrowserSession;
using v1alpha1::ObjectEvent;

// How much old debris one termination takes away.
constexpr std::size_t kPruneBatch = 20;

Json Ok() {
  Json body;
  body["ok"] = true;
  return body;
}

}  // namespace

// Outlives the BrowserApi for as long as answers of the store are outstanding.
class BrowserApi::Core : public std::enable_shared_from_this<BrowserApi::Core> {
 public:
  Core(Deps deps, Options options)
      : deps_(std::move(deps)),
        options_(std::move(options)),
        sessions_(deps_.registry.store(), options_.ns),
        waits_(deps_.registry.store(), deps_.timers, deps_.log) {}

  void Handle(std::shared_ptr<const http::Request> request,
              const std::shared_ptr<http::Responder>& responder) {
    const auto caller = ResolveCaller(*request, deps_.authenticator, options_.single_user);
    if (!caller) return responder->Send(CallerErrorReply(caller.error()));
    const RouteMatch match = MatchRoute(request->method, request->path);
    if (!match.route) return responder->Send(NoRoute(match));
    switch (*match.route) {
      case Route::kListNodes:
        return responder->Send(ListNodes());
      case Route::kListSessions:
        return responder->Send(ListSessions(*caller, ReachableHost(*request, *caller)));
      case Route::kGetSession:
        return responder->Send(GetSession(match.id, *caller, ReachableHost(*request, *caller)));
      case Route::kTerminateSession:
        return Terminate(match.id, *caller, responder);
      case Route::kCreateSession:
      case Route::kExplain: {
        CreateFlow::Deps deps{deps_.registry, deps_.placement, deps_.explain,     options_,
                              sessions_,      waits_,          shared_from_this()};
        const auto goal = *match.route == Route::kExplain ? CreateFlow::Goal::kExplain
                                                          : CreateFlow::Goal::kCreate;
        return std::make_shared<CreateFlow>(goal, std::move(deps), std::move(request), responder,
                                            *caller)
            ->Run();
      }
    }
  }

  void Stop() { waits_.Stop(); }

 private:
  static http::Response NoRoute(const RouteMatch& match) {
    Json body;
    body["detail"] = match.allow.empty() ? "Not Found" : "Method Not Allowed";
    http::Response response = JsonReply(match.allow.empty() ? 404 : 405, body);
    if (!match.allow.empty()) response.headers.emplace_back("Allow", match.allow);
    return response;
  }

  http::Response ListNodes() const {
    Json nodes = Json::array();
    for (const NodeRow& row : CapableWorkers(sessions_.Nodes())) {
      Json node;
      node["name"] = row.name;
      node["gpu"] = row.gpu;
      node["ram_mb"] = row.ram_mb;
      node["cores"] = row.cores;
      node["load"] = row.load;
      nodes.push_back(std::move(node));
    }
    Json body;
    body["nodes"] = std::move(nodes);
    return JsonReply(200, body);
  }

  http::Response ListSessions(const Caller& caller, const std::string& host) const {
    Json list = Json::array();
    for (const Sessions::Found& found : sessions_.ListOf(caller.user)) {
      list.push_back(sessions_.View(found, host));
    }
    Json body;
    body["sessions"] = std::move(list);
    return JsonReply(200, body);
  }

  http::Response GetSession(const std::string& id, const Caller& caller, const std::string& host) {
    const auto found = sessions_.Find(id, caller.user);
    if (!found) {
      const auto stopped = Tombstone(id, caller);
      return stopped ? JsonReply(200, *stopped) : ErrorReply(404, "not_found");
    }
    Json session = sessions_.View(*found, host);
    if (session["status"] == "running" && session["neko_url"].is_string()) {
      session["stream_token"] =
          MintStreamToken(options_.token_key, {id, caller.user, Now() + Seconds(options_.token_ttl),
                                               IdOfUid(NewUid(deps_.registry.random()))});
    }
    return JsonReply(200, session);
  }

  // The record first: a crash in between leaves a session that can be terminated again, never one
  // that vanished without a trace.
  void Terminate(const std::string& id, const Caller& caller,
                 const std::shared_ptr<http::Responder>& responder) {
    const auto found = sessions_.Find(id, caller.user);
    if (!found) {
      const bool known = Tombstone(id, caller).has_value();
      return responder->Send(known ? JsonReply(200, Ok()) : ErrorReply(404, "not_found"));
    }
    Prune();
    auto record =
        TombstoneFor(found->session, sessions_.View(*found, ""), deps_.registry.clock().WallNow());
    deps_.registry.Create(EventKind(), options_.ns, std::move(record), {},
                          [self = shared_from_this(), object = found->object,
                           responder](Result<WriteReply> recorded) {
                            if (!recorded && !recorded.is(Code::kAlreadyExists)) {
                              self->deps_.log.Warning("a terminated session will not stay readable",
                                                      {{"session", object->key.name},
                                                       {"error", recorded.error().ToString()}});
                            }
                            self->Delete(object, responder);
                          });
  }

  void Delete(const store::ObjectPtr& object, const std::shared_ptr<http::Responder>& responder) {
    registry::DeleteOptions options;
    options.uid = object->uid;
    deps_.registry.Delete(
        *deps_.registry.kinds().FindByResource(BrowserSession::kResource), object->key.ns,
        object->key.name, options, [responder](Result<WriteReply> deleted) {
          // Somebody else was faster: terminated all the same.
          const bool gone = deleted || deleted.is(Code::kNotFound) || deleted.is(Code::kConflict);
          responder->Send(gone ? JsonReply(200, Ok()) : WriteErrorReply(deleted.error()));
        });
  }

  void Prune() {
    const WallTime now = deps_.registry.clock().WallNow();
    for (const store::ObjectPtr& old : ExpiredTombstones(deps_.registry.store(), options_.ns, now,
                                                         options_.stopped_readable, kPruneBatch)) {
      registry::DeleteOptions options;
      options.uid = old->uid;
      deps_.registry.Delete(
          EventKind(), old->key.ns, old->key.name, options,
          [](const Result<WriteReply>&) { /* the next termination tries again */ });
    }
  }

  std::optional<Json> Tombstone(const std::string& id, const Caller& caller) const {
    if (UidOfId(id).empty()) return std::nullopt;
    return FindTombstone(deps_.registry.store(), options_.ns, id, caller.user,
                         deps_.registry.clock().WallNow(), options_.stopped_readable);
  }

  const codec::Kind& EventKind() const {
    return *deps_.registry.kinds().FindByResource(ObjectEvent::kResource);
  }

  static std::int64_t Seconds(Duration d) {
    return std::chrono::duration_cast<std::chrono::seconds>(d).count();
  }

  std::int64_t Now() const { return Seconds(deps_.registry.clock().WallNow().time_since_epoch()); }

  const Deps deps_;
  const Options options_;
  const Sessions sessions_;
  ReadyWaits waits_;
};

BrowserApi::BrowserApi(Deps deps, Options options)
    : core_(std::make_shared<Core>(std::move(deps), std::move(options))) {}

BrowserApi::~BrowserApi() { core_->Stop(); }

bool BrowserApi::Serves(std::string_view path) {
  return path == "/api/browser" || path.substr(0, 13) == "/api/browser/";
}

void BrowserApi::Handle(std::shared_ptr<const http::Request> request,
                        std::shared_ptr<http::Responder> responder) {
  core_->Handle(std::move(request), responder);
}

}  // namespace nekoplane::taos
