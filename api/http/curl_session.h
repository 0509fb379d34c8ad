// One libcurl easy handle with the multi handle that drives it and keeps its connections, and the
// pool that such pairs are taken from.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <utility>
#include <vector>

#include "api/base/mutex.h"

namespace nekoplane::http {

// Thread safety: one thread at a time, except curl_multi_wakeup on multi().
class CurlSession {
 public:
  CurlSession();

  CURL* easy() { return easy_.get(); }

  CURLM* multi() { return multi_.get(); }

 private:
  // The easy handle goes first: it must not outlive the connections it used.
  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };

  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::unique_ptr<CURL, EasyDeleter> easy_;
};

// Thread safety: any thread may call.
class CurlPool {
 public:
  explicit CurlPool(std::size_t max_idle) : max_idle_(max_idle) {}

  // An idle session, most recently used first, or a new one.
  std::unique_ptr<CurlSession> Take() EXCLUDES(mu_);
  // Takes a session back, with its connections.
  void Return(std::unique_ptr<CurlSession> session) EXCLUDES(mu_);

 private:
  const std::size_t max_idle_;
  Mutex mu_;
  std::vector<std::unique_ptr<CurlSession>> idle_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::http
