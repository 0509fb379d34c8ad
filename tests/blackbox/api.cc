#include "tests/blackbox/api.h"

#include <utility>

namespace nekoplane::blackbox {
namespace {

using nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(20);

}  // namespace

Api::Api(const Endpoint& endpoint)
    : endpoint_(endpoint), http_(http::MakeCurlClient(clock_, {.ca_pem = endpoint.ca_pem})) {}

http::ClientRequest Api::Request(const std::string& method, const std::string& path) const {
  return {
      .method = method,
      .url = endpoint_.url + path,
      .headers = {{"Authorization", "Bearer " + endpoint_.token}, {"Accept", "application/json"}}};
}

Answer Api::Call(const std::string& method, const std::string& path, const json& body,
                 const std::string& content_type) {
  http::ClientRequest request = Request(method, path);
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.emplace_back("Content-Type", content_type);
  }
  const auto reply = http_->Do(Context().WithTimeout(clock_, kPatience), request);
  if (!reply) return {.late = reply.is(Code::kTimeout)};
  return {reply->status, json::parse(reply->body, nullptr, false)};
}

int Api::Watch(const std::string& path, std::stop_token stop,
               const std::function<bool(const json&)>& on_line) {
  std::string rest;
  bool opened = false;
  const auto reply = http_->Stream(Context(stop), Request("GET", path), [&](std::string_view data) {
    opened = true;
    rest.append(data);
    std::size_t from = 0;
    for (std::size_t end; (end = rest.find('\n', from)) != std::string::npos; from = end + 1) {
      const json line =
          json::parse(rest.begin() + static_cast<std::ptrdiff_t>(from),
                      rest.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
      if (!on_line(line)) return false;
    }
    rest.erase(0, from);
    return true;
  });
  if (reply) return reply->status;
  return opened ? 200 : 0;
}

std::optional<Listing> Api::List(const Kind& kind, Recorder& recorder) {
  Listing listing{.resource = kind.resource, .invoked = recorder.Now()};
  const Answer answer = Call("GET", WatchPath(kind));
  if (!answer.ok()) return std::nullopt;
  listing.answered = recorder.Now();
  listing.version =
      std::stoull(answer.body.at("metadata").at("resourceVersion").get<std::string>());
  for (const json& item : answer.body.at("items")) listing.items.push_back(StateOf(kind, item));
  recorder.Add(listing);
  return listing;
}

json Api::Get(const Kind& kind, const std::string& name, Recorder& recorder) {
  Read read{.key = KeyOf(kind, name), .invoked = recorder.Now()};
  Answer answer = Call("GET", ObjectPath(kind, name));
  read.answered = recorder.Now();
  if (answer.ok()) {
    read.state = StateOf(kind, answer.body);
    recorder.Add(std::move(read));
    return std::move(answer.body);
  }
  if (answer.status == 404) {
    recorder.Add(std::move(read));
  } else if (answer.status != 0 || answer.late) {
    recorder.Complain("GET of " + read.key + " was answered " + std::to_string(answer.status) +
                      " " + answer.body.dump());
  }
  return nullptr;
}

}  // namespace nekoplane::blackbox
