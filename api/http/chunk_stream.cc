#include "api/http/chunk_stream.h"

#include <utility>

namespace nekoplane::http {

ChunkStream::ChunkStream(std::size_t max_bytes, std::function<void()> wake)
    : max_bytes_(max_bytes), wake_(std::move(wake)) {}

bool ChunkStream::Write(std::shared_ptr<const std::string> chunk) {
  bool accepted = true;
  {
    MutexLock lock(mu_);
    if (closing_ || finished_) return false;
    if (chunk->empty()) return true;  // on the wire an empty chunk would end the response
    // One chunk may be larger than the limit: there is no other way to send a large object.
    if (bytes_ > 0 && bytes_ + chunk->size() > max_bytes_) {
      closing_ = overflowed_ = true;
      queue_.clear();
      accepted = false;
    } else {
      bytes_ += chunk->size();
      queue_.push_back(std::move(chunk));
      if (std::exchange(woken_, true)) return true;
    }
  }
  wake_();
  return accepted;
}

std::size_t ChunkStream::queued() const {
  MutexLock lock(mu_);
  return bytes_;
}

void ChunkStream::Close() {
  {
    MutexLock lock(mu_);
    if (closing_ || finished_) return;
    closing_ = true;
    if (std::exchange(woken_, true)) return;
  }
  wake_();
}

void ChunkStream::OnClosed(std::function<void()> callback) {
  {
    MutexLock lock(mu_);
    if (!finished_) {
      on_closed_ = std::move(callback);
      return;
    }
  }
  callback();
}

ChunkStream::Batch ChunkStream::Take(std::size_t max) {
  MutexLock lock(mu_);
  Batch batch;
  while (!queue_.empty() && batch.chunks.size() < max) {
    batch.chunks.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  batch.last = closing_ && queue_.empty();
  if (batch.chunks.empty() && !batch.last) woken_ = false;
  return batch;
}

void ChunkStream::Sent(std::size_t bytes) {
  MutexLock lock(mu_);
  bytes_ -= bytes;
}

bool ChunkStream::overflowed() const {
  MutexLock lock(mu_);
  return overflowed_;
}

void ChunkStream::Finish() {
  std::function<void()> callback;
  {
    MutexLock lock(mu_);
    if (std::exchange(finished_, true)) return;
    queue_.clear();
    callback = std::exchange(on_closed_, nullptr);
  }
  if (callback) callback();
}

}  // namespace nekoplane::http
