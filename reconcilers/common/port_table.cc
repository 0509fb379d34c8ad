#include "reconcilers/common/port_table.h"

#include <algorithm>
#include <bit>

namespace nekoplane::reconcilers {
namespace {

constexpr std::int64_t kWord = 64, kMaxPort = 65535;

bool Contains(const std::vector<std::int64_t>& ports, std::int64_t port) {
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

}  // namespace

std::int64_t PortOf(const store::Claim& claim) {
  std::int64_t port = 0;
  for (const char c : claim.item) {
    if (c < '0' || c > '9' || port > kMaxPort) return 0;
    port = port * 10 + (c - '0');
  }
  return port;
}

TakenPorts::TakenPorts(const v1alpha1::PortRange& range)
    : from_(std::max<std::int64_t>(1, range.from)),
      size_(std::max<std::int64_t>(0, std::min(kMaxPort, range.to) - from_ + 1)),
      bits_(static_cast<std::size_t>((size_ + kWord - 1) / kWord), 0) {}

void TakenPorts::Set(std::int64_t port, bool taken) {
  if (port < from_ || port >= end() || Has(port) == taken) return;
  const std::int64_t at = port - from_;
  bits_[static_cast<std::size_t>(at / kWord)] ^= std::uint64_t{1} << (at % kWord);
  taken_ += taken ? 1 : -1;
}

bool TakenPorts::Has(std::int64_t port) const {
  const std::int64_t at = port - from_;
  return at >= 0 && at < size_ &&
         ((bits_[static_cast<std::size_t>(at / kWord)] >> (at % kWord)) & 1) != 0;
}

std::int64_t TakenPorts::FirstFree(std::int64_t from, const TakenPorts& also) const {
  std::int64_t at = std::max<std::int64_t>(0, from - from_);
  while (at < size_) {
    const auto word = static_cast<std::size_t>(at / kWord);
    const std::uint64_t free = ~(bits_[word] | also.bits_[word]) >> (at % kWord);
    if (free != 0) return std::min(end(), from_ + at + std::countr_zero(free));
    at = (at / kWord + 1) * kWord;
  }
  return end();
}

PortTable::PortTable(const v1alpha1::NodePorts& ranges)
    : http_(ranges.http), media_tcp_(ranges.media), media_udp_(ranges.media) {}

void PortTable::Note(const store::Claim& claim, bool taken) {
  if (claim.kind == store::kClaimPortTcp) {
    http_.Set(PortOf(claim), taken);
    media_tcp_.Set(PortOf(claim), taken);
  } else if (claim.kind == store::kClaimPortUdp) {
    media_udp_.Set(PortOf(claim), taken);
  }
}

std::optional<v1alpha1::SessionPorts> PortTable::Free(
    const std::vector<std::int64_t>& avoid) const {
  v1alpha1::SessionPorts ports;
  ports.http = http_.FirstFree(0, http_);
  while (ports.http < http_.end() && Contains(avoid, ports.http)) {
    ports.http = http_.FirstFree(ports.http + 1, http_);
  }
  if (ports.http >= http_.end()) return std::nullopt;
  ports.media = media_tcp_.FirstFree(0, media_udp_);
  while (ports.media < media_tcp_.end() &&
         (ports.media == ports.http || Contains(avoid, ports.media))) {
    ports.media = media_tcp_.FirstFree(ports.media + 1, media_udp_);
  }
  if (ports.media >= media_tcp_.end()) return std::nullopt;
  return ports;
}

}  // namespace nekoplane::reconcilers
