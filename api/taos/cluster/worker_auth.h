// How a taOS worker signs what it sends: X-TAOS-Signature is the hex HMAC-SHA256, under its 32 byte
// key, of "{timestamp}.{METHOD}.{path}.{hex SHA-256 of the raw body}". Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/base/clock.h"
#include "api/base/result.h"
#include "api/http/message.h"

namespace nekoplane::taos {

inline constexpr std::size_t kSigningKeyBytes = 32;
inline constexpr Duration kMostSkew = std::chrono::seconds(300);

// In a time that does not depend on where they differ.
bool SameSecret(std::string_view a, std::string_view b);

std::string WorkerSignature(std::string_view key, std::string_view timestamp,
                            std::string_view method, std::string_view path, std::string_view body);

// `key` "" = the worker has none. Errors: kUnauthenticated; reason is what the worker is told:
// worker_not_paired, stale_timestamp, bad_signature.
Result<void> CheckWorkerSignature(const http::Request& request, std::string_view key, WallTime now);

}  // namespace nekoplane::taos
