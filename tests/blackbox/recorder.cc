#include "tests/blackbox/recorder.h"

#include <algorithm>
#include <utility>

namespace nekoplane::blackbox {

std::string Recorder::NewMark() {
  const std::string number = std::to_string(++marks_);
  return "m" + std::string(7 - std::min<std::size_t>(7, number.size()), '0') + number;
}

std::size_t Recorder::AddStream(std::string name, std::string resource) {
  const std::lock_guard lock(mu_);
  history_.streams.push_back({std::move(name), std::move(resource), {}});
  return history_.streams.size() - 1;
}

void Recorder::Add(std::size_t stream, StreamItem item) {
  const std::lock_guard lock(mu_);
  auto& items = history_.streams[stream].items;
  if (item.what == StreamItem::What::kEvent) {
    heard_.insert(item.version);
    ++tally_.events;
  }
  if (item.what == StreamItem::What::kListed) {
    if (items.empty()) {
      base_ = std::max(base_, item.version);
    } else {
      ++tally_.expired;
    }
  }
  items.push_back(std::move(item));
}

void Recorder::Add(Listing listing) {
  const std::lock_guard lock(mu_);
  ++tally_.lists;
  history_.listings.push_back(std::move(listing));
}

void Recorder::Add(Read read) {
  const std::lock_guard lock(mu_);
  ++tally_.reads;
  history_.reads.push_back(std::move(read));
}

void Recorder::Add(Write write) {
  const std::lock_guard lock(mu_);
  ++(write.result == Write::Result::kAcknowledged ? tally_.acknowledged
     : write.result == Write::Result::kRefused    ? tally_.refused
                                                  : tally_.unknown);
  history_.writes.push_back(std::move(write));
}

void Recorder::AddDeath() {
  const Moment now = Now();
  const std::lock_guard lock(mu_);
  history_.deaths.push_back(now);
}

void Recorder::Complain(std::string text) {
  const std::lock_guard lock(mu_);
  complaints_.push_back(std::move(text));
}

bool Recorder::CompleteUntil(std::uint64_t version) const {
  const std::lock_guard lock(mu_);
  if (version <= base_) return true;
  const auto from = heard_.upper_bound(base_), to = heard_.upper_bound(version);
  return static_cast<std::uint64_t>(std::distance(from, to)) == version - base_;
}

void Recorder::SetCompleteUntil(std::uint64_t version) {
  const std::lock_guard lock(mu_);
  history_.complete_until = version;
}

Tally Recorder::Count() const {
  const std::lock_guard lock(mu_);
  return tally_;
}

std::vector<std::string> Recorder::Complaints() const {
  const std::lock_guard lock(mu_);
  return complaints_;
}

}  // namespace nekoplane::blackbox
