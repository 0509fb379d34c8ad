#include "controller/metrics/http_metrics.h"

#include <array>
#include <string>
#include <utility>

#include "controller/metrics/families.h"

namespace nekoplane::metrics {

namespace {

const Buckets kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                          0.25,   0.5,   1,      2.5,   5,    10,    30,   60};

// Path (itself, or what is below it) and label; the first match wins, the last matches all.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kHandlers{{
    {"/api/browser/sessions", "browser_sessions"},
    {"/api/browser/nodes", "browser_nodes"},
    {"/api/browser", "browser_other"},
    {"/apis", "kubernetes_api"},
    {"/api", "kubernetes_api"},
    {"/openapi", "openapi"},
    {"/version", "version"},
    {"/metrics", "metrics"},
    {"/healthz", "health"},
    {"/livez", "health"},
    {"/readyz", "health"},
    {"/console", "console"},
    {"", "other"},
}};

constexpr std::array<std::string_view, 8> kMethods{"GET",   "HEAD",   "POST",    "PUT",
                                                   "PATCH", "DELETE", "OPTIONS", "OTHER"};

bool IsBelow(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) &&
         (prefix.empty() || path.size() == prefix.size() || path[prefix.size()] == '/');
}

std::size_t HandlerIndex(std::string_view path) {
  std::size_t i = 0;
  while (!IsBelow(path, kHandlers[i].first)) ++i;
  return i;
}

std::size_t MethodIndex(std::string_view method) {
  std::size_t i = 0;
  while (i + 1 < kMethods.size() && kMethods[i] != method) ++i;
  return i;
}

}  // namespace

std::string_view HandlerLabel(std::string_view path) {
  return kHandlers[HandlerIndex(path)].second;
}

HttpMetrics::HttpMetrics(prometheus::Registry& registry)
    : requests_(CounterFamily(registry, "nekoplane_http_requests_total",
                              "HTTP requests by what they were for, method and status code.")) {
  auto& durations = HistogramFamily(registry, "nekoplane_http_request_duration_seconds",
                                    "How long HTTP requests took, by what they were for.");
  auto& bytes = CounterFamily(registry, "nekoplane_http_response_bytes_total",
                              "Bytes of HTTP response bodies, by what they were for.");
  for (const auto& [path, label] : kHandlers) {
    const prometheus::Labels labels{{"handler", std::string(label)}};
    handlers_.push_back({&durations.Add(labels, kBuckets), &bytes.Add(labels)});
  }
}

void HttpMetrics::OnRequest(const http::Request& request, int status, Duration took,
                            std::size_t response_bytes) {
  const std::size_t handler = HandlerIndex(request.path);
  const std::size_t method = MethodIndex(request.method);
  const int code = status >= 100 && status < 600 ? status : 0;
  prometheus::Counter* counter = nullptr;
  {
    MutexLock lock(mu_);
    auto*& slot = counters_[{handler, method, code}];
    if (slot == nullptr) {
      slot = &requests_.Add({{"handler", std::string(kHandlers[handler].second)},
                             {"method", std::string(kMethods[method])},
                             {"code", std::to_string(code)}});
    }
    counter = slot;
  }
  counter->Increment();
  handlers_[handler].duration->Observe(Seconds(took));
  handlers_[handler].bytes->Increment(static_cast<double>(response_bytes));
}

}  // namespace nekoplane::metrics
