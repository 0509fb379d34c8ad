#include "reconcilers/node/survey.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "api/codec/json_codec.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::reconcilers::node {

using v1alpha1::BrowserProfile;
using v1alpha1::BrowserSession;

std::vector<HeldSession> SessionsOn(const registry::Client& client, const store::Ledger& ledger,
                                    const std::string& node, Which which) {
  std::set<std::string, std::less<>> holders;
  ledger.ForEachInScope(node, [&](const store::Claim& claim) {
    if (claim.kind == store::kClaimInstance) holders.insert(claim.owner);
  });
  std::vector<HeldSession> sessions;
  // Most of many sessions are elsewhere, and their text shows it without being decoded.
  const std::string mention = '"' + node + '"';
  client.registry()
      .store()
      .List(BrowserSession::kResource)
      ->ForEach("", "", [&](const store::ObjectPtr& object) {
        const bool holds = holders.erase(object->uid) > 0;
        const bool mentioned = which == Which::kPlaced &&
                               std::string_view(object->bytes).find(mention) != std::string::npos;
        if (!holds && !mentioned) return true;
        const auto session = codec::Decode<BrowserSession>(std::string_view(object->bytes));
        if (!holds && (!session || session->status.nodeName != node)) return true;
        sessions.push_back(
            {object->key.ns + "/" + object->key.name, session && session->status.viewers > 0});
        return true;
      });
  for (const auto& uid : holders) sessions.push_back({"uid " + uid, false});
  std::sort(sessions.begin(), sessions.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return sessions;
}

Remains RemainsOn(const Context& ctx, const registry::Client& client,
                  runtime::RuntimeDriver* driver) {
  Remains remains;
  if (driver == nullptr) return remains;
  const auto capabilities = driver->capabilities();
  if (capabilities.list) {
    const auto instances = driver->List(ctx);
    if (!instances) return remains;
    for (const auto& instance : *instances) {
      remains.containers.push_back(runtime::ContainerName(instance.session_uid) + " (of " +
                                   instance.session_namespace + "/" + instance.session_name + ")");
    }
  }
  if (capabilities.list && capabilities.volumes) {
    const auto volumes = driver->ListVolumes(ctx);
    if (!volumes) return {};
    std::map<std::string, std::string> profiles;
    for (const auto& profile : client.List<BrowserProfile>()) {
      profiles[profile.metadata.uid] = profile.metadata.namespace_ + "/" + profile.metadata.name;
    }
    for (const auto& volume : *volumes) {
      const auto owner = profiles.find(volume.profile_uid);
      remains.volumes.push_back(
          volume.name + (owner == profiles.end() ? "" : " (of profile " + owner->second + ")"));
    }
  }
  std::sort(remains.containers.begin(), remains.containers.end());
  std::sort(remains.volumes.begin(), remains.volumes.end());
  remains.known = true;
  return remains;
}

}  // namespace nekoplane::reconcilers::node
