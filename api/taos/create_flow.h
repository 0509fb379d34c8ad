// POST /api/browser/sessions, from body to answer, without a thread that waits: check, ask for a
// place, make sure of the profile, store, wait a moment for a fast start.
//
// Nothing is stored before the body, the object and the placement were found good.
//
// POST /api/browser/nodes/explain goes the same way as far as the placement, and then tells how
// that was decided; it stores nothing.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "api/http/message.h"
#include "api/registry/registry.h"
#include "api/taos/browser_api.h"
#include "api/taos/callers.h"
#include "api/taos/create_request.h"
#include "api/taos/ready_waits.h"
#include "api/taos/sessions.h"

namespace nekoplane::taos {

class CreateFlow : public std::enable_shared_from_this<CreateFlow> {
 public:
  enum class Goal { kCreate, kExplain };

  struct Deps {
    registry::Registry& registry;
    const PlacementCheck& placement;
    const PlacementExplain& explain;
    const Options& options;
    const Sessions& sessions;
    ReadyWaits& waits;
    std::shared_ptr<void> keep_alive;  // owns whatever the references above point to
  };

  CreateFlow(Goal goal, Deps deps, std::shared_ptr<const http::Request> request,
             std::shared_ptr<http::Responder> responder, Caller caller)
      : goal_(goal),
        deps_(std::move(deps)),
        request_(std::move(request)),
        responder_(std::move(responder)),
        caller_(std::move(caller)) {}

  void Run();

 private:
  void CheckObject();
  void CheckNode();
  void CheckPlacement();
  void Explain();
  void EnsureProfile();
  // True if the profile is the caller's to use; otherwise the answer was sent.
  bool MayUse(const store::Object& profile);
  void Store();
  void Wait(const store::ObjectPtr& created);
  void Answer(const store::ObjectPtr& session);

  void Reply(http::Response response) { responder_->Send(std::move(response)); }

  const Goal goal_;
  const Deps deps_;
  const std::shared_ptr<const http::Request> request_;
  const std::shared_ptr<http::Responder> responder_;
  const Caller caller_;
  CreateRequest wanted_;
  v1alpha1::BrowserSession session_;
  nlohmann::json body_;
};

}  // namespace nekoplane::taos
