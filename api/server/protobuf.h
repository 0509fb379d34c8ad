// Kubernetes' protobuf bodies, which newer kubectl, helm and client-go send for core kinds.
//
// Input is hostile: every length is checked against what is left, depth is bounded by the tables,
// and text must be UTF-8. Unknown fields are skipped, as protobuf demands.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane::server {

// The object in the envelope ("k8s\0" + runtime.Unknown) as the JSON that its JSON form would be.
// Knows Secret, Namespace, Event, Lease, the self-reviews and DeleteOptions.
// Errors: kInvalid: UnsupportedMediaType (415) for other kinds, BadRequest (400) for broken bytes.
Result<nlohmann::json> DecodeProtobuf(std::string_view body);

}  // namespace nekoplane::server
