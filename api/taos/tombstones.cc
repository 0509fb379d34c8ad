#include "api/taos/tombstones.h"

#include <utility>

#include "api/registry/meta.h"
#include "api/taos/session_view.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::taos {
namespace {

using nlohmann::json;
using v1alpha1::ObjectEvent;

constexpr char kNamePrefix[] = "browser-stopped-";
constexpr char kAnnotationObject[] = "nekoplane.dev/stopped-session";

std::string NameFor(std::string_view id) { return kNamePrefix + std::string(id); }

bool IsTombstone(const store::Object& object) { return object.key.name.rfind(kNamePrefix, 0) == 0; }

// When the session was terminated; nullopt if it is no tombstone after all.
std::optional<WallTime> StoppedAt(const json& event) {
  const auto it = event.find("lastTimestamp");
  if (it == event.end() || !it->is_string()) return std::nullopt;
  const auto time = ParseTime(it->get<std::string>());
  if (!time) return std::nullopt;
  return *time;
}

}  // namespace

json TombstoneFor(const v1alpha1::BrowserSession& session, const Json& session_object,
                  WallTime now) {
  Json object = session_object;
  object["status"] = "stopped";
  object["neko_url"] = nullptr;  // carries a password
  object["updated_at"] = std::chrono::duration<double>(now.time_since_epoch()).count();
  const std::string time = FormatTime(now);
  return {{"apiVersion", "v1"},
          {"kind", ObjectEvent::kKind},
          {"metadata",
           {{"name", NameFor(IdOfUid(session.metadata.uid))},
            {"namespace", session.metadata.namespace_},
            {"annotations", {{kAnnotationObject, object.dump(-1, ' ', true)}}}}},
          {"involvedObject",
           {{"apiVersion", v1alpha1::kApiVersion},
            {"kind", v1alpha1::BrowserSession::kKind},
            {"namespace", session.metadata.namespace_},
            {"name", session.metadata.name},
            {"uid", session.metadata.uid}}},
          {"reason", "Terminated"},
          {"message", "Terminated by its owner"},
          {"type", "Normal"},
          {"source", {{"component", "taos-wrapper"}}},
          {"firstTimestamp", time},
          {"lastTimestamp", time},
          {"count", 1}};
}

std::optional<Json> FindTombstone(const store::Store& store, const std::string& ns,
                                  std::string_view id, std::string_view user, WallTime now,
                                  Duration keep) {
  const store::ObjectPtr object = store.Get({ObjectEvent::kResource, ns, NameFor(id)});
  if (object == nullptr) return std::nullopt;
  const json event = json::parse(object->bytes, nullptr, false);
  if (!event.is_object()) return std::nullopt;
  const auto stopped = StoppedAt(event);
  if (!stopped || now - *stopped > keep) return std::nullopt;
  const json& metadata = event.at("metadata");
  const json annotations = metadata.value("annotations", json::object());
  const auto text = annotations.find(kAnnotationObject);
  if (text == annotations.end() || !text->is_string()) return std::nullopt;
  Json session = Json::parse(text->get<std::string>(), nullptr, false);
  if (!session.is_object() || session.value("owner_type", Json()) != "user" ||
      session.value("owner_id", Json()) != std::string(user)) {
    return std::nullopt;
  }
  return session;
}

std::vector<store::ObjectPtr> ExpiredTombstones(const store::Store& store, const std::string& ns,
                                                WallTime now, Duration keep, std::size_t limit) {
  std::vector<store::ObjectPtr> out;
  store.List(ObjectEvent::kResource)->ForEach(ns, kNamePrefix, [&](const store::ObjectPtr& object) {
    if (object->key.ns != ns || !IsTombstone(*object) || out.size() >= limit) return false;
    const json event = json::parse(object->bytes, nullptr, false);
    const auto stopped = event.is_object() ? StoppedAt(event) : std::nullopt;
    if (stopped && now - *stopped > keep) out.push_back(object);
    return true;
  });
  return out;
}

}  // namespace nekoplane::taos
