// From a body as it came to an object as it may be stored: types, field validation, defaults,
// pruning, schema, strategy.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"
#include "api/codec/schema.h"
#include "api/registry/registry.h"
#include "api/registry/strategy.h"

namespace nekoplane::registry {

// Checks that the body is an object of that kind, fills in apiVersion, kind and metadata if they
// are absent, removes nulls, cleans metadata. Unknown members of metadata go to `unknown`. Errors:
// kInvalid/BadRequest.
Result<void> AcceptBody(const codec::Kind& kind, nlohmann::json& object,
                        std::vector<std::string>& unknown);

struct Admission {
  const codec::Kind& kind;
  const Strategy& strategy;
  const WriteOptions& options;
  const nlohmann::json* old = nullptr;  // null at creation
};

// Takes an accepted body with final system fields and without a status of its own (where status is
// a subresource). Prunes, reports or warns about unknown fields, fills in defaults, prepares and
// validates; a spec that equals the stored one is not validated again, so that a rule that became
// stricter never keeps an object from being labelled or finalized.
// Errors: kInvalid: FieldValidation, Invalid.
Result<void> AdmitMain(const Admission& admission, nlohmann::json& object,
                       std::vector<std::string> unknown, std::vector<std::string>& warnings);

// The same for the status alone; the rest of `object` is the stored one and is not looked at.
Result<void> AdmitStatus(const Admission& admission, nlohmann::json& object,
                         std::vector<std::string>& warnings);

// True if everything but metadata and status (if that is a subresource) is the same.
bool SameSpec(const codec::Kind& kind, const nlohmann::json& a, const nlohmann::json& b);

}  // namespace nekoplane::registry
