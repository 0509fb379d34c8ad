// Patches of JSON objects. All refuse to produce anything but an object, and bound their own work.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "api/base/result.h"

namespace nekoplane::codec {

// RFC 7386.
nlohmann::json MergePatch(nlohmann::json target, const nlohmann::json& patch);

// RFC 6902, at most 10,000 operations. Errors: kInvalid: a malformed patch (reason MalformedPatch), a
// failed test or a missing path (reason PatchFailed).
Result<nlohmann::json> JsonPatch(nlohmann::json target, const nlohmann::json& patch);

// The part of Kubernetes' strategic merge patch that kubectl uses on core kinds: null deletes, $patch
// replace/delete, $retainKeys, $setElementOrder ignored, $deleteFromPrimitiveList/finalizers,
// finalizers as a union, ownerReferences by uid, conditions by type. Errors: kInvalid.
Result<nlohmann::json> StrategicMergePatch(nlohmann::json target, const nlohmann::json& patch);

}  // namespace nekoplane::codec
