// What nekoctl asks beyond the Kubernetes verbs: a session's log, why it is placed as it is, and
// garbage collection on demand. Part of the HTTPS API, with its authentication and authorisation:
//   GET  /apis/nekoplane.dev/v1alpha1/namespaces/NS/browsersessions/NAME/log[?tailLines=N]   text
//   GET  /apis/nekoplane.dev/v1alpha1/namespaces/NS/browsersessions/NAME/why                 JSON
//   POST /apis/nekoplane.dev/v1alpha1/gc[?dryRun=All]                                        JSON
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "api/http/message.h"
#include "api/registry/client.h"
#include "api/server/access.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/common/background_runner.h"

namespace nekoplane {

// One thing that the garbage collector removed, or would.
struct GcItem {
  std::string node, kind, name, reason;
};

struct OperationsDeps {
  registry::Client& client;
  const runtime::DriverSet& drivers;
  const Clock& clock;
  reconcilers::BackgroundRunner& background;  // engine calls must not block a server thread
  server::Access access;
  // How a session would be placed if it were new: a PlacementExplanation.
  std::function<Result<nlohmann::ordered_json>(const v1alpha1::BrowserSession&)> explain;
  std::function<Result<std::vector<GcItem>>(const Context&, bool dry_run)> collect;
};

// Thread safety: any thread may call. Never blocks.
class Operations {
 public:
  explicit Operations(OperationsDeps deps) : deps_(std::move(deps)) {}

  // True if the request is one of ours; it is then answered, now or later.
  bool Handle(const std::shared_ptr<const http::Request>& request,
              const std::shared_ptr<http::Responder>& responder);

 private:
  void Log(const v1alpha1::BrowserSession& session, const http::Request& request,
           const std::shared_ptr<http::Responder>& responder);
  void Why(const v1alpha1::BrowserSession& session,
           const std::shared_ptr<http::Responder>& responder);
  void Gc(const http::Request& request, const std::shared_ptr<http::Responder>& responder);

  OperationsDeps deps_;
};

}  // namespace nekoplane
