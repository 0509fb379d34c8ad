// From an engine's replies to facts. Strict: a reply with wrong types or missing members is
// kUnavailable (reason BadReply), never a guess and never a crash.
//
// Who owns a thing is read from its labels, and a container counts as ours only under the name that
// its labels imply: an image committed from one of our containers carries our labels, and whatever
// is started from it must not be taken for a session.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime::docker {

struct EngineContainer {
  std::string id;            // the engine's, 64 hex digits
  std::string name;          // without the leading slash
  std::string installation;  // from the label; "" if there is none
  Observed seen;             // without ProviderId
};

struct EngineVolume {
  std::string installation;
  ObservedVolume seen;
};

struct EngineVersion {
  std::string name;  // docker, podman
  std::string version, api_version, min_api_version, arch;
};

struct EngineInfo {
  std::int64_t memory_bytes = 0, cores = 0;
};

// Whether `container` is the instance of `session_uid` that belongs to `installation`.
bool IsOurs(const EngineContainer& container, std::string_view installation,
            std::string_view session_uid);

// GET /containers/{id}/json
Result<EngineContainer> ParseInspect(std::string_view body);
// GET /containers/json. started_at and oom_killed are not part of a list.
Result<std::vector<EngineContainer>> ParseList(std::string_view body);
// POST /containers/create -> id
Result<std::string> ParseCreated(std::string_view body);
// GET /volumes/{name}, POST /volumes/create
Result<EngineVolume> ParseVolume(std::string_view body);
// GET /volumes
Result<std::vector<EngineVolume>> ParseVolumes(std::string_view body);
// GET /version, GET /info
Result<EngineVersion> ParseVersion(std::string_view body);
Result<EngineInfo> ParseInfo(std::string_view body);
// GET /images/{name}/json -> id
Result<std::string> ParseImage(std::string_view body);

}  // namespace nekoplane::runtime::docker
