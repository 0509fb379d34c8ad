#include "api/taos/cluster/pairing.h"

#include <algorithm>
#include <utility>

#include "api/auth/digest.h"
#include "api/taos/cluster/worker_auth.h"

namespace nekoplane::taos {

bool PairingBook::Fits(const Pairing& pairing, std::string_view code) {
  return SameSecret(auth::Sha256Hex(code), pairing.said.code_hash);
}

void PairingBook::Announce(Announcement announcement, MonoTime now) {
  MutexLock lock(mu_);
  const std::string name = announcement.name;
  pairings_.erase(name);
  if (pairings_.size() >= kMostPending) {
    pairings_.erase(
        std::min_element(pairings_.begin(), pairings_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
  }
  pairings_[name] = {.said = std::move(announcement), .at = now};
}

std::vector<Announcement> PairingBook::Pending(MonoTime now) const {
  std::vector<Announcement> out;
  MutexLock lock(mu_);
  for (const auto& [name, pairing] : pairings_) {
    if (pairing.key.empty() && now - pairing.at <= kLifetime) out.push_back(pairing.said);
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

PairingBook::Answer PairingBook::Confirm(std::string_view name, std::string_view code,
                                         std::string key, MonoTime now) {
  MutexLock lock(mu_);
  const auto it = pairings_.find(name);
  if (it == pairings_.end()) return Answer::kNone;
  Pairing& pairing = it->second;
  if (now - pairing.at > kLifetime) return Answer::kExpired;
  if (!Fits(pairing, code)) {
    if (++pairing.wrong >= kMostTries) pairings_.erase(it);
    return Answer::kWrongCode;
  }
  if (pairing.key.empty()) pairing.key = std::move(key);
  return Answer::kOk;
}

PairingBook::Answer PairingBook::Claim(std::string_view name, std::string_view code, MonoTime now,
                                       std::string* key) {
  MutexLock lock(mu_);
  const auto it = pairings_.find(name);
  if (it == pairings_.end()) return Answer::kNone;
  if (now - it->second.at > kLifetime) return Answer::kExpired;
  if (!Fits(it->second, code)) return Answer::kWrongCode;
  if (it->second.key.empty()) return Answer::kAwaiting;
  *key = std::move(it->second.key);
  pairings_.erase(it);
  return Answer::kOk;
}

void PairingBook::Unclaim(const std::string& name, std::string_view code, std::string key,
                          MonoTime now) {
  MutexLock lock(mu_);
  // A new announcement of the same name is newer than what could not be finished.
  pairings_.try_emplace(name, Pairing{.said = {.name = name, .code_hash = auth::Sha256Hex(code)},
                                      .at = now,
                                      .wrong = 0,
                                      .key = std::move(key)});
}

}  // namespace nekoplane::taos
