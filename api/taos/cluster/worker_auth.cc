#include "api/taos/cluster/worker_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>

#include "api/base/check.h"

namespace nekoplane::taos {
namespace {

Status Refused(const char* code, std::string message) {
  return MakeStatus(Code::kUnauthenticated, code, std::move(message));
}

}  // namespace

std::string HexOf(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  NEKO_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) ==
             1);
  return HexOf({reinterpret_cast<const char*>(digest.data()), size});
}

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
  text += Sha256Hex(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  NEKO_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                  &size) != nullptr);
  return HexOf({reinterpret_cast<const char*>(digest.data()), size});
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
