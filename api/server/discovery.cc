#include "api/server/discovery.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/call.h"
#include "api/server/errors.h"
#include "api/server/negotiation.h"
#include "api/server/reviews.h"

namespace nekoplane::server {
namespace {

using Json = nlohmann::ordered_json;

struct Resource {
  std::string plural, singular, kind;
  bool namespaced = true;
  bool status = false;
  std::vector<std::string> short_names, categories, verbs;
};

struct GroupVersion {
  std::string version;
  std::vector<Resource> resources;
};

struct Group {
  std::string name;
  std::vector<GroupVersion> versions;
};

const std::vector<std::string>& StatusVerbs() {
  static const std::vector<std::string> verbs = {"get", "patch", "update"};
  return verbs;
}

GroupVersion& VersionOf(std::vector<Group>& groups, const std::string& group,
                        const std::string& version) {
  auto g =
      std::find_if(groups.begin(), groups.end(), [&](const Group& x) { return x.name == group; });
  if (g == groups.end()) g = groups.insert(groups.end(), Group{group, {}});
  auto v = std::find_if(g->versions.begin(), g->versions.end(),
                        [&](const GroupVersion& x) { return x.version == version; });
  if (v == g->versions.end()) v = g->versions.insert(g->versions.end(), GroupVersion{version, {}});
  return *v;
}

std::vector<Group> Collect(const std::vector<const codec::Kind*>& kinds) {
  std::vector<Group> groups;
  for (const codec::Kind* kind : kinds) {
    VersionOf(groups, kind->group, kind->version)
        .resources.push_back({kind->plural, kind->singular, kind->kind, kind->namespaced,
                              kind->status_subresource, kind->short_names, kind->categories,
                              ServedVerbs(*kind)});
  }
  for (const ReviewResource& review : ReviewResources()) {
    VersionOf(groups, review.group, review.version)
        .resources.push_back(
            {review.plural, review.singular, review.kind, false, false, {}, {}, {"create"}});
  }
  return groups;
}

std::string GroupVersionName(const std::string& group, const std::string& version) {
  return group.empty() ? version : group + "/" + version;
}

// The group object of /apis; kind and apiVersion stand only where it is alone.
Json GroupJson(const Group& group, bool alone) {
  Json out;
  if (alone) out = {{"kind", "APIGroup"}, {"apiVersion", "v1"}};
  Json versions = Json::array();
  for (const GroupVersion& v : group.versions) {
    versions.push_back(
        {{"groupVersion", GroupVersionName(group.name, v.version)}, {"version", v.version}});
  }
  out["name"] = group.name;
  out["preferredVersion"] = versions.front();
  out["versions"] = std::move(versions);
  return out;
}

Json LegacyResources(const Group& group, const GroupVersion& version) {
  Json list = Json::array();
  for (const Resource& r : version.resources) {
    Json entry;
    entry["name"] = r.plural;
    entry["singularName"] = r.singular;
    entry["namespaced"] = r.namespaced;
    entry["kind"] = r.kind;
    entry["verbs"] = r.verbs;
    if (!r.short_names.empty()) entry["shortNames"] = r.short_names;
    if (!r.categories.empty()) entry["categories"] = r.categories;
    list.push_back(std::move(entry));
    if (r.status) {
      list.push_back({{"name", r.plural + "/status"},
                      {"singularName", ""},
                      {"namespaced", r.namespaced},
                      {"kind", r.kind},
                      {"verbs", StatusVerbs()}});
    }
  }
  Json out;
  out["kind"] = "APIResourceList";
  out["apiVersion"] = "v1";
  out["groupVersion"] = GroupVersionName(group.name, version.version);
  out["resources"] = std::move(list);
  return out;
}

Json AggregatedResource(const Group& group, const GroupVersion& version, const Resource& r) {
  const Json response_kind = {
      {"group", group.name}, {"version", version.version}, {"kind", r.kind}};
  Json out;
  out["resource"] = r.plural;
  out["responseKind"] = response_kind;
  out["scope"] = r.namespaced ? "Namespaced" : "Cluster";
  out["singularResource"] = r.singular;
  out["verbs"] = r.verbs;
  if (!r.short_names.empty()) out["shortNames"] = r.short_names;
  if (!r.categories.empty()) out["categories"] = r.categories;
  if (r.status) {
    out["subresources"] = Json::array(
        {{{"subresource", "status"}, {"responseKind", response_kind}, {"verbs", StatusVerbs()}}});
  }
  return out;
}

Json AggregatedGroup(const Group& group) {
  Json versions = Json::array();
  for (const GroupVersion& v : group.versions) {
    Json resources = Json::array();
    for (const Resource& r : v.resources) resources.push_back(AggregatedResource(group, v, r));
    Json entry;
    entry["version"] = v.version;
    entry["resources"] = std::move(resources);
    entry["freshness"] = "Current";
    versions.push_back(std::move(entry));
  }
  Json out;
  out["metadata"] = Json::object();
  if (!group.name.empty()) out["metadata"]["name"] = group.name;
  out["versions"] = std::move(versions);
  return out;
}

// Clients choose the parser by the content type, so it names exactly what the body is.
Document AggregatedDocument(Json items, const std::string& version) {
  Json out;
  out["kind"] = "APIGroupDiscoveryList";
  out["apiVersion"] = "apidiscovery.k8s.io/" + version;
  out["metadata"] = Json::object();
  out["items"] = std::move(items);
  return Document::Make(out.dump(), "application/json;g=apidiscovery.k8s.io;v=" + version +
                                        ";as=APIGroupDiscoveryList");
}

std::string PathOf(const Group& group) {
  return group.name.empty() ? "/api" : "/apis/" + group.name;
}

}  // namespace

std::vector<std::string> ServedVerbs(const codec::Kind& kind) {
  std::vector<std::string> verbs = kind.verbs;
  const auto has = [&](const char* verb) {
    return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
  };
  if (has("delete") && !has("deletecollection")) verbs.push_back("deletecollection");
  std::sort(verbs.begin(), verbs.end());
  return verbs;
}

Discovery::Discovery(const std::vector<const codec::Kind*>& kinds) {
  Json core_items = Json::array(), group_items = Json::array(), group_list = Json::array();
  for (const Group& group : Collect(kinds)) {
    if (group.name.empty()) {
      Json versions = Json::array();
      for (const GroupVersion& v : group.versions) versions.push_back(v.version);
      Json out = {{"kind", "APIVersions"}, {"versions", versions}};
      out["serverAddressByClientCIDRs"] = Json::array();
      documents_.emplace("/api", Document::Make(out.dump()));
      core_items.push_back(AggregatedGroup(group));
    } else {
      documents_.emplace(PathOf(group), Document::Make(GroupJson(group, true).dump()));
      group_list.push_back(GroupJson(group, false));
      group_items.push_back(AggregatedGroup(group));
    }
    for (const GroupVersion& v : group.versions) {
      documents_.emplace(PathOf(group) + "/" + v.version,
                         Document::Make(LegacyResources(group, v).dump()));
    }
  }
  const Json groups = {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", group_list}};
  documents_.emplace("/apis", Document::Make(groups.dump()));
  for (const char* version : {"v2", "v2beta1"}) {
    documents_.emplace(std::string("/api;") + version, AggregatedDocument(core_items, version));
    documents_.emplace(std::string("/apis;") + version, AggregatedDocument(group_items, version));
  }
}

const Document* Discovery::Find(const Route& route, const http::Request& request) const {
  std::string path;
  switch (route.target) {
    case Target::kCoreVersions:
    case Target::kGroups: {
      path = route.target == Target::kGroups ? "/apis" : "/api";
      const std::string version = NegotiateDiscovery(request.header("Accept"));
      if (!version.empty()) path += ";" + version;
      break;
    }
    case Target::kGroup:
      path = "/apis/" + route.group;
      break;
    case Target::kResources:
      path = (route.group.empty() ? "/api" : "/apis/" + route.group) + "/" + route.version;
      break;
    default:
      return nullptr;
  }
  const auto it = documents_.find(path);
  return it == documents_.end() ? nullptr : &it->second;
}

void HandleDiscovery(const CallPtr& call) {
  const Document* document = call->core().discovery.Find(call->route, call->request());
  if (document == nullptr) return call->Fail(UnknownPathError());
  const bool negotiated =
      call->route.target == Target::kCoreVersions || call->route.target == Target::kGroups;
  http::Response response = ServeDocument(*document, call->request(), negotiated);
  response.headers.emplace_back("Cache-Control", "public");
  call->Send(std::move(response));
}

}  // namespace nekoplane::server
