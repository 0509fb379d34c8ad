// Requests to the HTTP servers, by what they were for: bounded by a fixed table of paths.
//
// nekoplane_http_requests_total{handler,method,code},
// nekoplane_http_request_duration_seconds{handler}, nekoplane_http_response_bytes_total{handler}.
//
// Thread safety: any thread may call. Lifetime: `registry` outlives it.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/base/clock.h"
#include "api/base/mutex.h"
#include "api/http/message.h"

namespace nekoplane::metrics {

class HttpMetrics {
 public:
  explicit HttpMetrics(prometheus::Registry& registry);

  // As http::ServerOptions::on_request.
  void OnRequest(const http::Request& request, int status, Duration took,
                 std::size_t response_bytes) EXCLUDES(mu_);

 private:
  struct HandlerSeries {
    prometheus::Histogram* duration = nullptr;
    prometheus::Counter* bytes = nullptr;
  };

  // Constant after construction.
  std::vector<HandlerSeries> handlers_;

  Mutex mu_;
  prometheus::Family<prometheus::Counter>& requests_ GUARDED_BY(mu_);
  std::map<std::tuple<std::size_t, std::size_t, int>, prometheus::Counter*> counters_
      GUARDED_BY(mu_);
};

// The handler label of a path: "browser_sessions", "kubernetes_api", "metrics", ..., "other".
std::string_view HandlerLabel(std::string_view path);

}  // namespace nekoplane::metrics
