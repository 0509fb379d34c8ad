// One function per command of nekoctl. Each prints to stdout, and returns what went wrong.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/codec/schema.h"
#include "controller/cmd/nekoctl/api_client.h"

namespace nekoplane::ctl {

struct Env {
  const Clock& clock;
  const codec::KindTable& kinds;
  ApiClient& api;
  std::string ns;
};

// "bs", "browsersession", "browsersessions", "browsersessions.nekoplane.dev". Errors: kInvalid,
// with the names that exist.
Result<const codec::Kind*> ResolveKind(const codec::KindTable& kinds, std::string_view word);

// A kind and, maybe, a name: from {"bs", "x"}, {"bs/x"} or {"bs"}.
struct Target {
  const codec::Kind* kind = nullptr;
  std::vector<std::string> names;
};

Result<Target> ResolveTarget(const codec::KindTable& kinds, const std::vector<std::string>& words);

// The name of what a command takes that is for one kind only: from "x" or "bs/x". Errors: kInvalid:
// no name, or another kind.
Result<std::string> ResolveName(const codec::KindTable& kinds, const codec::Kind& kind,
                                const std::string& word);

struct ApplyArgs {
  std::vector<std::string> files;  // files, folders, or "-"
  bool dry_run = false;
};

Result<void> Apply(Env& env, const ApplyArgs& args);

struct GetArgs {
  std::vector<std::string> words;
  std::string output;    // "", wide, yaml, json, name, jsonpath=...
  std::string selector;  // labels
  bool all_namespaces = false, watch = false, no_headers = false;
};

Result<void> Get(Env& env, const GetArgs& args);

Result<void> Describe(Env& env, const std::vector<std::string>& words);

struct DeleteArgs {
  std::vector<std::string> words, files;
  bool all = false, wait = true;
  Duration timeout = std::chrono::minutes(2);
};

Result<void> Delete(Env& env, const DeleteArgs& args);

struct WaitArgs {
  std::vector<std::string> words;
  std::string condition;  // "condition=Ready", "condition=Ready=False", "delete"
  Duration timeout = std::chrono::seconds(30);
};

Result<void> Wait(Env& env, const WaitArgs& args);

// Session is NAME or bs/NAME; anything else is refused with kInvalid.
Result<void> Logs(Env& env, const std::string& session, int tail);
// `output`: "" for people, "json" for the server's answer as it is. Errors: kInvalid: another one.
Result<void> Why(Env& env, const std::string& session, const std::string& output);
Result<void> Url(Env& env, const std::string& session, bool admin);
Result<void> Gc(Env& env, bool dry_run);

// Node is NAME or bnode/NAME; anything else is refused with kInvalid. All of these are idempotent.
// No new sessions go there.
Result<void> Cordon(Env& env, const std::string& node);
// It takes sessions again; ends a drain too.
Result<void> Uncordon(Env& env, const std::string& node);

struct DrainArgs {
  std::string node;
  std::string policy = "WaitForUsers";  // or Evict; the server refuses Migrate
  std::string deadline;                 // "30m"; "" = none
  bool wait = false;                    // until no session is left
  std::optional<Duration> timeout;      // of the wait; absent: as DrainTimeout has it
};

// How long to wait: 10 min, and if there is a deadline, 10 min longer than that, so that what the
// deadline stops is seen to go. Errors: kInvalid: the deadline is no duration.
Result<Duration> DrainTimeout(const DrainArgs& args);

// Empties a node, for maintenance. Errors: kTimeout: it is not empty yet; the drain goes on.
// kConflict: somebody called it off while we waited.
Result<void> Drain(Env& env, const DrainArgs& args);

// What each node has, what is taken and what is free.
Result<void> Top(Env& env);

// Shared by apply and delete: all objects of the files, in order, with where each came from.
struct FileObject {
  std::string place;  // "session.yaml:3"
  std::shared_ptr<nlohmann::json> value;
};

Result<std::vector<FileObject>> LoadFiles(const std::vector<std::string>& files);

}  // namespace nekoplane::ctl
