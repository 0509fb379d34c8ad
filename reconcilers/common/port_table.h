// Which ports of one node's ranges are free: what its claims say, kept so that the first free pair
// is found without a walk through them.
//
// Thread safety: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "api/store/store.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::reconcilers {

// The port number that a claim names; 0 if it names none.
std::int64_t PortOf(const store::Claim& claim);

// The ports of a range that are taken.
class TakenPorts {
 public:
  TakenPorts() = default;
  explicit TakenPorts(const v1alpha1::PortRange& range);

  void Set(std::int64_t port, bool taken);  // a port outside of the range is ignored
  bool Has(std::int64_t port) const;

  std::int64_t left() const { return size_ - taken_; }

  // The first port at or after `from` that neither this nor `also` (of the same range) has; past
  // the range if there is none.
  std::int64_t FirstFree(std::int64_t from, const TakenPorts& also) const;

  std::int64_t end() const { return from_ + size_; }

 private:
  std::int64_t from_ = 0, size_ = 0, taken_ = 0;
  std::vector<std::uint64_t> bits_;
};

class PortTable {
 public:
  PortTable() : PortTable(v1alpha1::NodePorts()) {}

  explicit PortTable(const v1alpha1::NodePorts& ranges);

  // Takes what the claim names, or gives it back; one that is about no port of ours is ignored.
  void Note(const store::Claim& claim, bool taken);

  std::int64_t free_http() const { return http_.left(); }

  std::int64_t free_media() const { return media_udp_.left(); }

  // The first free ports that are not in `avoid`; nullopt if there are none. Never the same number
  // for both.
  std::optional<v1alpha1::SessionPorts> Free(const std::vector<std::int64_t>& avoid) const;

 private:
  TakenPorts http_, media_tcp_, media_udp_;
};

}  // namespace nekoplane::reconcilers
