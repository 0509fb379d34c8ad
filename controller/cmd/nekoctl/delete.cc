#include <iostream>
#include <nlohmann/json.hpp>

#include "controller/cmd/nekoctl/commands.h"

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

struct Doomed {
  const codec::Kind* kind;
  std::string ns, name;
};

std::string Label(const Doomed& one) {
  return one.kind->singular + (one.kind->group.empty() ? "" : "." + one.kind->group) + " \"" +
         one.name + "\"";
}

// Returns when the object of that uid is gone; another one of the same name does not count.
Result<void> AwaitGone(Env& env, const Doomed& one, const std::string& uid, MonoTime deadline) {
  const std::string path = ApiClient::PathOf(*one.kind, one.ns, one.name);
  bool told = false;
  for (;;) {
    auto now = env.api.Get(path);
    if (now.is(Code::kNotFound)) return {};
    if (!now) return std::move(now).error();
    if (now->value("/metadata/uid"_json_pointer, "") != uid) return {};
    const Duration left = deadline - env.clock.Now();
    if (left <= Duration::zero()) {
      return MakeStatus(Code::kTimeout, "StillTerminating",
                        Label(one) + " is still terminating; `nekoctl describe " +
                            one.kind->plural + " " + one.name + "` says what it waits for");
    }
    if (!told) {
      std::cerr << "waiting for " << Label(one) << " to finish terminating ...\n";
      told = true;
    }
    auto watched = env.api.Watch(
        ApiClient::PathOf(*one.kind, one.ns, "") +
            "?watch=true&fieldSelector=" + QueryEscape("metadata.name=" + one.name) +
            "&resourceVersion=" + now->value("/metadata/resourceVersion"_json_pointer, "0"),
        "application/json", left,
        [](const json& event) { return event.value("type", "") != "DELETED"; });
    // A cut or expired watch only means to look again.
    if (!watched && !watched.is(Code::kTimeout) && !watched.is(Code::kExpired) &&
        !watched.is(Code::kUnavailable)) {
      return watched;
    }
  }
}

}  // namespace

Result<void> Delete(Env& env, const DeleteArgs& args) {
  std::vector<Doomed> doomed;
  NEKO_TRY(const auto files, LoadFiles(args.files));
  for (const FileObject& file : files) {
    const json& value = *file.value;
    const codec::Kind* kind =
        env.kinds.FindKind(value.value("apiVersion", ""), value.value("kind", ""));
    if (kind == nullptr) {
      return MakeStatus(Code::kInvalid, "UnknownKind",
                        file.place + ": not a kind that nekoplane serves");
    }
    doomed.push_back({kind, value.value("/metadata/namespace"_json_pointer, env.ns),
                      value.value("/metadata/name"_json_pointer, "")});
  }
  if (!args.words.empty()) {
    NEKO_TRY(const Target target, ResolveTarget(env.kinds, args.words));
    for (const std::string& name : target.names) doomed.push_back({target.kind, env.ns, name});
    if (target.names.empty()) {
      if (!args.all) {
        return MakeStatus(Code::kInvalid, "MissingName",
                          "name the objects to delete, or say --all");
      }
      NEKO_TRY(const json list, env.api.Get(ApiClient::PathOf(*target.kind, env.ns, "")));
      for (const json& item : list["items"]) {
        doomed.push_back({target.kind, env.ns, item.value("/metadata/name"_json_pointer, "")});
      }
    }
  }
  if (doomed.empty() && !args.all) {
    return MakeStatus(Code::kInvalid, "NothingToDelete",
                      "say what to delete: KIND NAME, KIND --all or -f FILE");
  }
  std::vector<std::string> uids;
  for (const Doomed& one : doomed) {
    NEKO_TRY(const json reply,
             env.api.Send("DELETE", ApiClient::PathOf(*one.kind, one.ns, one.name),
                          {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}}));
    uids.push_back(reply.value("kind", "") == "Status"
                       ? reply.value("/details/uid"_json_pointer, "")
                       : reply.value("/metadata/uid"_json_pointer, ""));
    std::cout << Label(one) << " deleted" << std::endl;
  }
  if (!args.wait) return {};
  const MonoTime deadline = env.clock.Now() + args.timeout;
  for (std::size_t i = 0; i < doomed.size(); ++i) {
    NEKO_RETURN_IF_ERROR(AwaitGone(env, doomed[i], uids[i], deadline));
  }
  return {};
}

}  // namespace nekoplane::ctl
