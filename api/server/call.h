// One request on its way through the server, and what all handlers share. Internal to api/server.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/server/api_server.h"
#include "api/server/discovery.h"
#include "api/server/frame_cache.h"
#include "api/server/negotiation.h"
#include "api/server/openapi.h"
#include "api/server/response.h"
#include "api/server/router.h"
#include "api/server/table.h"
#include "api/server/watch_set.h"

namespace nekoplane::server {

// What lives as long as the server. Constant after construction, but for frames, watches and
// stopping.
struct Core {
  explicit Core(Deps d);

  // The kind behind a route, or nullptr.
  const codec::Kind* FindResource(const Route& route) const;

  const TableWriter& table(const codec::Kind& kind) const { return tables.at(&kind); }

  Deps deps;
  // Service exists for `kubectl cluster-info`, which lists it; there are none.
  codec::Kind service;
  std::map<const codec::Kind*, TableWriter> tables;  // looked up only, never iterated
  Discovery discovery;
  OpenApi openapi;
  FrameCache frames;
  WatchSet watches;
  std::atomic<bool> stopping = false;
};

class Call {
 public:
  Call(std::shared_ptr<Core> core, std::shared_ptr<const http::Request> request,
       std::shared_ptr<http::Responder> responder);

  Core& core() const { return *core_; }

  std::weak_ptr<Core> weak_core() const { return core_; }

  const http::Request& request() const { return *request_; }

  Subject subject() const;

  // Headers that every answer carries: Audit-ID, Cache-Control unless it is set already.
  void AddHeaders(http::Headers& headers) const;

  // Exactly one of these, once.
  void Send(http::Response response);
  void Fail(const Status& status);
  // The object in the representation that was negotiated.
  void SendObject(int code, const store::Object& object,
                  const std::vector<std::string>& warnings = {});
  std::shared_ptr<http::Stream> StartStream(http::Headers headers);

  // Runs a step of the answer. An exception, which only third-party code can throw, becomes a 500
  // (if nothing was sent yet) instead of the end of the thread that came back with the result.
  void Guard(const std::function<void()>& step);

  Route route;
  User user;
  const codec::Kind* kind = nullptr;  // of Target::kResource, reviews excepted
  Representation how;
  // Who is meant when the request itself does not say: the name in a posted body.
  std::string body_name;

 private:
  void Report(int code);

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<const http::Request> request_;
  const std::shared_ptr<http::Responder> responder_;
  const MonoTime started_;
  std::string audit_id_;
  bool answered_ = false;  // steps of one call never overlap
};

using CallPtr = std::shared_ptr<Call>;

// The handlers, one file each. Each answers the call, now or later.
void HandleGet(const CallPtr& call);
void HandleList(const CallPtr& call);
void HandleWatch(const CallPtr& call);
void HandleCreate(const CallPtr& call);
void HandleUpdate(const CallPtr& call);
void HandlePatch(const CallPtr& call);
void HandleDelete(const CallPtr& call);
void HandleDeleteCollection(const CallPtr& call);
void HandleReview(const CallPtr& call);
void HandleHealth(const CallPtr& call);
void HandleVersion(const CallPtr& call);
void HandleDiscovery(const CallPtr& call);
void HandleOpenApi(const CallPtr& call);

// Answers a finished write: the object with `code`, or the error.
void AnswerWrite(Call& call, int code, const Result<registry::WriteReply>& reply);

}  // namespace nekoplane::server
