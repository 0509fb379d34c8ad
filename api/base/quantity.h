// Kubernetes quantities: "1536Mi", "1.5Gi", "500m", "2".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/base/result.h"

namespace nekoplane {

// Bytes; fractions of a byte are rounded up. Errors: kInvalid (syntax, negative, overflow).
Result<std::int64_t> ParseBytes(std::string_view quantity);
// Thousandths of a core; rounded up. Errors: kInvalid.
Result<std::int64_t> ParseMilliCores(std::string_view quantity);
// The shortest exact form with a binary suffix ("6Gi", "1536Mi", "1000").
std::string FormatBytes(std::int64_t bytes);
// "2" or "1500m".
std::string FormatMilliCores(std::int64_t milli);

}  // namespace nekoplane
