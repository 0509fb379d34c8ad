#include "tests/support/fake_taos_worker/fake_taos_worker.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace nekoplane::testing {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFirstHttpPort = 8800, kFirstMediaPort = 59000, kMediaPorts = 10;
constexpr char kImage[] = "ghcr.io/m1k1o/neko/chromium:latest";

http::ClientResponse Reply(int status, const Json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

std::string Text(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace

Result<http::ClientResponse> FakeTaosWorker::Do(const Context& ctx,
                                                const http::ClientRequest& request) {
  if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
  if (ctx.deadline() <= clock_.Now()) return MakeStatus(Code::kTimeout, "Timeout", "out of time");
  const std::string base = kUrl;
  if (!request.url.starts_with(base + "/")) {
    for (const auto& [name, container] : containers) {
      const std::string health =
          "http://192.168.1.9:" + std::to_string(container.http_port) + "/health";
      if (request.url != health) continue;
      if (!container.healthy) return http::ClientResponse{.status = 503, .headers = {}, .body = ""};
      return http::ClientResponse{.status = 200, .headers = {}, .body = "true\n"};
    }
    return MakeStatus(Code::kUnavailable, "ConnectionRefused", "connection refused");
  }
  if (down) return MakeStatus(Code::kUnavailable, "ConnectionRefused", "connection refused");
  const std::string path = request.url.substr(base.size());
  if (path == "/openapi.json") return Reply(200, {{"openapi", "3.1.0"}});
  std::string authorization;
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") authorization = value;
  }
  http::ClientResponse response = Reply(404, {{"detail", "Not Found"}});
  if (!auth_token.empty() && authorization != "Bearer " + auth_token) {
    response = Reply(401, {{"detail", "Unauthorized"}});
  } else if (path == "/worker/browser/start") {
    response = Start(request.body);
  } else if (path == "/worker/browser/stop") {
    response = Stop(request.body);
  }
  calls.push_back(
      {request.method + " " + path, authorization, request.body, response.status, response.body});
  if (path == "/worker/browser/start" && response.status == 200) {
    if (std::exchange(lose_next_reply, false)) {
      return MakeStatus(Code::kTimeout, "Timeout", "no answer in time");
    }
    if (next_reply) response.body = *std::exchange(next_reply, std::nullopt);
  }
  return response;
}

Result<http::ClientResponse> FakeTaosWorker::Stream(
    const Context& /*ctx*/, const http::ClientRequest& /*request*/,
    const std::function<bool(std::string_view)>& /*on_data*/) {
  return MakeStatus(Code::kInvalid, "StreamsNotSupported", "a worker streams nothing");
}

void FakeTaosWorker::Reboot() {
  containers.clear();
  freed_.clear();
  slots_.clear();
  next_slot_ = 0;
}

int FakeTaosWorker::TakeSlot() {
  int slot = next_slot_;
  if (freed_.empty()) {
    ++next_slot_;
  } else {
    slot = freed_.back();
    freed_.pop_back();
  }
  slots_.insert(slot);
  return slot;
}

http::ClientResponse FakeTaosWorker::Start(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const std::string session = Text(json, "session_id"), volume = Text(json, "profile_volume");
  if (session.empty() || volume.empty()) {
    return Reply(422, {{"detail", Json::array({{{"loc", {"body", "session_id"}},
                                                {"msg", "Field required"},
                                                {"type", "missing"}}})}});
  }
  const int slot = TakeSlot();
  if (pull_fails) {  // the slot stays taken
    return Reply(500, {{"error", std::string("docker pull ") + kImage + " failed: no such host"}});
  }
  const std::string name = "taos-neko-" + session;
  if (containers.contains(name)) {
    slots_.erase(slot);
    freed_.push_back(slot);
    return Reply(
        500, {{"error",
               "docker run failed (rc=125): docker: Error response from daemon: "
               "Conflict. The container name \"/" +
                   name + "\" is already in use by container \"" + containers[name].id + "\"."}});
  }
  Container container{.id = "c0ffee" + std::to_string(++next_id_),
                      .volume = volume,
                      .http_port = kFirstHttpPort + slot};
  containers[name] = container;
  volumes.insert(volume);
  const std::string url = "http://192.168.1.9:" + std::to_string(container.http_port) +
                          "/?usr=neko&pwd=made-by-the-worker-" + std::to_string(next_id_);
  const int lo = kFirstMediaPort + kMediaPorts * slot;
  return Reply(200, {{"container_id", container.id},
                     {"neko_url", url},
                     {"cdp_url", nullptr},
                     {"http_port", container.http_port},
                     {"epr_lo", lo},
                     {"epr_hi", lo + kMediaPorts - 1},
                     {"image", kImage},
                     {"encode", "software"}});
}

http::ClientResponse FakeTaosWorker::Stop(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  const std::string wanted = Text(json, "container_id");
  if (wanted.empty()) return Reply(422, {{"detail", Json::array()}});
  if (!docker_stop_fails) {
    std::erase_if(containers, [&](const auto& item) {
      return item.first == wanted || item.second.id == wanted;
    });
  }
  if (const auto it = json.find("http_port"); it != json.end() && it->is_number_integer()) {
    const int slot = it->get<int>() - kFirstHttpPort;
    if (slots_.erase(slot) > 0) freed_.push_back(slot);
  }
  return Reply(200, {{"ok", true}});
}

}  // namespace nekoplane::testing
