// Patches of JSON objects. All refuse to produce anything but an object, and bound their own work.
//
// Thread safety: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::codec {

// RFC 7386. A patch that is not an object, which would replace the target, leaves it as it is.
nlohmann::json MergePatch(nlohmann::json target, const nlohmann::json& patch);

// RFC 6902, at most 10,000 operations. Errors: kInvalid: a malformed patch (reason MalformedPatch),
// a failed test, a missing path, or a result that is too large or too deep (reason PatchFailed; the
// message names the operation).
Result<nlohmann::json> JsonPatch(nlohmann::json target, const nlohmann::json& patch);

// The part of Kubernetes' strategic merge patch that kubectl uses on core kinds: null deletes,
// $patch replace/delete, $retainKeys, $setElementOrder ignored,
// $deleteFromPrimitiveList/finalizers, finalizers as a union, ownerReferences by uid, conditions by
// type. Errors: kInvalid, reason MalformedPatch.
Result<nlohmann::json> StrategicMergePatch(nlohmann::json target, const nlohmann::json& patch);

}  // namespace nekoplane::codec
