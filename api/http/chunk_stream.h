// The queue between the writers of a Stream and the connection that sends it.
//
// Thread safety: any thread may call, except for the connection's side: Take, Sent and Finish are
// called from the connection's strand.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/base/mutex.h"
#include "api/http/message.h"

namespace nekoplane::http {

class ChunkStream final : public Stream {
 public:
  // `wake` asks the connection to call Take soon, or to end if overflowed(). It must not call back.
  ChunkStream(std::size_t max_bytes, std::function<void()> wake);

  bool Write(std::shared_ptr<const std::string> chunk) override EXCLUDES(mu_);
  std::size_t queued() const override EXCLUDES(mu_);
  void Close() override EXCLUDES(mu_);
  void OnClosed(std::function<void()> callback) override EXCLUDES(mu_);

  struct Batch {
    std::vector<std::shared_ptr<const std::string>> chunks;
    bool last = false;  // the stream ends behind these
  };

  // At most `max` chunks. After an empty batch that is not the last, `wake` will be called again.
  Batch Take(std::size_t max) EXCLUDES(mu_);
  // `bytes` of what was taken have left the process.
  void Sent(std::size_t bytes) EXCLUDES(mu_);
  // The peer reads too slowly: the connection is to be dropped.
  bool overflowed() const EXCLUDES(mu_);
  // The response is over, whatever the reason: calls back. Idempotent.
  void Finish() EXCLUDES(mu_);

 private:
  const std::size_t max_bytes_;
  const std::function<void()> wake_;

  mutable Mutex mu_;
  std::deque<std::shared_ptr<const std::string>> queue_ GUARDED_BY(mu_);
  std::size_t bytes_ GUARDED_BY(mu_) = 0;  // queued or being sent
  bool woken_ GUARDED_BY(mu_) = false;     // wake_ was called and no empty batch taken since
  bool closing_ GUARDED_BY(mu_) = false;   // nothing may be added
  bool overflowed_ GUARDED_BY(mu_) = false;
  bool finished_ GUARDED_BY(mu_) = false;
  std::function<void()> on_closed_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::http
