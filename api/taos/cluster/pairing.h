// Pairings that are under way: a worker announces itself with the hash of a code that it shows on
// its own screen, an admin types that code in here, and the worker fetches its signing key once.
// In memory only: a pairing that a restart cuts off begins again.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"

namespace nekoplane::taos {

struct Announcement {
  std::string name, url, platform;
  std::string code_hash;  // hex SHA-256 of the code
  WallTime at{};
};

class PairingBook {
 public:
  enum class Answer { kOk, kAwaiting, kWrongCode, kNone, kExpired };

  static constexpr Duration kLifetime = std::chrono::minutes(15);
  static constexpr int kMostTries = 5;             // wrong codes of confirm; then it is gone
  static constexpr std::size_t kMostPending = 64;  // announcing needs no credentials

  // Replaces an earlier one of that name. The oldest goes if there are too many.
  void Announce(Announcement announcement, MonoTime now) EXCLUDES(mu_);
  // Not yet confirmed, oldest first.
  std::vector<Announcement> Pending(MonoTime now) const EXCLUDES(mu_);
  // `key`: what the worker gets. kOk, kWrongCode, kNone, kExpired.
  Answer Confirm(std::string_view name, std::string_view code, std::string key, MonoTime now)
      EXCLUDES(mu_);
  // kOk: `key` is set, and the pairing is over.
  Answer Claim(std::string_view name, std::string_view code, MonoTime now, std::string* key)
      EXCLUDES(mu_);
  // Undoes a Claim whose key could not be stored.
  void Unclaim(const std::string& name, std::string_view code, std::string key, MonoTime now)
      EXCLUDES(mu_);

 private:
  struct Pairing {
    Announcement said;
    MonoTime at{};
    int wrong = 0;
    std::string key;  // "" = not confirmed
  };

  static bool Fits(const Pairing& pairing, std::string_view code);

  mutable Mutex mu_;
  std::map<std::string, Pairing, std::less<>> pairings_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::taos
