#include "controller/metrics/api_metrics.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>
#include <utility>

#include "api/base/mutex.h"
#include "controller/metrics/families.h"

namespace nekoplane::metrics {

namespace {

const Buckets kRequestBuckets = {0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1,  1.25, 1.5, 2,
                                 3,     4,     5,    6,   8,   10,  15,  20,  30, 45,   60};
const Buckets kEventSizeBuckets = {1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072};

// Kubernetes' verbs and how apiserver_request_total calls them; the last is for everything else.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kVerbs{{
    {"get", "GET"},
    {"list", "LIST"},
    {"watch", "WATCH"},
    {"create", "POST"},
    {"update", "PUT"},
    {"patch", "PATCH"},
    {"apply", "APPLY"},
    {"delete", "DELETE"},
    {"deletecollection", "DELETECOLLECTION"},
    {"", "OTHER"},
}};

std::size_t VerbIndex(std::string_view verb) {
  for (std::size_t i = 0; i + 1 < kVerbs.size(); ++i) {
    if (verb == kVerbs[i].first || verb == kVerbs[i].second) return i;
  }
  return kVerbs.size() - 1;
}

// The one subresource that exists; any other is a mistake of the caller.
enum class Sub { kNone, kStatus, kOther };

std::string_view SubName(Sub sub) {
  if (sub == Sub::kNone) return "";
  return sub == Sub::kStatus ? "status" : "other";
}

// Collections have the scope of what they hold; everything else is about one resource.
std::string ScopeOf(std::string_view verb, const ServedResource* served) {
  if (served == nullptr) return "";
  const bool collection = verb == "LIST" || verb == "WATCH" || verb == "DELETECOLLECTION";
  if (!collection) return "resource";
  return served->namespaced ? "namespace" : "cluster";
}

}  // namespace

struct ApiMetrics::Impl {
  // Index of a served resource (served.size() = none), subresource.
  struct Target {
    std::size_t resource = 0;
    Sub sub = Sub::kNone;
    friend auto operator<=>(const Target&, const Target&) = default;
  };

  // All series of one target and verb but those that differ by code.
  struct RequestSeries {
    prometheus::Histogram* duration = nullptr;
    std::map<int, prometheus::Counter*> by_code;
  };

  struct WatchSeries {
    prometheus::Gauge* open = nullptr;
    prometheus::Counter* events = nullptr;
    prometheus::Histogram* sizes = nullptr;
  };

  Impl(prometheus::Registry& r, const std::vector<ServedResource>& s)
      : served(s),
        requests(CounterFamily(r, "apiserver_request_total",
                               "Counter of apiserver requests broken out for each verb, dry run "
                               "value, group, version, resource, scope, component, and HTTP "
                               "response code.")),
        durations(HistogramFamily(r, "apiserver_request_duration_seconds",
                                  "Response latency distribution in seconds for each verb, dry run "
                                  "value, group, version, resource, subresource, scope and "
                                  "component.")),
        longrunning(GaugeFamily(r, "apiserver_longrunning_requests",
                                "Gauge of all active long-running apiserver requests broken out by "
                                "verb, group, version, resource, scope and component.")),
        watch_events(CounterFamily(r, "apiserver_watch_events_total",
                                   "Number of events sent in watch clients.")),
        watch_sizes(HistogramFamily(r, "apiserver_watch_events_sizes",
                                    "Watch event size distribution in bytes.")),
        panics(CounterFamily(r, "nekoplane_api_panics_total",
                             "Requests answered with 500 because their handler failed.")
                   .Add({})) {
    for (std::size_t i = 0; i < served.size(); ++i) by_name[Name(served[i])] = i;
    for (std::size_t i = 0; i < served.size(); ++i) {
      watches.push_back(MakeWatchSeries(served[i]));
    }
  }

  static std::string Name(const ServedResource& s) { return s.group + "/" + s.resource; }

  static prometheus::Labels ResourceLabels(const ServedResource& s) {
    return {{"group", s.group}, {"version", s.version}, {"resource", s.resource}};
  }

  WatchSeries MakeWatchSeries(const ServedResource& s) {
    prometheus::Labels open = ResourceLabels(s);
    open.insert({{"verb", "WATCH"},
                 {"subresource", ""},
                 {"scope", ScopeOf("WATCH", &s)},
                 {"component", "apiserver"}});
    return {&longrunning.Add(open), &watch_events.Add(ResourceLabels(s)),
            &watch_sizes.Add(ResourceLabels(s), kEventSizeBuckets)};
  }

