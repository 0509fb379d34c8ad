// Watch events as lines of JSON. Pure, but for the ages in tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/codec/schema.h"
#include "api/server/negotiation.h"
#include "api/server/table.h"
#include "api/store/store.h"

namespace nekoplane::server {

enum class FrameType { kAdded, kModified, kDeleted };

// What one watcher gets to see of an event.
struct Sight {
  FrameType type = FrameType::kAdded;
  // The object left the selection without being deleted: shown in its last selected state, with the
  // version of the change.
  bool left = false;
};

// How the frames of one watch look. The first frame of a table watch carries the column
// definitions.
struct FrameStyle {
  const codec::Kind* kind = nullptr;
  const TableWriter* table = nullptr;
  Representation how;
  bool with_columns = false;

  // Distinct for styles whose frames differ, for FrameCache.
  int code() const;
};

// {"type":"ADDED","object":{...}}\n
std::string EncodeEvent(FrameType type, const store::Object& object, const FrameStyle& style,
                        WallTime now);

// The object as it was, but carrying another version.
store::Object WithVersion(const store::Object& object, std::uint64_t version);

// {"type":"BOOKMARK",...}\n; `initial_end` marks the end of the initial events.
std::string EncodeBookmark(std::uint64_t version, bool initial_end, const FrameStyle& style);

// {"type":"ERROR","object":<status>}\n
std::string EncodeError(std::string_view status);

}  // namespace nekoplane::server
