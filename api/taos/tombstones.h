// Terminated sessions stay readable as `stopped` for an hour, across restarts: as Events, which are
// kept for a short time anyway, show up in `kubectl get events` and carry the last session object
// (without neko_url) in an annotation.
//
// Pure, but for the lookup.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/store/store.h"
#include "api/taos/replies.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {

// The Event to create for a session that is being terminated.
nlohmann::json TombstoneFor(const v1alpha1::BrowserSession& session, const Json& session_object,
                            WallTime now);

// The stopped session of that id if `user` owned it and it was terminated within `keep` of `now`.
std::optional<Json> FindTombstone(const store::Store& store, const std::string& ns,
                                  std::string_view id, std::string_view user, WallTime now,
                                  Duration keep);

// At most `limit` tombstones that are older than `keep`.
std::vector<store::ObjectPtr> ExpiredTombstones(const store::Store& store, const std::string& ns,
                                                WallTime now, Duration keep, std::size_t limit);

}  // namespace nekoplane::taos
