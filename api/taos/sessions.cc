#include "api/taos/sessions.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/codec/json_codec.h"
#include "api/registry/base64.h"
#include "api/taos/neko_url.h"
#include "api/taos/session_view.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::taos {
namespace {

using v1alpha1::BrowserNode;
using v1alpha1::BrowserSession;
using v1alpha1::Secret;

// What the session reconciler calls the Secret of a session, and the key of the viewers' password.
constexpr char kSecretPrefix[] = "bs-";
constexpr char kUserPassword[] = "user-password";

template <class T>
std::optional<T> Load(const store::Store& store, const std::string& ns, const std::string& name) {
  const store::ObjectPtr object = store.Get({T::kResource, ns, name});
  if (object == nullptr) return std::nullopt;
  auto decoded = codec::Decode<T>(std::string_view(object->bytes));
  if (!decoded) return std::nullopt;
  return *std::move(decoded);
}

bool IsOwnedBy(const BrowserSession& session, std::string_view user) {
  return session.spec.owner && session.spec.owner->kind == v1alpha1::OwnerKind::kUser &&
         session.spec.owner->name == user;
}

}  // namespace

std::string ReachableHost(const http::Request& request, const Caller& caller) {
  if (!caller.trusted_host) return "";
  return ForwardedHost(request).value_or("");
}

std::optional<Sessions::Found> Sessions::Open(store::ObjectPtr object) {
  const auto json = nlohmann::json::parse(object->bytes, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  auto session = codec::Decode<BrowserSession>(json);
  if (!session) return std::nullopt;
  const auto spec = json.find("spec");
  const bool url_given = spec != json.end() && spec->is_object() && spec->contains("url");
  return Found{std::move(object), *std::move(session), url_given};
}

std::optional<Sessions::Found> Sessions::Find(std::string_view id, std::string_view user) const {
  const std::string uid = UidOfId(id);
  if (uid.empty()) return std::nullopt;
  store::ObjectPtr match;
  store_.List(BrowserSession::kResource)->ForEach(ns_, "", [&](const store::ObjectPtr& object) {
    if (object->key.ns != ns_) return false;
    if (object->uid == uid) match = object;
    return match == nullptr;
  });
  if (match == nullptr) return std::nullopt;
  auto found = Open(match);
  if (!found || !IsOwnedBy(found->session, user)) return std::nullopt;
  return found;
}

std::vector<Sessions::Found> Sessions::ListOf(std::string_view user) const {
  std::vector<Found> out;
  store_.List(BrowserSession::kResource)->ForEach(ns_, "", [&](const store::ObjectPtr& object) {
    if (object->key.ns != ns_) return false;
    auto found = Open(object);
    if (found && IsOwnedBy(found->session, user) && !found->session.metadata.deleting()) {
      out.push_back(*std::move(found));
    }
    return true;
  });
  std::stable_sort(out.begin(), out.end(), [](const Found& a, const Found& b) {
    return CreatedAt(a.session) > CreatedAt(b.session);
  });
  return out;
}

Json Sessions::View(const Found& found, const std::string& reachable_host) const {
  return SessionObject(found.session, found.url_given, NekoUrlOf(found.session, reachable_host));
}

std::vector<BrowserNode> Sessions::Nodes() const {
  std::vector<BrowserNode> nodes;
  store_.List(BrowserNode::kResource)->ForEach("", "", [&](const store::ObjectPtr& object) {
    if (auto node = codec::Decode<BrowserNode>(std::string_view(object->bytes))) {
      nodes.push_back(*std::move(node));
    }
    return true;
  });
  return nodes;
}

std::string Sessions::NekoUrlOf(const BrowserSession& session,
                                const std::string& reachable_host) const {
  const auto& status = session.status;
  if (StatusWord(session) != "running" || !status.ports || status.ports->http <= 0) return "";
  const auto secret = Load<Secret>(store_, ns_, kSecretPrefix + session.metadata.uid);
  if (!secret) return "";
  const auto encoded = secret->data.find(kUserPassword);
  if (encoded == secret->data.end()) return "";
  const auto password = registry::Base64Decode(encoded->second);
  if (!password || password->empty()) return "";
  std::string host;
  // Workers are reached at their own address, whatever name this machine was called by.
  if (status.nodeName == BrowserNode::kHost) host = reachable_host;
  if (host.empty()) {
    const auto node = Load<BrowserNode>(store_, "", status.nodeName);
    if (!node || node->spec.address.empty()) return "";
    host = UrlHost(node->spec.address);
  }
  return NekoUrl(host, status.ports->http, *password);
}

}  // namespace nekoplane::taos
