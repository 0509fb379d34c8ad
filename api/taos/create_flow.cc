#include "api/taos/create_flow.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "api/codec/json_codec.h"
#include "api/taos/nodes_view.h"
#include "api/taos/replies.h"
#include "api/taos/session_view.h"
#include "api/v1alpha1/browser_profile.h"

namespace nekoplane::taos {
namespace {

using registry::WriteOptions;
using registry::WriteReply;
using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

const codec::Kind& KindOf(const registry::Registry& registry, const char* resource) {
  const codec::Kind* kind = registry.kinds().FindByResource(resource);
  NEKO_CHECK(kind != nullptr);  // the table is built in
  return *kind;
}

// taOS's body, byte for byte; the scheduler's sentence goes beside it, for people with `curl -i`.
http::Response NoPlace(int status, std::string_view error, std::string_view why) {
  http::Response response = ErrorReply(status, error);
  if (!why.empty()) response.headers.emplace_back(kReasonHeader, HeaderText(why));
  return response;
}

}  // namespace

void CreateFlow::Run() {
  auto parsed = ParseCreateRequest(*request_);
  if (auto* errors = std::get_if<std::vector<ValidationError>>(&parsed)) {
    return Reply(ValidationReply(*errors));
  }
  wanted_ = std::get<CreateRequest>(std::move(parsed));
  session_ = SessionFor(wanted_, caller_.user, deps_.options.ns,
                        FormatMicroTime(deps_.registry.clock().WallNow()), deps_.options.idle);
  body_ = codec::Encode(session_);
  // Encoding leaves out what is empty; an empty URL was asked for and is shown as such.
  body_["spec"]["url"] = wanted_.url;
  CheckObject();
}

void CreateFlow::CheckObject() {
  WriteOptions dry_run;
  dry_run.dry_run = true;
  deps_.registry.Create(KindOf(deps_.registry, BrowserSession::kResource), deps_.options.ns, body_,
                        dry_run, [self = shared_from_this()](Result<WriteReply> checked) {
                          if (!checked) return self->Reply(WriteErrorReply(checked.error()));
                          self->CheckNode();
                        });
}

void CreateFlow::CheckNode() {
  if (!wanted_.node.empty()) {
    // As taOS: only the workers it lists may be named, never the host.
    const auto rows = CapableWorkers(deps_.sessions.Nodes());
    const bool known = std::any_of(rows.begin(), rows.end(),
                                   [&](const NodeRow& row) { return row.name == wanted_.node; });
    if (!known) {
      return Reply(NoPlace(409, "no_capable_node", wanted_.node + " is no capable worker"));
    }
  }
  if (goal_ == Goal::kExplain) return Explain();
  CheckPlacement();
}

void CreateFlow::Explain() {
  const codec::Kind& kind = KindOf(deps_.registry, BrowserProfile::kResource);
  // Where somebody else's profile lies is not the caller's business.
  if (const auto stored = wanted_.profile.empty()
                              ? Result<store::ObjectPtr>(store::ObjectPtr())
                              : deps_.registry.Get(kind, deps_.options.ns, wanted_.profile);
      stored && *stored != nullptr && !MayUse(**stored)) {
    return;
  }
  const auto explanation = deps_.explain(session_);
  if (!explanation) return Reply(WriteErrorReply(explanation.error()));
  Reply(JsonReply(200, *explanation));
}

void CreateFlow::CheckPlacement() {
  const PlacementAnswer answer = deps_.placement(session_);
  switch (answer.outcome) {
    case PlacementAnswer::Outcome::kNoCapableNode:
      return Reply(NoPlace(409, "no_capable_node", answer.message));
    case PlacementAnswer::Outcome::kNoCapacity: {
      http::Response response = NoPlace(429, "no_capacity", answer.message);
      response.headers.emplace_back("Retry-After",
                                    std::to_string(deps_.options.retry_after.count()));
      return Reply(std::move(response));
    }
    case PlacementAnswer::Outcome::kCapableAndRoom:
      return EnsureProfile();
  }
}

void CreateFlow::EnsureProfile() {
  if (wanted_.profile.empty()) return Store();
  const codec::Kind& kind = KindOf(deps_.registry, BrowserProfile::kResource);
  if (const auto stored = deps_.registry.Get(kind, deps_.options.ns, wanted_.profile)) {
    if (MayUse(**stored)) Store();
    return;
  }
  BrowserProfile profile;
  profile.metadata.name = wanted_.profile;
  profile.metadata.namespace_ = deps_.options.ns;
  profile.metadata.annotations = {{kAnnotationOwner, OwnerAnnotation(caller_.user)}};
  profile.metadata.labels = {{kLabelOwner, OwnerLabel(caller_.user)}, {kLabelCreatedBy, "taos"}};
  profile.spec.retentionPolicy = v1alpha1::RetentionPolicy::kRetain;
  deps_.registry.Create(kind, deps_.options.ns, codec::Encode(profile), {},
                        [self = shared_from_this()](Result<WriteReply> created) {
                          if (created) return self->Store();
                          // Somebody made it just now: then it matters whose it is.
                          if (created.is(Code::kAlreadyExists)) return self->EnsureProfile();
                          self->Reply(WriteErrorReply(created.error()));
                        });
}

bool CreateFlow::MayUse(const store::Object& profile) {
  const auto decoded = codec::Decode<BrowserProfile>(std::string_view(profile.bytes));
  if (!decoded) {
    Reply(WriteErrorReply(decoded.error()));
    return false;
  }
  const auto owner = decoded->metadata.annotations.find(kAnnotationOwner);
  if (owner == decoded->metadata.annotations.end() ||
      owner->second != OwnerAnnotation(caller_.user)) {
    Reply(ErrorReply(409, "profile_not_owned",
                     "the profile \"" + profile.key.name +
                         "\" belongs to somebody else; choose another name, or let an operator "
                         "annotate it with " +
                         std::string(kAnnotationOwner) + "=" + OwnerAnnotation(caller_.user)));
    return false;
  }
  if (decoded->metadata.deleting()) {
    Reply(ErrorReply(409, "profile_deleting",
                     "the profile \"" + profile.key.name + "\" is being deleted"));
    return false;
  }
  return true;
}

void CreateFlow::Store() {
  deps_.registry.Create(KindOf(deps_.registry, BrowserSession::kResource), deps_.options.ns, body_,
                        {}, [self = shared_from_this()](Result<WriteReply> created) {
                          if (!created) return self->Reply(WriteErrorReply(created.error()));
                          self->Wait(created->object);
                        });
}

void CreateFlow::Wait(const store::ObjectPtr& created) {
  deps_.waits.Wait(created, deps_.options.ready_wait,
                   [self = shared_from_this(), created](store::ObjectPtr latest) {
                     // Gone already: what was created is still the truth about this request.
                     self->Answer(latest != nullptr ? latest : created);
                   });
}

void CreateFlow::Answer(const store::ObjectPtr& session) {
  const auto found = Sessions::Open(session);
  if (!found) return Reply(ErrorReply(500, "failed to create browser session"));
  Reply(JsonReply(201, deps_.sessions.View(*found, ReachableHost(*request_, caller_))));
}

}  // namespace nekoplane::taos
