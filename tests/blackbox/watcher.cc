#include "tests/blackbox/watcher.h"

#include <utility>

namespace nekoplane::blackbox {

using nlohmann::json;

Watcher::Watcher(const Kind& kind, const std::string& name, Recorder& recorder)
    : kind_(kind), recorder_(recorder), stream_(recorder.AddStream(name, kind.resource)) {}

void Watcher::Watch(const Endpoint& endpoint) {
  thread_ = std::jthread([this, endpoint](std::stop_token stop) { Run(endpoint, stop); });
}

void Watcher::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Watcher::Run(const Endpoint& endpoint, std::stop_token stop) {
  Api api(endpoint);
  while (!stop.stop_requested()) {
    if (last_ != 0 || List(api)) {
      const int status = api.Watch(
          WatchPath(kind_) +
              "?watch=1&allowWatchBookmarks=true&resourceVersion=" + std::to_string(last_),
          stop, [this](const json& line) { return OnLine(line); });
      if (status == 410) {
        last_ = 0;
      } else if (status >= 400) {
        recorder_.Complain("a watch of " + std::string(kind_.resource) + " from " +
                           std::to_string(last_) + " was answered " + std::to_string(status));
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

bool Watcher::List(Api& api) {
  const auto listing = api.List(kind_, recorder_);
  if (!listing) return false;
  last_ = listing->version;
  recorder_.Add(stream_,
                {.what = StreamItem::What::kListed, .at = recorder_.Now(), .version = last_});
  return true;
}

bool Watcher::OnLine(const json& line) {
  const Moment now = recorder_.Now();
  const std::string type = line.is_object() ? line.value("type", "") : "";
  if (type == "ERROR" && line["object"].value("code", 0) == 410) {
    last_ = 0;
    return false;
  }
  StreamItem item{.at = now};
  if (type == "ADDED") {
    item.type = EventType::kAdded;
  } else if (type == "MODIFIED") {
    item.type = EventType::kModified;
  } else if (type == "DELETED") {
    item.type = EventType::kDeleted;
  } else if (type == "BOOKMARK") {
    item.what = StreamItem::What::kBookmark;
  } else {
    recorder_.Complain("a watch of " + std::string(kind_.resource) + " said " + line.dump());
    return false;
  }
  item.state = StateOf(kind_, line["object"]);
  item.version = last_ = item.state.version;
  recorder_.Add(stream_, std::move(item));
  return true;
}

}  // namespace nekoplane::blackbox
