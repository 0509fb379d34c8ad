#include "tests/sim/witness.h"

#include <algorithm>
#include <utility>

#include "api/codec/json_codec.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/session_conditions.h"
#include "reconcilers/common/conditions.h"

namespace nekoplane::sim {
namespace {

using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

constexpr std::string_view kContainerPrefix = "nekoplane-";

}  // namespace

Witness::Witness(World& world, Life& life, const Users& users)
    : world_(world), life_(life), users_(users) {
  for (const auto& [node, engine] : world_.engines) {
    engine->SetWitness(
        [this, node = node, engine = engine.get()](runtime::SimCall call, std::string_view target) {
          See(node, *engine, call, target);
        });
  }
}

Witness::~Witness() {
  for (const auto& [node, engine] : world_.engines) engine->SetWitness({});
}

store::ObjectPtr Witness::Find(const char* resource, std::string_view uid) const {
  store::ObjectPtr found;
  life_.program()->store().List(resource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    if (object->uid == uid) found = object;
    return found == nullptr;
  });
  return found;
}

void Witness::See(const std::string& node, const runtime::SimEngine& engine, runtime::SimCall call,
                  std::string_view target) {
  // Of a dead program's requests the present one knows nothing; what they do is an accident.
  if (std::exchange(world_.arriving_late, false) || life_.program() == nullptr) return;
  const std::string uid(target.substr(std::min(target.size(), kContainerPrefix.size())));
  switch (call) {
    case runtime::SimCall::kCreate:
    case runtime::SimCall::kStart:
      return SeeMaking(node, uid);
    case runtime::SimCall::kStop:
    case runtime::SimCall::kRemove:
      return SeeStopping(node, engine, uid);
    case runtime::SimCall::kVolumeRemove:
      return SeeVolumeRemoval(node, engine, target);
    default:
      return;
  }
}

void Witness::SeeMaking(const std::string& node, const std::string& uid) {
  if (users_.stripped().contains(uid)) return;
  const auto object = Find(BrowserSession::kResource, uid);
  if (object == nullptr) {
    wrong.push_back("S10: a container is made for " + uid + ", which does not exist");
    return;
  }
  if (object->bytes.find(BrowserSession::kFinalizer) == std::string::npos) {
    wrong.push_back("S10: a container is made for " + object->key.name + " before its finalizer");
  }
  const auto claim = life_.program()->store().Claims()->Find(store::kClaimInstance, node, uid);
  if (!claim || claim->owner != uid) {
    wrong.push_back("S10: a container is made for " + object->key.name + " before it is claimed");
  }
}

void Witness::SeeStopping(const std::string& node, const runtime::SimEngine& engine,
                          const std::string& uid) {
  const auto object = Find(BrowserSession::kResource, uid);
  if (object == nullptr) return;
  const auto session = codec::Decode<BrowserSession>(object->bytes);
  if (!session || session->metadata.deleting() || session->status.nodeName != node) return;
  const auto claim = life_.program()->store().Claims()->Find(store::kClaimInstance, node, uid);
  if (world_.fibers.current() == std::string_view("gc") && claim) {
    wrong.push_back("S3: the container of " + object->key.name +
                    " is collected, but the session is there and has its place on " + node);
  }
  for (const auto& container : engine.Containers()) {
    if (container.spec.session_uid != uid) continue;
    if (container.phase != runtime::Observed::Phase::kRunning) return;
  }
  if (reconcilers::IsTrue(session->status.conditions, v1alpha1::session::kReady)) {
    wrong.push_back("S10: the container of " + object->key.name +
                    " is stopped, and the session says that it is Ready");
  }
}

// Whether the profile's last word about its data was that it goes with it.
bool Witness::MayGo(const std::string& profile_uid) const {
  const auto& entries = world_.events.entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (entry->object != nullptr && entry->object->uid == profile_uid) {
      return entry->object->bytes.find(R"("retentionPolicy":"Delete")") != std::string::npos;
    }
  }
  return true;
}

// A session that left a lost machine has another private profile by now.
bool Witness::HasAnother(const store::ObjectPtr& owner, const std::string& node,
                         std::string_view volume) const {
  const auto session = codec::Decode<BrowserSession>(owner->bytes);
  return session && world_.ever_lost.contains(node) && session->status.nodeName != node &&
         session->status.volume == volume;
}

// Its machine leaves for good, and it may start elsewhere with an empty profile.
bool Witness::LeavesForGood(const store::ObjectPtr& owner, const std::string& node) const {
  const auto machine = life_.program()->store().Get({v1alpha1::BrowserNode::kResource, "", node});
  const auto session = codec::Decode<BrowserSession>(owner->bytes);
  return session && session->status.nodeName == node && session->spec.nodeName != node &&
         session->spec.nodeLossPolicy != v1alpha1::NodeLossPolicy::kWait && machine != nullptr &&
         machine->bytes.find("\"deletionTimestamp\"") != std::string::npos;
}

void Witness::SeeVolumeRemoval(const std::string& node, const runtime::SimEngine& engine,
                               std::string_view name) {
  for (const auto& volume : engine.Volumes()) {
    if (volume.name != name) continue;
    const bool shared = !volume.profile_uid.empty();
    const auto owner = shared ? Find(BrowserProfile::kResource, volume.profile_uid)
                              : Find(BrowserSession::kResource, volume.session_uid);
    const bool going =
        owner == nullptr || owner->bytes.find("\"deletionTimestamp\"") != std::string::npos;
    if (!shared && owner != nullptr &&
        (HasAnother(owner, node, name) || LeavesForGood(owner, node))) {
      continue;
    }
    if (going && (!shared || MayGo(volume.profile_uid))) continue;
    if (going) {
      wrong.push_back("S8: volume " + volume.name + " is removed, but was to be retained");
      continue;
    }
    wrong.push_back("S8: volume " + volume.name + " is removed, but " + owner->key.name +
                    " is there");
  }
}

}  // namespace nekoplane::sim
