#include "tests/support/fake_engine/fake_engine.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

namespace nekoplane::testing {
namespace {

using Json = nlohmann::json;
using http::ClientRequest;
using http::ClientResponse;

constexpr char kCreatedAt[] = "2026-01-02T03:04:05Z";

std::string Unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// A URL taken apart: version, path below it, query.
struct Target {
  std::string version, path;
  std::map<std::string, std::string> query;
};

Target ParseTarget(const std::string& url) {
  Target out;
  std::string rest = url.substr(std::min(url.find('/', url.find("//") + 2), url.size()));
  const std::size_t question = rest.find('?');
  std::string query = question == std::string::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  if (rest.starts_with("/v1.")) {
    const std::size_t slash = rest.find('/', 1);
    out.version = rest.substr(2, slash - 2);
    rest = rest.substr(slash);
  }
  out.path = Unescape(rest);
  while (!query.empty()) {
    const std::size_t amp = query.find('&');
    const std::string pair = query.substr(0, amp);
    query = amp == std::string::npos ? "" : query.substr(amp + 1);
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) {
      out.query[pair.substr(0, equals)] = Unescape(pair.substr(equals + 1));
    }
  }
  return out;
}

int Minor(const std::string& version) { return std::atoi(version.c_str() + version.find('.') + 1); }

ClientResponse Reply(int status, const Json& body) { return {status, {}, body.dump()}; }

ClientResponse Refuse(int status, const std::string& message) {
  return Reply(status, Json{{"message", message}});
}

Json OtherTypes(const Json& value) {
  if (value.is_object() && !value.empty()) {
    Json out = Json::object();
    for (const auto& [key, member] : value.items()) {
      out[key] = member.is_structured() && !member.empty() ? OtherTypes(member)
                 : member.is_string()                      ? Json(7)
                                                           : Json("seven");
    }
    return out;
  }
  if (value.is_array() && !value.empty()) {
    Json out = Json::array();
    for (const Json& item : value) out.push_back(item.is_object() ? OtherTypes(item) : Json(7));
    return out;
  }
  return Json(42);
}

}  // namespace

struct FakeEngine::State {
  Plan plan;
  std::uint64_t calls = 0;
  std::vector<std::string> log;
  std::string api_version = "1.41", newest_accepted = "1.99";
  std::set<std::string> images = {"nekoplane/neko-standin:dev"};
  std::map<std::string, Container> containers;
  std::map<std::string, Json> volumes;
  bool forgetful = false;
  int start_status = 0, create_status = 0;
  std::string start_error, create_error;
  std::string pull_lines, pulled_image, logs;
  std::string events;  // everything since the last cut
  std::uint64_t cuts = 0;
  int listeners = 0;
  int next_id = 1;

  Container* Find(const std::string& ref) {
    for (auto& [name, container] : containers) {
      if (name == ref || container.id == ref) return &container;
    }
    return nullptr;
  }

  void Event(const Container& c, const char* action) {
    Json attributes = {{"name", c.name}};
    const Json config = Json::parse(c.config);
    if (config.contains("Labels")) attributes.update(config["Labels"]);
    events += Json{{"Type", "container"},
                   {"Action", action},
                   {"Actor", {{"ID", c.id}, {"Attributes", attributes}}},
                   {"time", 1}}
                  .dump() +
              "\n";
  }

  static Json Inspect(const Container& c) {
    const Json config = Json::parse(c.config);
    return {{"Id", c.id},
            {"Name", "/" + c.name},
            {"Created", kCreatedAt},
            {"Image", "sha256:feed"},
            {"Config", {{"Labels", config.value("Labels", Json::object())}}},
            {"State",
             {{"Status", c.status},
              {"ExitCode", c.exit_code},
              {"OOMKilled", false},
              {"StartedAt", c.starts > 0 ? kCreatedAt : "0001-01-01T00:00:00Z"}}}};
  }

  static Json Listed(const Container& c) {
    const Json config = Json::parse(c.config);
    return {
        {"Id", c.id},
        {"Names", {"/" + c.name}},
        {"ImageID", "sha256:feed"},
        {"Labels", config.value("Labels", Json::object())},
        {"State", c.status},
        {"Status", c.status == "exited" ? "Exited (" + std::to_string(c.exit_code) + ") now" : ""},
        {"Created", 1767323045}};
  }

