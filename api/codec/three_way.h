// The patch behind `apply`: what changed in the file since it was last applied, and nothing else.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace nekoplane::codec {

// A JSON merge patch that turns `current` into what applying `modified` means: fields of `original`
// (the file as applied before; null if never) that `modified` no longer has are deleted, fields of
// `modified` that differ from `current` are set, everything else is left to whoever set it.
// Lists are replaced whole. An empty object means that there is nothing to do.
nlohmann::json ThreeWayMergePatch(const nlohmann::json& original, const nlohmann::json& modified,
                                  const nlohmann::json& current);

}  // namespace nekoplane::codec
