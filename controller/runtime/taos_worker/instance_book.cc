#include "controller/runtime/taos_worker/instance_book.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace nekoplane::runtime::taos {
namespace {

bool Ended(const Entry& entry) {
  return entry.state == Entry::State::kRemoved ||
         (entry.state == Entry::State::kFailed && entry.told);
}

}  // namespace

std::string InstanceBook::IdOf(std::string_view container) const {
  return "taos://" + node_ + "/" + std::string(container);
}

// On record as started: it runs as far as anybody can say. Placed only: a start may have been on
// its way when nekoplane ended.
Entry InstanceBook::FromRecord(std::string_view uid, const KnownInstance& known) const {
  Entry entry;
  entry.state = known.container_id.empty() ? Entry::State::kUnknown : Entry::State::kRunning;
  entry.told = true;  // there is nothing to tell
  entry.container = known.container_id;
  entry.host = known.host;
  entry.seen.session_uid = uid;
  entry.seen.session_namespace = known.ns;
  entry.seen.session_name = known.name;
  if (entry.state == Entry::State::kUnknown) return entry;
  entry.seen.id = IdOf(known.container_id);
  entry.seen.spec_hash = known.spec_hash;
  entry.seen.image = known.image;
  entry.seen.phase = Observed::Phase::kRunning;
  entry.seen.http_port = known.http_port;
  entry.seen.media_port = known.media_port;
  entry.seen.created_at = entry.seen.started_at = known.started_at;
  return entry;
}

std::optional<Entry> InstanceBook::Find(std::string_view uid) const {
  {
    MutexLock lock(mu_);
    if (const auto it = entries_.find(uid); it != entries_.end()) return it->second;
  }
  const auto known = known_(uid);
  if (!known) return std::nullopt;
  return FromRecord(uid, *known);
}

bool InstanceBook::Begin(const InstanceSpec& spec) {
  ForgetTheGone();
  MutexLock lock(mu_);
  std::shared_ptr<const Entry> before;
  if (const auto it = entries_.find(spec.session_uid); it != entries_.end()) {
    if (it->second.state == Entry::State::kStarting) return false;
    before = std::make_shared<const Entry>(std::move(it->second));
  }
  Entry& entry = entries_[spec.session_uid];
  entry = Entry{};
  entry.before = std::move(before);
  entry.state = Entry::State::kStarting;
  entry.seen.session_uid = spec.session_uid;
  entry.seen.session_namespace = spec.session_namespace;
  entry.seen.session_name = spec.session_name;
  entry.seen.spec_hash = spec.spec_hash;
  entry.seen.phase = Observed::Phase::kStarting;
  return true;
}

void InstanceBook::Cancelled(std::string_view uid) {
  MutexLock lock(mu_);
  const auto it = entries_.find(uid);
  if (it == entries_.end() || it->second.state != Entry::State::kStarting) return;
  if (const auto before = it->second.before) {
    it->second = *before;
  } else {
    entries_.erase(it);
  }
}

void InstanceBook::Set(std::string_view uid, Entry entry) {
  MutexLock lock(mu_);
  entries_[std::string(uid)] = std::move(entry);
}

void InstanceBook::Removed(std::string_view uid) {
  MutexLock lock(mu_);
  Entry& entry = entries_[std::string(uid)];
  entry = Entry{};
  entry.state = Entry::State::kRemoved;
}

void InstanceBook::ForgetTheGone() {
  std::vector<std::string> over;
  {
    MutexLock lock(mu_);
    for (const auto& [uid, entry] : entries_) {
      if (Ended(entry)) over.push_back(uid);
    }
  }
  std::erase_if(over, [this](const std::string& uid) { return known_(uid).has_value(); });
  MutexLock lock(mu_);
  for (const std::string& uid : over) {
    const auto it = entries_.find(uid);
    if (it != entries_.end() && Ended(it->second)) entries_.erase(it);
  }
}

void InstanceBook::Told(std::string_view uid) {
  MutexLock lock(mu_);
  const auto it = entries_.find(uid);
  if (it != entries_.end()) it->second.told = true;
}

bool InstanceBook::PortPassedOn(const Entry& entry) const {
  MutexLock lock(mu_);
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    const Entry& other = item.second;
    return other.state == Entry::State::kRunning &&
           other.seen.session_uid != entry.seen.session_uid &&
           other.seen.http_port == entry.seen.http_port &&
           other.seen.started_at > entry.seen.started_at;
  });
}

std::shared_ptr<InstanceBook> InstanceBooks::Of(const std::string& node_uid,
                                                const std::string& node,
                                                InstanceBook::Lookup known) {
  MutexLock lock(mu_);
  std::erase_if(books_, [](const auto& item) { return item.second.expired(); });
  std::weak_ptr<InstanceBook>& kept = books_[node_uid];
  auto book = kept.lock();
  if (book == nullptr) {
    book = std::make_shared<InstanceBook>(node, std::move(known));
    kept = book;
  }
  return book;
}

}  // namespace nekoplane::runtime::taos
