// Requests to the Kubernetes-style API under kube-apiserver's names, so that its dashboards and
// alerts work. Label values come from fixed sets: a stranger cannot grow them by asking for
// nonsense.
//
// Thread safety: any thread may call. Lifetime: `registry` outlives it.
#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"

namespace nekoplane::metrics {

// A kind that the API serves.
struct ServedResource {
  std::string group, version, resource;  // "nekoplane.dev", "v1alpha1", "browsersessions"
  bool namespaced = true;
};

class ApiMetrics {
 public:
  ApiMetrics(prometheus::Registry& registry, const std::vector<ServedResource>& served);
  ~ApiMetrics();

  // apiserver_request_total and apiserver_request_duration_seconds. `verb` is Kubernetes' ("list"),
  // `resource` is "group/resource[/subresource]" ("/secrets" in the core group); "" or an unknown
  // one counts with empty labels.
  void OnRequest(std::string_view verb, std::string_view resource, int code, Duration took);
  // apiserver_longrunning_requests: watches that are open.
  void OnWatch(std::string_view resource, int delta);
  // apiserver_watch_events_total and apiserver_watch_events_sizes.
  void OnWatchEvents(std::string_view resource, std::size_t events, std::size_t bytes);
  // nekoplane_api_panics_total: requests that failed because of a bug.
  void OnPanic();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nekoplane::metrics