  ClientResponse Create(const std::string& name, const std::string& body) {
    if (create_status != 0) return Refuse(create_status, create_error);
    const Json config = Json::parse(body, nullptr, false);
    if (config.is_discarded()) return Refuse(500, "invalid character");
    if (containers.contains(name)) {
      return Refuse(409, "Conflict. The container name \"/" + name + "\" is already in use");
    }
    const std::string image = config.value("Image", "");
    if (!images.contains(image)) return Refuse(404, "No such image: " + image);
    Container c;
    c.id = "c0ffee" + std::to_string(next_id++);
    c.name = name;
    c.config = body;
    Event(c, "create");
    const Json reply = {{"Id", c.id}, {"Warnings", Json::array()}};
    containers.emplace(name, std::move(c));
    return Reply(201, reply);
  }

  ClientResponse Start(Container& c) {
    if (c.status == "running") return {304, {}, ""};
    if (start_status != 0) return Refuse(start_status, start_error);
    c.status = "running";
    ++c.starts;
    Event(c, "start");
    return {204, {}, ""};
  }

  ClientResponse Stop(Container& c, int code) {
    if (c.status != "running") return {304, {}, ""};
    c.status = "exited";
    c.exit_code = code;
    Event(c, "die");
    return {204, {}, ""};
  }

  ClientResponse ContainerCall(const ClientRequest& request, const Target& target) {
    const std::string rest = target.path.substr(std::string_view("/containers/").size());
    const std::string ref = rest.substr(0, rest.find('/'));
    const std::string verb = rest.size() > ref.size() ? rest.substr(ref.size()) : "";
    Container* const c = Find(ref);
    if (c == nullptr) return Refuse(404, "No such container: " + ref);
    if (request.method == "GET" && verb == "/json") return Reply(200, Inspect(*c));
    if (request.method == "GET" && verb == "/logs") return {200, {}, logs};
    if (request.method == "POST" && verb == "/start") return Start(*c);
    if (request.method == "POST" && verb == "/stop") return Stop(*c, 0);
    if (request.method == "PUT" && verb == "/archive") {
      c->archives.push_back(request.body);
      return {200, {}, ""};
    }
    if (request.method == "DELETE" && verb.empty()) {
      if (c->status == "running" && !target.query.contains("force")) {
        return Refuse(409, "You cannot remove a running container");
      }
      Event(*c, "destroy");
      containers.erase(c->name);
      return {204, {}, ""};
    }
    return Refuse(404, "page not found");
  }

  ClientResponse VolumeCall(const ClientRequest& request, const Target& target) {
    const std::string name = target.path.substr(std::string_view("/volumes/").size());
    if (request.method == "POST" && name == "create") {
      const Json body = Json::parse(request.body);
      const std::string wanted = body.at("Name");
      const bool made =
          volumes
              .try_emplace(wanted, Json{{"Name", wanted},
                                        {"CreatedAt", kCreatedAt},
                                        {"Labels", body.value("Labels", Json::object())}})
              .second;
      Json reply = volumes.at(wanted);
      if (forgetful && !made) reply["Labels"] = nullptr;
      return Reply(201, reply);
    }
    const auto it = volumes.find(name);
    if (it == volumes.end()) return Refuse(404, "get " + name + ": no such volume");
    if (request.method == "GET") return Reply(200, it->second);
    for (const auto& [other, c] : containers) {
      if (c.config.find("\"" + name + "\"") != std::string::npos) {
        return Refuse(409, "remove " + name + ": volume is in use");
      }
    }
    volumes.erase(it);
    return {204, {}, ""};
  }

  ClientResponse Route(const ClientRequest& request) {
    const Target target = ParseTarget(request.url);
    log.push_back(request.method + " " + target.path);
    if (target.path == "/_ping") {
      return {200, {{"Api-Version", api_version}, {"Date", "Fri, 02 Jan 2026 03:04:05 GMT"}}, "OK"};
    }
    if (!target.version.empty() && Minor(target.version) > Minor(newest_accepted)) {
      return Refuse(400, "client version " + target.version +
                             " is too new. Maximum supported API " + "version is " +
                             newest_accepted);
    }
    if (target.path == "/version") {
      return Reply(200, {{"Version", "20.10.24"}, {"ApiVersion", api_version}, {"Arch", "amd64"}});
    }
    if (target.path == "/info") return Reply(200, {{"MemTotal", 8589934592}, {"NCPU", 4}});
    if (target.path == "/containers/create") return Create(target.query.at("name"), request.body);
    if (target.path == "/containers/json") {
      Json list = Json::array();
      for (const auto& [name, c] : containers) list.push_back(Listed(c));
      return Reply(200, list);
    }
    if (target.path.starts_with("/containers/")) return ContainerCall(request, target);
    if (target.path == "/volumes") {
      Json list = Json::array();
      for (const auto& [name, volume] : volumes) list.push_back(volume);
      return Reply(200, {{"Volumes", list}});
    }
    if (target.path.starts_with("/volumes/")) return VolumeCall(request, target);
    if (target.path.starts_with("/images/")) {
      std::string image = target.path.substr(8);
      image = image.substr(0, image.rfind("/json"));
      if (!images.contains(image)) return Refuse(404, "No such image: " + image);
      return Reply(200, {{"Id", "sha256:feed"}});
    }
    return Refuse(404, "page not found");
  }
};

