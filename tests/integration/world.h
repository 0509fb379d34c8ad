// What an integration test works with: a real engine, real nekoplane processes, and the clients
// that people use. Everything a test makes carries its own installation and is gone when the test
// ends.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/http/client.h"
#include "controller/cmd/nekoctl/api_client.h"
#include "tests/integration/process.h"

namespace nekoplane::integration {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A port of loopback that nobody listens on at the moment.
int FreePort();

// The engine that ./dev test started: NEKO_TEST_ENGINE_DIR.
class Engine {
 public:
  static bool Available();
  Engine();
  // Another one, by its socket; Stop and Start are not for it.
  explicit Engine(std::string socket);

  bool Answers() { return Call("GET", "/_ping").first == 200; }

  std::string host() const { return "unix://" + socket_; }

  // All containers (any state) that carry the label; "" = all.
  std::vector<json> Containers(const std::string& label = "");
  std::vector<std::string> Volumes(const std::string& label = "");
  json Inspect(const std::string& id);
  void Kill(const std::string& id);
  void Remove(const std::string& id);
  void RemoveVolume(const std::string& name);
  // A container of the stand-in's image that is nobody's; returns its id.
  std::string RunForeign(const std::string& name, const json& overrides);
  void Stop();
  void Start();

 private:
  std::pair<int, std::string> Call(const std::string& method, const std::string& path,
                                   const json& body = nullptr);

  std::string folder_, socket_;
  SystemClock clock_;
  std::unique_ptr<http::Client> http_;
};

struct NekoplaneOptions {
  std::vector<std::string> flags;
  std::string http_ports, media_ports;  // "" = a range of this process's own
  bool wait_ready = true;
  std::string single_user = "me";  // "" = callers need the wrapper's token
};

// One installation: a data folder, and the process that runs on it (or not).
class Nekoplane {
 public:
  Nekoplane(Engine& engine, NekoplaneOptions options = {});
  ~Nekoplane();

  void Start();
  void Kill();                                      // SIGKILL
  int Terminate(milliseconds within = seconds(5));  // SIGTERM; the exit code, -1 if it did not end

  bool Running() { return process_ != nullptr && process_->Running(); }

  // Path below /apis/nekoplane.dev/v1alpha1/namespaces/default/.
  Result<json> Get(const std::string& path);
  Result<json> Create(const std::string& plural, const json& object);
  Result<json> Patch(const std::string& path, const json& merge_patch);
  Result<json> Delete(const std::string& path);
  Result<json> Raw(const std::string& method, const std::string& path, const json& body = nullptr);
  // A session named `name` of the stand-in's class; `spec` is merged over the default one.
  void CreateSession(const std::string& name, const json& spec = json::object());
  std::vector<json> Sessions();

  // "True", "False", "Unknown", or "" if absent.
  std::string Condition(const json& object, const std::string& type,
                        const std::string& field = "status");
  // The object once it is Ready; fails the test and returns null after `timeout`.
  json AwaitReady(const std::string& name, seconds timeout = seconds(30));
  bool AwaitGone(const std::string& name, seconds timeout = seconds(30));

  RunResult Ctl(std::vector<std::string> words, const std::string& input = "");
  RunResult Kubectl(std::vector<std::string> words, const std::string& input = "");
  // The plain HTTP port: wrapper, metrics, health.
  std::pair<int, std::string> Http(const std::string& method, const std::string& path,
                                   const json& body = nullptr, const http::Headers& headers = {});

  std::vector<json> Containers() { return engine_.Containers(label()); }

  std::vector<std::string> Volumes() { return engine_.Volumes(label()); }

  // Containers, volumes, claims and objects are exactly those of the sessions named, all Ready.
  void ExpectExactly(const std::set<std::string>& names, seconds timeout = seconds(60));

  std::string label() const { return "nekoplane.dev/installation=" + installation_; }

  const std::string& data() const { return data_; }

  const std::string& kubeconfig() const { return kubeconfig_; }

  int http_port() const { return http_port_; }

  std::string LogTail();

 private:
  Engine& engine_;
  const NekoplaneOptions options_;
  std::string folder_, data_, kubeconfig_, installation_;
  int api_port_ = 0, http_port_ = 0;
  std::string http_range_, media_range_;
  SystemClock clock_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<ctl::ApiClient> api_;
  std::unique_ptr<http::Client> http_;
};

class IntegrationTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Engine::Available())
        << "these tests need the engine that ./dev test integration starts";
    engine_ = std::make_unique<Engine>();
  }

  std::unique_ptr<Engine> engine_;
};

}  // namespace nekoplane::integration
