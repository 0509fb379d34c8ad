#include "api/taos/cluster/worker_auth.h"

#include <openssl/crypto.h>

#include <charconv>

#include "api/auth/digest.h"

namespace nekoplane::taos {
namespace {

Status Refused(const char* code, std::string message) {
  return MakeStatus(Code::kUnauthenticated, code, std::move(message));
}

}  // namespace

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string WorkerSignature(std::string_view key, std::string_view timestamp,
                            std::string_view method, std::string_view path, std::string_view body) {
  std::string text(timestamp);
  text += '.';
  text += method;
  text += '.';
  text += path;
  text += '.';
  text += auth::Sha256Hex(body);
  return auth::HexOf(auth::HmacSha256(key, text));
}

Result<void> CheckWorkerSignature(const http::Request& request, std::string_view key,
                                  WallTime now) {
  if (key.size() != kSigningKeyBytes) {
    return Refused("worker_not_paired", "this worker is not paired");
  }
  const std::string_view timestamp = request.header("X-TAOS-Timestamp");
  std::int64_t at = 0;
  const auto [end, error] =
      std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), at);
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::int64_t most = std::chrono::duration_cast<std::chrono::seconds>(kMostSkew).count();
  if (error != std::errc() || end != timestamp.data() + timestamp.size() || timestamp.empty() ||
      at < seconds - most || at > seconds + most) {
    return Refused("stale_timestamp", "the timestamp is not within 300 seconds of this clock");
  }
  const std::string want =
      WorkerSignature(key, timestamp, request.method, request.path, request.body);
  if (!SameSecret(want, request.header("X-TAOS-Signature"))) {
    return Refused("bad_signature", "the signature does not fit this request and key");
  }
  return {};
}

}  // namespace nekoplane::taos
