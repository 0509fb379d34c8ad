#include "controller/cmd/nekoplane/operations.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "api/server/errors.h"
#include "api/server/response.h"

namespace nekoplane {

using nlohmann::json;
using v1alpha1::BrowserSession;

namespace {

constexpr char kPrefix[] = "/apis/nekoplane.dev/v1alpha1/";
constexpr char kSessions[] = "/browsersessions/";
constexpr Duration kEngineTimeout = std::chrono::seconds(30);
constexpr int kDefaultTail = 200, kMostLines = 100000;

struct Parsed {
  std::string what;  // log, why, gc; "" = not ours
  std::string ns, name;
};

Parsed Parse(std::string_view path) {
  if (!path.starts_with(kPrefix)) return {};
  path.remove_prefix(sizeof(kPrefix) - 1);
  if (path == "gc") return {"gc", "", ""};
  constexpr std::string_view kNamespaces = "namespaces/";
  if (!path.starts_with(kNamespaces)) return {};
  path.remove_prefix(kNamespaces.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view ns = path.substr(0, slash), rest = path.substr(slash);
  if (!rest.starts_with(kSessions)) return {};
  const std::string_view tail = rest.substr(sizeof(kSessions) - 1);
  const std::size_t end = tail.find('/');
  if (end == std::string_view::npos) return {};
  const std::string_view what = tail.substr(end + 1);
  if (what != "log" && what != "why") return {};
  return {std::string(what), std::string(ns), std::string(tail.substr(0, end))};
}

void Fail(const std::shared_ptr<http::Responder>& responder, const Status& status,
          const Parsed& parsed) {
  responder->Send(server::ErrorResponse(status,
                                        {.group = v1alpha1::kGroup,
                                         .resource = "browsersessions",
                                         .kind = BrowserSession::kKind,
                                         .name = parsed.name},
                                        {}));
}

}  // namespace

bool Operations::Handle(const std::shared_ptr<const http::Request>& request,
                        const std::shared_ptr<http::Responder>& responder) {
  const Parsed parsed = Parse(request->path);
  if (parsed.what.empty()) return false;
  const bool gc = parsed.what == "gc";
  const auto user = deps_.access.authenticate(*request);
  if (!user) {
    Fail(responder, user.error(), parsed);
    return true;
  }
  const server::Attributes attributes{.verb = gc ? "create" : "get",
                                      .group = v1alpha1::kGroup,
                                      .resource = gc ? "gc" : "browsersessions",
                                      .subresource = gc ? "" : parsed.what,
                                      .ns = parsed.ns,
                                      .name = parsed.name,
                                      .path = ""};
  if (const auto allowed = deps_.access.authorize(*user, attributes); !allowed) {
    Fail(responder, server::ForbiddenError(*user, attributes, allowed.error().message), parsed);
    return true;
  }
  if (request->method != (gc ? "POST" : "GET")) {
    Fail(responder, server::MethodNotAllowedError(), parsed);
    return true;
  }
  if (gc) {
    Gc(*request, responder);
    return true;
  }
  const auto session = deps_.client.Get<BrowserSession>(parsed.ns, parsed.name);
  if (!session) {
    Fail(responder, session.error(), parsed);
  } else if (parsed.what == "log") {
    Log(*session, *request, responder);
  } else {
    Why(*session, responder);
  }
  return true;
}

void Operations::Log(const BrowserSession& session, const http::Request& request,
                     const std::shared_ptr<http::Responder>& responder) {
  int tail = kDefaultTail;
  if (const std::string* wanted = request.param("tailLines")) {
    const auto [end, error] =
        std::from_chars(wanted->data(), wanted->data() + wanted->size(), tail);
    if (error != std::errc() || end != wanted->data() + wanted->size() || tail < 1 ||
        tail > kMostLines) {
      Fail(responder,
           server::BadRequest("tailLines takes a number from 1 to " + std::to_string(kMostLines)),
           {"log", session.metadata.namespace_, session.metadata.name});
      return;
    }
  }
  const std::string node = session.status.nodeName;
  const auto driver = deps_.drivers.ForNode(node);
  if (driver == nullptr) {
    Fail(responder,
         MakeStatus(Code::kUnavailable, "NotStarted",
                    session.metadata.name + " has no container yet, so no log"),
         {"log", session.metadata.namespace_, session.metadata.name});
    return;
  }
  deps_.background.Run([this, driver, tail, responder, uid = session.metadata.uid,
                        name = session.metadata.name](const Context& ctx) {
    const auto text = driver->Logs(ctx.WithTimeout(deps_.clock, kEngineTimeout), uid, tail);
    if (!text) {
      Fail(responder, text.error(), {"log", "", name});
    } else {
      responder->Send(server::TextResponse(200, *text));
    }
  });
}

void Operations::Why(const BrowserSession& session,
                     const std::shared_ptr<http::Responder>& responder) {
  const auto explanation = deps_.explain(session);
  if (!explanation) {
    Fail(responder, explanation.error(),
         {"why", session.metadata.namespace_, session.metadata.name});
    return;
  }
  responder->Send(server::JsonResponse(200, explanation->dump(), {}));
}

void Operations::Gc(const http::Request& request,
                    const std::shared_ptr<http::Responder>& responder) {
  const std::string* dry = request.param("dryRun");
  const bool dry_run = dry != nullptr && *dry == "All";
  deps_.background.Run([this, dry_run, responder](const Context& ctx) {
    const auto items = deps_.collect(ctx.WithTimeout(deps_.clock, kEngineTimeout), dry_run);
    if (!items) {
      Fail(responder, items.error(), {"gc", "", ""});
      return;
    }
    json list = json::array();
    for (const GcItem& item : *items) {
      list.push_back(
          {{"node", item.node}, {"kind", item.kind}, {"name", item.name}, {"reason", item.reason}});
    }
    responder->Send(server::JsonResponse(
        200,
        json{{"kind", "GarbageList"}, {"apiVersion", v1alpha1::kApiVersion}, {"items", list}}
            .dump(),
        {}));
  });
}

}  // namespace nekoplane
