#include "tests/conformance/docker_world.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>
#include <vector>

#include "api/base/log.h"
#include "api/base/random.h"
#include "api/http/client.h"
#include "controller/runtime/docker/docker_driver.h"
#include "controller/runtime/docker/endpoint.h"

namespace nekoplane::conformance {
namespace {

using Json = nlohmann::json;

std::string Env(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string TestImage() {
  const std::string image = Env("NEKO_TEST_IMAGE");
  return image.empty() ? "nekoplane/neko-standin:dev" : image;
}

// A socket that holds a port on all addresses; -1 if somebody has it.
int Bind(int type, int port) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      (type == SOCK_STREAM && listen(fd, 1) != 0)) {
    close(fd);
    return -1;
  }
  return fd;
}

class DockerWorld final : public RuntimeWorld {
 public:
  DockerWorld(runtime::docker::Endpoint endpoint, std::unique_ptr<http::Client> engine)
      : endpoint_(std::move(endpoint)),
        engine_(std::move(engine)),
        probe_(http::MakeRestClient(clock_)),
        installation_("conformance-" + NewNameSuffix(random_, 10)) {}

  ~DockerWorld() override {
    for (const std::string& name : foreign_containers_) {
      Call("DELETE", "/containers/" + name + "?force=1");
    }
    for (const std::string& name : foreign_volumes_) Call("DELETE", "/volumes/" + name);
  }

  std::shared_ptr<RuntimeDriver> MakeDriver(const std::string& installation) override {
    runtime::DockerDriverOptions options;
    options.node = "host";
    options.installation = installation;
    options.api.base_url = endpoint_.base_url;
    options.probe_host = endpoint_.host;
    return std::make_shared<runtime::DockerDriver>(
        runtime::DockerDriverDeps{clock_, *engine_, *probe_, log_}, std::move(options));
  }

  const Clock& clock() const override { return clock_; }

  std::string installation() const override { return installation_; }

  std::string NewUid() override { return nekoplane::NewUid(random_); }

  std::string image() const override { return TestImage(); }

  int NewPort() override {
    // Below the ephemeral range; two processes seldom meet, and the check keeps them apart.
    for (;;) {
      const int port = 20000 + static_cast<int>(random_.Below(12000));
      const int tcp = Bind(SOCK_STREAM, port), udp = Bind(SOCK_DGRAM, port);
      if (tcp >= 0) close(tcp);
      if (udp >= 0) close(udp);
      if (tcp >= 0 && udp >= 0) return port;
    }
  }

  void Kill(const std::string& uid) override {
    EXPECT_EQ(Call("POST", "/containers/" + runtime::ContainerName(uid) + "/kill").status, 204);
  }

  void RemoveBehindBack(const std::string& uid) override {
    EXPECT_EQ(Call("DELETE", "/containers/" + runtime::ContainerName(uid) + "?force=1").status,
              204);
  }

  std::shared_ptr<void> HoldPort(int port) override {
    const int fd = Bind(SOCK_STREAM, port);
    EXPECT_GE(fd, 0);
    return {nullptr, [fd](void*) { close(fd); }};
  }

  void AddForeignContainer(const std::string& name) override {
    foreign_containers_.push_back(name);
    EXPECT_EQ(Call("POST", "/containers/create?name=" + name, {{"Image", image()}}).status, 201);
  }

  void AddForeignVolume(const std::string& name) override {
    foreign_volumes_.push_back(name);
    EXPECT_EQ(Call("POST", "/volumes/create", {{"Name", name}}).status, 201);
  }

  bool ContainerExists(const std::string& name) override {
    return Call("GET", "/containers/" + name + "/json").status == 200;
  }

  bool VolumeExists(const std::string& name) override {
    return Call("GET", "/volumes/" + name).status == 200;
  }

  std::optional<std::string> ReadFile(const std::string& uid, const std::string& path) override {
    const auto reply =
        Call("GET", "/containers/" + runtime::ContainerName(uid) + "/archive?path=" + path);
    if (reply.status != 200 || reply.body.size() < 1024) return std::nullopt;
    // A tar archive of one file: its size is at byte 124, its content follows the first block.
    const auto size = std::strtoul(reply.body.substr(124, 11).c_str(), nullptr, 8);
    return reply.body.substr(512, size);
  }

  void Wait() override { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }

  http::ClientResponse Call(const std::string& method, const std::string& path,
                            const Json& body = nullptr) {
    http::ClientRequest request;
    request.method = method;
    request.url = endpoint_.base_url + path;
    if (!body.is_null()) {
      request.headers = {{"Content-Type", "application/json"}};
      request.body = body.dump();
    }
    auto response = engine_->Do(Context().WithTimeout(clock_, std::chrono::seconds(30)), request);
    if (response) return *response;
    return {0, {}, response.error().ToString()};
  }

 private:
  const SystemClock clock_;
  NullLogger log_;
  SystemRandom random_;
  const runtime::docker::Endpoint endpoint_;
  const std::unique_ptr<http::Client> engine_;
  const std::unique_ptr<http::Client> probe_;
  const std::string installation_;
  std::vector<std::string> foreign_containers_, foreign_volumes_;
};

}  // namespace

Result<std::unique_ptr<RuntimeWorld>> MakeDockerWorld() {
  static const SystemClock kClock;
  std::string host = Env("NEKO_TEST_DOCKER_HOST");
  if (host.empty()) host = Env("DOCKER_HOST");
  if (host.empty()) {
    return MakeStatus(Code::kUnavailable, "NoEngine",
                      "neither NEKO_TEST_DOCKER_HOST nor DOCKER_HOST names a container engine");
  }
  NEKO_TRY(auto endpoint, runtime::docker::ParseEndpoint(host, /*tls=*/false));
  auto engine = http::MakeCurlClient(kClock, {.unix_socket = endpoint.unix_socket});
  auto world = std::make_unique<DockerWorld>(std::move(endpoint), std::move(engine));
  if (const auto ping = world->Call("GET", "/_ping"); ping.status != 200) {
    return MakeStatus(Code::kUnavailable, "NoEngine",
                      "no container engine answers at " + host + ": " + ping.body);
  }
  if (world->Call("GET", "/images/" + TestImage() + "/json").status != 200) {
    const std::string build = "NEKO_STANDIN_BINARY='" NEKO_STANDIN_BINARY "' DOCKER_HOST='" + host +
                              "' '" NEKO_STANDIN_SCRIPT "' '" + TestImage() + "' >&2";
    if (std::system(build.c_str()) != 0) {
      return MakeStatus(Code::kUnavailable, "NoImage",
                        "the stand-in image could not be built in the engine at " + host);
    }
  }
  return std::unique_ptr<RuntimeWorld>(std::move(world));
}

}  // namespace nekoplane::conformance
