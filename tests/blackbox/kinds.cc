#include "tests/blackbox/kinds.h"

#include <functional>

namespace nekoplane::blackbox {
namespace {

using nlohmann::json;

constexpr char kCore[] = "/api/v1";
constexpr char kOurs[] = "/apis/nekoplane.dev/v1alpha1";
constexpr std::size_t kMarkSize = 8;

std::string TextAt(const json& object, const json::json_pointer& pointer) {
  if (!object.contains(pointer) || !object.at(pointer).is_string()) return "";
  return object.at(pointer).get<std::string>();
}

}  // namespace

const std::vector<Kind>& Kinds() {
  // Eight letters and digits are valid base64 as they are.
  static const std::vector<Kind> kKinds = {
      {"secrets", kCore, true, "/data/mark", "", R"({"apiVersion":"v1","kind":"Secret"})", false},
      {"browserclasses", kOurs, false, "/spec/profilePath", "/home/",
       R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserClass",
           "spec":{"variants":[{"name":"any","image":"example.org/neko:1"}]}})",
       false},
      {"browserprofiles", kOurs, true, "/metadata/labels/mark", "",
       R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserProfile"})", true},
      {"browsersessions", kOurs, true, "/spec/url", "https://example.org/",
       R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserSession"})", false},
      {"namespaces", kCore, false, "/metadata/labels/mark", "",
       R"({"apiVersion":"v1","kind":"Namespace"})", false},
      {"events", kCore, true, "", "", "", false},
      {"browsernodes", kOurs, false, "", "", "", false},
      {"leases", "/apis/coordination.k8s.io/v1", true, "", "", "", false},
  };
  return kKinds;
}

std::vector<const Kind*> WrittenKinds() {
  std::vector<const Kind*> out;
  for (const Kind& kind : Kinds()) {
    if (*kind.twin != '\0') out.push_back(&kind);
  }
  return out;
}

std::string WatchPath(const Kind& kind) { return std::string(kind.group) + "/" + kind.resource; }

std::string CollectionPath(const Kind& kind) {
  return std::string(kind.group) + (kind.namespaced ? "/namespaces/default/" : "/") + kind.resource;
}

std::string ObjectPath(const Kind& kind, std::string_view name) {
  return CollectionPath(kind) + "/" + std::string(name);
}

std::string KeyOf(const Kind& kind, std::string_view name) {
  return std::string(kind.resource) + (kind.namespaced ? "/default/" : "//") + std::string(name);
}

json NewObject(const Kind& kind, const std::string& name, const std::string& mark) {
  json object = json::parse(kind.form);
  object["metadata"]["name"] = name;
  SetMark(kind, object, mark);
  return object;
}

void SetMark(const Kind& kind, json& object, const std::string& mark) {
  object["metadata"]["annotations"]["mark"] = mark;
  object[json::json_pointer(kind.twin)] = kind.twin_prefix + mark;
}

State StateOf(const Kind& kind, const json& object) {
  const json& metadata = object.at("metadata");
  State state;
  state.key = std::string(kind.resource) + "/" + metadata.value("namespace", "") + "/" +
              metadata.value("name", "");
  state.uid = metadata.value("uid", "");
  state.version = std::stoull(metadata.value("resourceVersion", "0"));
  state.digest = std::hash<std::string>()(object.dump());
  state.deleting = metadata.contains("deletionTimestamp");
  if (*kind.twin == '\0' || !IsOurs(state.key)) return state;
  state.mark = TextAt(object, json::json_pointer("/metadata/annotations/mark"));
  const std::string twin = TextAt(object, json::json_pointer(kind.twin));
  state.twin = twin.size() > kMarkSize ? twin.substr(twin.size() - kMarkSize) : twin;
  const auto size = "/status/sizeBytes"_json_pointer;
  if (kind.has_status && object.contains(size))
    state.status_mark = std::to_string(object.at(size).get<std::uint64_t>());
  return state;
}

}  // namespace nekoplane::blackbox