const std::vector<FakeEngine::Fault>& FakeEngine::AllFaults() {
  static const std::vector<Fault> kAll = {Fault::kRefused,     Fault::kTimeout,   Fault::kLostReply,
                                          Fault::kServerError, Fault::kNotJson,   Fault::kTruncated,
                                          Fault::kWrongTypes,  Fault::kEmptyBody, Fault::kHugeReply,
                                          Fault::kRedirect};
  return kAll;
}

std::string_view FakeEngine::FaultName(Fault fault) {
  switch (fault) {
    case Fault::kNone:
      return "None";
    case Fault::kRefused:
      return "Refused";
    case Fault::kTimeout:
      return "Timeout";
    case Fault::kLostReply:
      return "LostReply";
    case Fault::kServerError:
      return "ServerError";
    case Fault::kNotJson:
      return "NotJson";
    case Fault::kTruncated:
      return "Truncated";
    case Fault::kWrongTypes:
      return "WrongTypes";
    case Fault::kEmptyBody:
      return "EmptyBody";
    case Fault::kHugeReply:
      return "HugeReply";
    case Fault::kRedirect:
      return "Redirect";
  }
  return "?";
}

FakeEngine::FakeEngine() : state_(std::make_unique<State>()) {}

FakeEngine::~FakeEngine() = default;

FakeEngine::Fault FakeEngine::Enter(const ClientRequest& request) {
  Plan plan;
  std::uint64_t number = 0;
  {
    MutexLock lock(mu_);
    number = ++state_->calls;
    plan = state_->plan;
  }
  return plan ? plan(number, request) : Fault::kNone;
}

ClientResponse FakeEngine::Answer(const ClientRequest& request) {
  MutexLock lock(mu_);
  ClientResponse response = state_->Route(request);
  changed_.NotifyAll();
  return response;
}

Result<ClientResponse> FakeEngine::Do(const Context& ctx, const ClientRequest& request) {
  if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
  const Fault fault = Enter(request);
  switch (fault) {
    case Fault::kRefused:
      return MakeStatus(Code::kUnavailable, "ConnectionRefused", "nobody listens");
    case Fault::kTimeout:
      return MakeStatus(Code::kTimeout, "DeadlineExceeded", "no answer");
    case Fault::kServerError:
      return Refuse(500, "something is odd");
    case Fault::kRedirect:
      return ClientResponse{302, {{"Location", "/elsewhere"}}, ""};
    default:
      break;
  }
  ClientResponse response = Answer(request);
  switch (fault) {
    case Fault::kLostReply:
      return MakeStatus(Code::kTimeout, "DeadlineExceeded", "the reply was lost");
    case Fault::kHugeReply:
      return MakeStatus(Code::kUnavailable, "ReplyTooLarge", "too much");
    case Fault::kNotJson:
      response.body = "\x01\xff{{{ not json";
      break;
    case Fault::kTruncated:
      response.body.resize(response.body.size() / 2);
      break;
    case Fault::kEmptyBody:
      response.body.clear();
      break;
    case Fault::kWrongTypes: {
      const Json right = Json::parse(response.body, nullptr, false);
      if (!right.is_discarded()) response.body = OtherTypes(right).dump();
      for (auto& [name, value] : response.headers) value = "seven";
      break;
    }
    default:
      break;
  }
  return response;
}

