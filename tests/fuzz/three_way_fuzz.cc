// A line each: the file as applied last, the file now, the object as it is.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "api/codec/patch.h"
#include "api/codec/three_way.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {

NEKO_FUZZ(three_way) {
  const auto original = codec::ParseJson(fuzz::TakeLine(input));
  const auto modified = codec::ParseJson(fuzz::TakeLine(input));
  const auto current = codec::ParseJson(fuzz::TakeLine(input));
  if (!original || !modified || !current || !current->is_object()) return;
  const auto patch = codec::ThreeWayMergePatch(*original, *modified, *current);
  NEKO_PROMISE(patch.is_object());
  const auto applied = codec::MergePatch(*current, patch);
  // Applying the same file again finds nothing to do.
  NEKO_PROMISE(codec::ThreeWayMergePatch(*modified, *modified, applied).empty());
  NEKO_PROMISE(codec::ThreeWayMergePatch(*original, *modified, applied).empty());
}

}  // namespace nekoplane
