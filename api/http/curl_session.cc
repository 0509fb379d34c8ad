#include "api/http/curl_session.h"

#include <mutex>

#include "api/base/check.h"

namespace nekoplane::http {
namespace {

// libcurl wants this once per process, before its first use.
void InitialiseLibrary() {
  static std::once_flag once;
  std::call_once(once, [] { NEKO_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

}  // namespace

CurlSession::CurlSession() {
  InitialiseLibrary();
  multi_.reset(curl_multi_init());
  easy_.reset(curl_easy_init());
  NEKO_CHECK(multi_ && easy_);  // out of memory
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 2L);
}

std::unique_ptr<CurlSession> CurlPool::Take() {
  {
    MutexLock lock(mu_);
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
  }
  return std::make_unique<CurlSession>();
}

void CurlPool::Return(std::unique_ptr<CurlSession> session) {
  curl_easy_reset(session->easy());  // options only: connections stay
  MutexLock lock(mu_);
  if (idle_.size() < max_idle_) idle_.push_back(std::move(session));
  // Otherwise the session is closed by its destructor, after the lock is released: `session` is a
  // parameter and outlives `lock`.
}

}  // namespace nekoplane::http