  // Constant after construction, so no lock.
  Target Find(std::string_view path) const {
    if (path.empty()) return {served.size(), Sub::kNone};
    if (path.find('/') == std::string_view::npos) return Find(std::string("/") + std::string(path));
    const auto slash = path.find('/');
    const auto end = std::min(path.find('/', slash + 1), path.size());
    const auto it = by_name.find(path.substr(0, end));
    if (it == by_name.end()) return {served.size(), Sub::kNone};
    const auto sub = end < path.size() ? path.substr(end + 1) : std::string_view();
    if (sub.empty()) return {it->second, Sub::kNone};
    return {it->second, sub == "status" ? Sub::kStatus : Sub::kOther};
  }

  // The labels that a request has but for its code.
  prometheus::Labels LabelsOf(Target target, std::string_view verb) const {
    const ServedResource* kind =
        target.resource < served.size() ? &served[target.resource] : nullptr;
    prometheus::Labels labels = ResourceLabels(kind == nullptr ? ServedResource{} : *kind);
    labels.insert({{"verb", std::string(verb)},
                   {"dry_run", ""},
                   {"subresource", std::string(SubName(target.sub))},
                   {"scope", ScopeOf(verb, kind)},
                   {"component", "apiserver"}});
    return labels;
  }

  std::pair<prometheus::Counter*, prometheus::Histogram*> SeriesOf(Target target, std::size_t verb,
                                                                   int code) EXCLUDES(mu) {
    MutexLock lock(mu);
    RequestSeries& series = by_request[{target, verb}];
    if (series.duration == nullptr) {
      series.duration = &durations.Add(LabelsOf(target, kVerbs[verb].second), kRequestBuckets);
    }
    auto*& counter = series.by_code[code];
    if (counter == nullptr) {
      auto labels = LabelsOf(target, kVerbs[verb].second);
      labels["code"] = std::to_string(code);
      counter = &requests.Add(labels);
    }
    return {counter, series.duration};
  }

  const std::vector<ServedResource> served;
  std::map<std::string, std::size_t, std::less<>> by_name;
  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Histogram>& durations;
  prometheus::Family<prometheus::Gauge>& longrunning;
  prometheus::Family<prometheus::Counter>& watch_events;
  prometheus::Family<prometheus::Histogram>& watch_sizes;
  prometheus::Counter& panics;
  std::vector<WatchSeries> watches;  // by index of the served resource

  Mutex mu;
  std::map<std::pair<Target, std::size_t>, RequestSeries> by_request GUARDED_BY(mu);
};

ApiMetrics::ApiMetrics(prometheus::Registry& registry, const std::vector<ServedResource>& served)
    : impl_(std::make_unique<Impl>(registry, served)) {}

ApiMetrics::~ApiMetrics() = default;

void ApiMetrics::OnRequest(std::string_view verb, std::string_view resource, int code,
                           Duration took) {
  const int known_code = code >= 100 && code < 600 ? code : 0;
  const auto [count, duration] =
      impl_->SeriesOf(impl_->Find(resource), VerbIndex(verb), known_code);
  count->Increment();
  duration->Observe(Seconds(took));
}

void ApiMetrics::OnWatch(std::string_view resource, int delta) {
  const auto target = impl_->Find(resource).resource;
  if (target < impl_->watches.size()) impl_->watches[target].open->Increment(delta);
}

void ApiMetrics::OnWatchEvents(std::string_view resource, std::size_t events, std::size_t bytes) {
  const auto target = impl_->Find(resource).resource;
  if (target >= impl_->watches.size() || events == 0) return;
  impl_->watches[target].events->Increment(static_cast<double>(events));
  // The events of one batch are told together: each counts with their mean.
  const double mean = static_cast<double>(bytes) / static_cast<double>(events);
  std::vector<double> increments(kEventSizeBuckets.size() + 1);
  const auto bucket = std::lower_bound(kEventSizeBuckets.begin(), kEventSizeBuckets.end(), mean);
  increments[static_cast<std::size_t>(bucket - kEventSizeBuckets.begin())] =
      static_cast<double>(events);
  impl_->watches[target].sizes->ObserveMultiple(increments, static_cast<double>(bytes));
}

void ApiMetrics::OnPanic() { impl_->panics.Increment(); }

}  // namespace nekoplane::metrics