Result<ClientResponse> FakeEngine::Stream(const Context& ctx, const ClientRequest& request,
                                          const std::function<bool(std::string_view)>& on_data) {
  const Fault fault = Enter(request);
  if (fault == Fault::kRefused) {
    return MakeStatus(Code::kUnavailable, "ConnectionRefused", "nobody listens");
  }
  const auto cancelled = [] { return MakeStatus(Code::kCancelled, "Cancelled", "told to stop"); };
  const Target target = ParseTarget(request.url);
  if (target.path == "/images/create") {
    std::string lines;
    {
      MutexLock lock(mu_);
      state_->log.push_back(request.method + " " + target.path);
      lines = state_->pull_lines;
      if (fault == Fault::kTruncated) {
        lines.resize(lines.size() / 2);
      } else if (!state_->pulled_image.empty()) {
        state_->images.insert(state_->pulled_image);
      }
    }
    // In small pieces, as networks do.
    for (std::size_t i = 0; i < lines.size(); i += 7) {
      if (!on_data(std::string_view(lines).substr(i, 7))) return cancelled();
    }
    return ClientResponse{200, {}, ""};
  }
  std::size_t sent = 0;
  std::uint64_t cuts = 0;
  {
    MutexLock lock(mu_);
    state_->log.push_back(request.method + " " + target.path);
    cuts = state_->cuts;
    ++state_->listeners;
    changed_.NotifyAll();
  }
  const auto leave = [&](Result<ClientResponse> how) {
    MutexLock lock(mu_);
    --state_->listeners;
    return how;
  };
  for (;;) {
    std::string piece;
    {
      MutexLock lock(mu_);
      if (state_->cuts != cuts) {
        --state_->listeners;
        return ClientResponse{200, {}, ""};
      }
      piece = state_->events.substr(sent);
      if (piece.empty()) changed_.WaitFor(mu_, std::chrono::milliseconds(5));
    }
    if (ctx.stopped()) return leave(cancelled());
    sent += piece.size();
    if (!piece.empty() && !on_data(piece)) return leave(cancelled());
  }
}

void FakeEngine::SetPlan(Plan plan) {
  MutexLock lock(mu_);
  state_->plan = std::move(plan);
}

std::uint64_t FakeEngine::calls() const {
  MutexLock lock(mu_);
  return state_->calls;
}

std::vector<std::string> FakeEngine::log() const {
  MutexLock lock(mu_);
  return state_->log;
}

void FakeEngine::SetApiVersion(std::string version) {
  MutexLock lock(mu_);
  state_->api_version = std::move(version);
}

void FakeEngine::RefuseApiVersionsAbove(std::string version) {
  MutexLock lock(mu_);
  state_->newest_accepted = std::move(version);
}

void FakeEngine::AddImage(const std::string& image) {
  MutexLock lock(mu_);
  state_->images.insert(image);
}

void FakeEngine::SetStartError(int status, std::string message) {
  MutexLock lock(mu_);
  state_->start_status = message.empty() ? 0 : status;
  state_->start_error = std::move(message);
}

void FakeEngine::SetCreateError(int status, std::string message) {
  MutexLock lock(mu_);
  state_->create_status = message.empty() ? 0 : status;
  state_->create_error = std::move(message);
}

void FakeEngine::SetPullStream(std::string lines, std::string image_that_comes) {
  MutexLock lock(mu_);
  state_->pull_lines = std::move(lines);
  state_->pulled_image = std::move(image_that_comes);
}

void FakeEngine::SetLogs(std::string raw) {
  MutexLock lock(mu_);
  state_->logs = std::move(raw);
}

void FakeEngine::ForgetVolumeLabelsAtCreate() {
  MutexLock lock(mu_);
  state_->forgetful = true;
}

void FakeEngine::PutContainer(Container container) {
  MutexLock lock(mu_);
  const std::string name = container.name;
  state_->containers.insert_or_assign(name, std::move(container));
}

void FakeEngine::PutVolume(const std::string& name,
                           const std::map<std::string, std::string>& labels) {
  MutexLock lock(mu_);
  state_->volumes[name] = Json{{"Name", name}, {"CreatedAt", kCreatedAt}, {"Labels", labels}};
}

bool FakeEngine::Kill(const std::string& name, int exit_code) {
  MutexLock lock(mu_);
  Container* const c = state_->Find(name);
  if (c == nullptr) return false;
  state_->Stop(*c, exit_code);
  changed_.NotifyAll();
  return true;
}

bool FakeEngine::Remove(const std::string& name) {
  MutexLock lock(mu_);
  Container* const c = state_->Find(name);
  if (c == nullptr) return false;
  state_->Event(*c, "destroy");
  state_->containers.erase(name);
  changed_.NotifyAll();
  return true;
}

std::map<std::string, FakeEngine::Container> FakeEngine::containers() const {
  MutexLock lock(mu_);
  return state_->containers;
}

std::set<std::string> FakeEngine::volumes() const {
  MutexLock lock(mu_);
  std::set<std::string> names;
  for (const auto& [name, volume] : state_->volumes) names.insert(name);
  return names;
}

void FakeEngine::Emit(const std::string& raw) {
  MutexLock lock(mu_);
  state_->events += raw;
  changed_.NotifyAll();
}

void FakeEngine::CutStreams() {
  MutexLock lock(mu_);
  ++state_->cuts;
  state_->events.clear();
  changed_.NotifyAll();
}

int FakeEngine::listeners() const {
  MutexLock lock(mu_);
  return state_->listeners;
}

}  // namespace nekoplane::testing
