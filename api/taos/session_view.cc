#include "api/taos/session_view.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <nlohmann/json.hpp>

#include "api/base/clock.h"
#include "api/v1alpha1/session_conditions.h"

namespace nekoplane::taos {
namespace {

using nlohmann::ordered_json;
using v1alpha1::BrowserSession;
using v1alpha1::Condition;

constexpr char kStalled[] = "Stalled";  // kstatus: cannot go on by itself

// Reasons that only a person, or another object, can remove.
constexpr std::array<std::string_view, 4> kStuckReasons{
    v1alpha1::session::kReasonInvalidSpec, v1alpha1::session::kReasonClassNotFound,
    v1alpha1::session::kReasonNoCapableNode, v1alpha1::session::kReasonProfileNotFound};

bool IsTrue(const BrowserSession& session, std::string_view type) {
  return std::any_of(session.status.conditions.begin(), session.status.conditions.end(),
                     [&](const Condition& c) { return c.type == type && c.is_true(); });
}

bool IsStuck(const BrowserSession& session) {
  return std::any_of(
      session.status.conditions.begin(), session.status.conditions.end(), [](const Condition& c) {
        return c.status == "False" && std::find(kStuckReasons.begin(), kStuckReasons.end(),
                                                c.reason) != kStuckReasons.end();
      });
}

// Unix seconds; 0 if it is no time.
double Seconds(const std::string& text) {
  if (text.empty()) return 0;
  const auto time = ParseTime(text);
  if (!time) return 0;
  return std::chrono::duration<double>(time->time_since_epoch()).count();
}

double UpdatedAt(const BrowserSession& session) {
  double latest = CreatedAt(session);
  for (const Condition& condition : session.status.conditions) {
    latest = std::max(latest, Seconds(condition.lastTransitionTime));
  }
  return std::max(latest, Seconds(session.metadata.deletionTimestamp));
}

ordered_json OrNull(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json(text);
}

// "docker://host/3f2a" -> "3f2a".
std::string ContainerId(const BrowserSession& session) {
  if (!session.status.instance) return "";
  const std::string& id = session.status.instance->id;
  return id.substr(id.rfind('/') + 1);
}

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string_view StatusWord(const BrowserSession& session) {
  if (session.metadata.deleting()) return "stopped";
  if (IsTrue(session, v1alpha1::session::kSuspended)) return "idle";
  if (IsTrue(session, v1alpha1::session::kReady)) return "running";
  if (IsTrue(session, kStalled) || IsStuck(session)) return "error";
  return "pending";
}

std::string IdOfUid(std::string_view uid) {
  std::string id;
  std::copy_if(uid.begin(), uid.end(), std::back_inserter(id), [](char c) { return c != '-'; });
  return id;
}

std::string UidOfId(std::string_view id) {
  if (id.size() != 32 || !std::all_of(id.begin(), id.end(), IsHex)) return "";
  std::string uid(id);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) uid.insert(at, "-");
  return uid;
}

double CreatedAt(const BrowserSession& session) {
  const auto exact = session.metadata.annotations.find(kAnnotationRequestedAt);
  if (exact != session.metadata.annotations.end()) {
    if (const double seconds = Seconds(exact->second); seconds > 0) return seconds;
  }
  return Seconds(session.metadata.creationTimestamp);
}

ordered_json SessionObject(const BrowserSession& session, bool url_given,
                           std::string_view neko_url) {
  const v1alpha1::BrowserSessionSpec& spec = session.spec;
  const bool agent = spec.owner && spec.owner->kind == v1alpha1::OwnerKind::kAgent;
  const double active = Seconds(session.status.lastActivityTime);
  ordered_json object;
  object["id"] = IdOfUid(session.metadata.uid);
  object["owner_type"] = agent ? "agent" : "user";
  object["owner_id"] = spec.owner ? spec.owner->name : "";
  object["profile_name"] = spec.profileRef ? spec.profileRef->name : "default";
  object["url"] = url_given ? ordered_json(spec.url) : ordered_json();
  object["node"] = OrNull(session.status.nodeName);
  object["status"] = StatusWord(session);
  object["container_id"] = OrNull(ContainerId(session));
  object["neko_url"] = OrNull(std::string(neko_url));
  object["cdp_url"] = OrNull(session.status.endpoints ? session.status.endpoints->cdp : "");
  object["is_mobile"] = spec.device == v1alpha1::Device::kMobile;
  object["created_at"] = CreatedAt(session);
  object["updated_at"] = UpdatedAt(session);
  object["last_active"] = active > 0 ? active : CreatedAt(session);
  return object;
}

std::string OwnerLabel(std::string_view user) {
  std::string value(user.substr(0, 63));
  for (char& c : value) {
    const bool ok = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.';
    if (!ok) c = '_';
  }
  // The edges must be letters or digits.
  const auto edge = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; };
  while (!value.empty() && edge(value.back())) value.pop_back();
  value.erase(value.begin(), std::find_if_not(value.begin(), value.end(), edge));
  return value;
}

std::string OwnerAnnotation(std::string_view user) { return "User/" + std::string(user); }

}  // namespace nekoplane::taos
