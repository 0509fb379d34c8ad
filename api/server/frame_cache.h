// Watch frames that were encoded already: many watchers of one resource want the same bytes.
//
// Thread safety: any thread may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/base/mutex.h"

namespace nekoplane::server {

using Frame = std::shared_ptr<const std::string>;

class FrameCache {
 public:
  // Every object change has a version of its own, so version, event type and encoding name a frame.
  struct Key {
    std::uint64_t version = 0;
    int type = 0;
    int encoding = 0;

    friend auto operator<=>(const Key&, const Key&) = default;
  };

  explicit FrameCache(std::size_t max_bytes = 4 * 1024 * 1024) : max_bytes_(max_bytes) {}

  // The cached frame, or what `encode` returns, which is then kept until newer ones need the room.
  // Two threads that want the same new frame at once may both encode it.
  Frame Get(const Key& key, const std::function<std::string()>& encode) EXCLUDES(mu_);

  std::size_t bytes() const EXCLUDES(mu_);

 private:
  const std::size_t max_bytes_;
  mutable Mutex mu_;
  std::map<Key, Frame> frames_ GUARDED_BY(mu_);
  std::deque<Key> order_ GUARDED_BY(mu_);  // oldest first
  std::size_t bytes_ GUARDED_BY(mu_) = 0;
};

}  // namespace nekoplane::server
