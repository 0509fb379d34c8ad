#include "tests/integration/world.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace nekoplane::integration {

namespace {

constexpr char kApi[] = "/apis/nekoplane.dev/v1alpha1/";

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string BinFolder() { return std::string(NEKO_BIN_DIR); }

std::string Escape(const std::string& text) { return ctl::QueryEscape(text); }

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

bool Engine::Available() {
  const char* folder = std::getenv("NEKO_TEST_ENGINE_DIR");
  return folder != nullptr && *folder != '\0';
}

Engine::Engine() : folder_(std::getenv("NEKO_TEST_ENGINE_DIR")), socket_(folder_ + "/docker.sock") {
  http_ = http::MakeCurlClient(clock_, {.unix_socket = socket_});
  if (!Answers()) Start();
}

Engine::Engine(std::string socket)
    : socket_(std::move(socket)), http_(http::MakeCurlClient(clock_, {.unix_socket = socket_})) {}

std::pair<int, std::string> Engine::Call(const std::string& method, const std::string& path,
                                         const json& body) {
  http::ClientRequest request{
      .method = method, .url = "http://engine" + path, .headers = {}, .body = ""};
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.emplace_back("Content-Type", "application/json");
  }
  auto reply = http_->Do(Context().WithTimeout(clock_, seconds(60)), request);
  if (!reply) return {0, reply.error().message};
  return {reply->status, reply->body};
}

std::vector<json> Engine::Containers(const std::string& label) {
  const json filters = label.empty() ? json::object() : json{{"label", {label}}};
  const auto [status, body] =
      Call("GET", "/containers/json?all=1&filters=" + Escape(filters.dump()));
  if (status != 200) return {};
  return json::parse(body).get<std::vector<json>>();
}

std::vector<std::string> Engine::Volumes(const std::string& label) {
  const json filters = label.empty() ? json::object() : json{{"label", {label}}};
  const auto [status, body] = Call("GET", "/volumes?filters=" + Escape(filters.dump()));
  std::vector<std::string> out;
  if (status != 200) return out;
  const json reply = json::parse(body);
  if (reply["Volumes"].is_null()) return out;
  for (const json& volume : reply["Volumes"]) out.push_back(volume["Name"]);
  return out;
}

json Engine::Inspect(const std::string& id) {
  const auto [status, body] = Call("GET", "/containers/" + id + "/json");
  return status == 200 ? json::parse(body) : json();
}

void Engine::Kill(const std::string& id) { Call("POST", "/containers/" + id + "/kill"); }

void Engine::Remove(const std::string& id) { Call("DELETE", "/containers/" + id + "?force=1&v=1"); }

void Engine::RemoveVolume(const std::string& name) {
  Call("DELETE", "/volumes/" + name + "?force=1");
}

std::string Engine::RunForeign(const std::string& name, const json& overrides) {
  json body = {
      {"Image", "nekoplane/neko-standin:dev"},
      {"Env",
       {"NEKO_SERVER_BIND=:8080", "NEKO_WEBRTC_NAT1TO1=127.0.0.1", "NEKO_WEBRTC_UDPMUX=59999",
        "NEKO_WEBRTC_TCPMUX=59999", "NEKO_SESSION_API_TOKEN=t", "NEKO_DESKTOP_SCREEN=1280x720@30",
        "NEKO_MEMBER_MULTIUSER_USER_PASSWORD=u", "NEKO_MEMBER_MULTIUSER_ADMIN_PASSWORD=a"}}};
  body.merge_patch(overrides);
  const auto [status, reply] = Call("POST", "/containers/create?name=" + name, body);
  EXPECT_EQ(status, 201) << reply;
  if (status != 201) return "";
  const std::string id = json::parse(reply)["Id"];
  const auto [started, why] = Call("POST", "/containers/" + id + "/start");
  EXPECT_EQ(started, 204) << why;
  return id;
}

void Engine::Stop() {
  const RunResult done = RunToEnd({NEKO_SOURCE_DIR "/tests/support/engine.sh", "stop", folder_});
  EXPECT_EQ(done.exit_code, 0) << done.err;
}

void Engine::Start() {
  const RunResult done = RunToEnd({NEKO_SOURCE_DIR "/tests/support/engine.sh", "start", folder_});
  ASSERT_EQ(done.exit_code, 0) << done.err;
}

