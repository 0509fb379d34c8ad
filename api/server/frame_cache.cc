#include "api/server/frame_cache.h"

#include <utility>
#include <vector>

namespace nekoplane::server {

Frame FrameCache::Get(const Key& key, const std::function<std::string()>& encode) {
  {
    MutexLock lock(mu_);
    const auto it = frames_.find(key);
    if (it != frames_.end()) return it->second;
  }
  Frame frame = std::make_shared<const std::string>(encode());
  std::vector<Frame> dropped;  // freed without the lock
  MutexLock lock(mu_);
  const auto [it, inserted] = frames_.emplace(key, frame);
  if (!inserted) return it->second;
  order_.push_back(key);
  bytes_ += frame->size();
  while (bytes_ > max_bytes_ && order_.size() > 1) {
    const auto oldest = frames_.find(order_.front());
    bytes_ -= oldest->second->size();
    dropped.push_back(std::move(oldest->second));
    frames_.erase(oldest);
    order_.pop_front();
  }
  return frame;
}

std::size_t FrameCache::bytes() const {
  MutexLock lock(mu_);
  return bytes_;
}

}  // namespace nekoplane::server