Nekoplane::Nekoplane(Engine& engine, NekoplaneOptions options)
    : engine_(engine), options_(std::move(options)) {
  // Two installations of one test must not fight for ports, nor may tests that run one after
  // another.
  static std::atomic<int> slot = 0;
  const int n = (getpid() * 2 + slot++) % 100;
  http_range_ = options_.http_ports.empty()
                    ? std::to_string(10000 + n * 60) + "-" + std::to_string(10059 + n * 60)
                    : options_.http_ports;
  media_range_ = options_.media_ports.empty()
                     ? std::to_string(20000 + n * 60) + "-" + std::to_string(20059 + n * 60)
                     : options_.media_ports;
  folder_ = (std::filesystem::temp_directory_path() / "nekoplane-test-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) std::abort();
  data_ = folder_ + "/data";
  kubeconfig_ = data_ + "/admin.kubeconfig";
  api_port_ = FreePort();
  http_port_ = FreePort();
  http_ = http::MakeRestClient(clock_);
  Start();
}

Nekoplane::~Nekoplane() {
  if (testing::Test::HasFailure()) std::cerr << "last words of nekoplane:\n" << LogTail() << '\n';
  process_.reset();
  if (!installation_.empty()) {
    for (const json& container : Containers()) engine_.Remove(container["Id"]);
    for (const std::string& volume : Volumes()) engine_.RemoveVolume(volume);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Nekoplane::LogTail() {
  const std::string text = ReadAll(folder_ + "/nekoplane.log");
  return text.substr(text.size() > 6000 ? text.size() - 6000 : 0);
}

void Nekoplane::Start() {
  std::vector<std::string> argv = {BinFolder() + "/nekoplane",
                                   "serve",
                                   "--data-dir",
                                   data_,
                                   "--docker-host",
                                   engine_.host(),
                                   "--api-listen",
                                   "127.0.0.1:" + std::to_string(api_port_),
                                   "--http-listen",
                                   "127.0.0.1:" + std::to_string(http_port_),
                                   "--advertise-address",
                                   "127.0.0.1",
                                   "--host-memory-floor",
                                   "256Mi",
                                   "--http-ports",
                                   http_range_,
                                   "--media-ports",
                                   media_range_};
  if (!options_.single_user.empty())
    argv.insert(argv.end(), {"--single-user", options_.single_user});
  argv.insert(argv.end(), options_.flags.begin(), options_.flags.end());
  process_ = std::make_unique<Process>(argv, std::map<std::string, std::string>{},
                                       folder_ + "/nekoplane.log");
  if (!options_.wait_ready) return;
  ASSERT_TRUE(
      Eventually(seconds(20), [&] { return !Running() || Http("GET", "/readyz").first == 200; }) &&
      Running())
      << "nekoplane did not become ready:\n"
      << LogTail();
  auto cluster = ctl::ParseKubeconfig(ReadAll(kubeconfig_), kubeconfig_, data_);
  ASSERT_TRUE(cluster) << cluster.error().message;
  api_ = std::make_unique<ctl::ApiClient>(clock_, *cluster);
  installation_ = ReadAll(data_ + "/installation-id");
  while (!installation_.empty() && installation_.back() == '\n') installation_.pop_back();
  const RunResult applied =
      Ctl({"apply", "-f", NEKO_SOURCE_DIR "/manifests/samples/class-standin.yaml"});
  ASSERT_EQ(applied.exit_code, 0) << applied.err;
}

void Nekoplane::Kill() {
  process_->Signal(SIGKILL);
  process_->Wait(seconds(10));
}

int Nekoplane::Terminate(milliseconds within) {
  process_->Signal(SIGTERM);
  return process_->Wait(within);
}

Result<json> Nekoplane::Raw(const std::string& method, const std::string& path, const json& body) {
  if (method == "GET") return api_->Get(path);
  return api_->Send(method, path, body,
                    method == "PATCH" ? "application/merge-patch+json" : "application/json");
}

Result<json> Nekoplane::Get(const std::string& path) {
  return Raw("GET", std::string(kApi) + "namespaces/default/" + path);
}

Result<json> Nekoplane::Create(const std::string& plural, const json& object) {
  return Raw("POST", std::string(kApi) + "namespaces/default/" + plural, object);
}

Result<json> Nekoplane::Patch(const std::string& path, const json& merge_patch) {
  return Raw("PATCH", std::string(kApi) + "namespaces/default/" + path, merge_patch);
}

Result<json> Nekoplane::Delete(const std::string& path) {
  return Raw("DELETE", std::string(kApi) + "namespaces/default/" + path);
}

void Nekoplane::CreateSession(const std::string& name, const json& spec) {
  json object = {{"apiVersion", "nekoplane.dev/v1alpha1"},
                 {"kind", "BrowserSession"},
                 {"metadata", {{"name", name}}},
                 {"spec", {{"url", "about:blank"}, {"classRef", {{"name", "chromium"}}}}}};
  object["spec"].merge_patch(spec);
  const auto created = Create("browsersessions", object);
  ASSERT_TRUE(created) << created.error().ToString();
}

std::vector<json> Nekoplane::Sessions() {
  const auto list = Get("browsersessions");
  EXPECT_TRUE(list) << list.error().ToString();
  return list ? (*list)["items"].get<std::vector<json>>() : std::vector<json>();
}

std::string Nekoplane::Condition(const json& object, const std::string& type,
                                 const std::string& field) {
  const auto pointer = "/status/conditions"_json_pointer;
  if (!object.contains(pointer)) return "";
  for (const json& condition : object.at(pointer)) {
    if (condition.value("type", "") == type) return condition.value(field, "");
  }
  return "";
}

json Nekoplane::AwaitReady(const std::string& name, seconds timeout) {
  json last;
  const bool ready = Eventually(timeout, [&] {
    const auto now = Get("browsersessions/" + name);
    if (!now) return false;
    last = *now;
    return Condition(last, "Ready") == "True" && Condition(last, "Healthy") != "False" &&
           last["status"].value("observedGeneration", 0) == last["metadata"].value("generation", 0);
  });
  EXPECT_TRUE(ready) << name << " is not Ready: " << last.dump(1);
  return last;
}

bool Nekoplane::AwaitGone(const std::string& name, seconds timeout) {
  return Eventually(timeout, [&] { return Get("browsersessions/" + name).is(Code::kNotFound); });
}

RunResult Nekoplane::Ctl(std::vector<std::string> words, const std::string& input) {
  words.insert(words.begin(), BinFolder() + "/nekoctl");
  return RunToEnd(words, {{"KUBECONFIG", kubeconfig_}}, input);
}

RunResult Nekoplane::Kubectl(std::vector<std::string> words, const std::string& input) {
  const char* kubectl = std::getenv("KUBECTL");
  words.insert(words.begin(), kubectl != nullptr ? kubectl : "kubectl");
  return RunToEnd(words, {{"KUBECONFIG", kubeconfig_}, {"HOME", folder_}}, input);
}

std::pair<int, std::string> Nekoplane::Http(const std::string& method, const std::string& path,
                                            const json& body, const http::Headers& headers) {
  http::ClientRequest request{.method = method,
                              .url = "http://127.0.0.1:" + std::to_string(http_port_) + path,
                              .headers = headers,
                              .body = body.is_null() ? "" : body.dump()};
  if (!body.is_null()) request.headers.emplace_back("Content-Type", "application/json");
  auto reply = http_->Do(Context().WithTimeout(clock_, seconds(30)), request);
  if (!reply) return {0, reply.error().message};
  return {reply->status, reply->body};
}

void Nekoplane::ExpectExactly(const std::set<std::string>& names, seconds timeout) {
  std::string why;
  const bool converged = Eventually(timeout, [&] {
    std::set<std::string> uids, found_names;
    for (const json& session : Sessions()) {
      if (Condition(session, "Ready") != "True") {
        why = "not Ready: " + session.dump();
        return false;
      }
      found_names.insert(session["metadata"]["name"]);
      uids.insert(session["metadata"]["uid"]);
    }
    if (found_names != names) {
      why = "sessions: " + json(found_names).dump();
      return false;
    }
    std::set<std::string> container_uids;
    std::set<int> ports;
    const auto containers = Containers();
    for (const json& container : containers) {
      container_uids.insert(container["Labels"].value("nekoplane.dev/session-uid", ""));
      for (const json& port : container["Ports"]) {
        if (port.contains("PublicPort") && port.value("Type", "") == "tcp")
          ports.insert(port["PublicPort"].get<int>());
      }
    }
    if (container_uids != uids || containers.size() != uids.size()) {
      why = "containers: " + json(containers).dump();
      return false;
    }
    if (ports.size() != 2 * uids.size()) {
      why = "published ports: " + json(ports).dump();
      return false;
    }
    if (Volumes().size() != uids.size()) {
      why = "volumes: " + json(Volumes()).dump();
      return false;
    }
    const auto secrets = Raw("GET", "/api/v1/namespaces/default/secrets");
    if (!secrets || (*secrets)["items"].size() != uids.size()) {
      why = "secrets: " +
            (secrets ? std::to_string((*secrets)["items"].size()) : secrets.error().ToString());
      return false;
    }
    return true;
  });
  EXPECT_TRUE(converged) << why;
  // The rows themselves: one instance, one profile and three ports (tcp http, tcp and udp media)
  // each.
  const RunResult rows =
      RunToEnd({"sqlite3", "-readonly", data_ + "/nekoplane.db",
                "SELECT kind, count(*) FROM claims GROUP BY kind ORDER BY kind"});
  ASSERT_EQ(rows.exit_code, 0) << rows.err;
  const std::string n = std::to_string(names.size()), twice = std::to_string(2 * names.size());
  EXPECT_EQ(rows.out, names.empty() ? ""
                                    : "instance|" + n + "\nport-tcp|" + twice + "\nport-udp|" + n +
                                          "\nprofile|" + n + "\n");
}

}  // namespace nekoplane::integration
