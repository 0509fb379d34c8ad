// A DockerDriver over a FakeEngine, and Neko's /health behind a switch.
#pragma once

#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/client.h"
#include "controller/runtime/docker/docker_driver.h"
#include "tests/support/fake_engine/fake_engine.h"
#include "tests/unit/controller/runtime/docker/test_spec.h"

namespace nekoplane::runtime {

class FakeProbe final : public http::Client {
 public:
  Result<http::ClientResponse> Do(const Context&, const http::ClientRequest& request) override {
    last_url = request.url;
    if (error) return *error;
    return http::ClientResponse{status, {}, body};
  }

  Result<http::ClientResponse> Stream(const Context&, const http::ClientRequest&,
                                      const std::function<bool(std::string_view)>&) override {
    return MakeStatus(Code::kInvalid, "StreamsNotSupported", "a probe does not stream");
  }

  int status = 200;
  std::string body = "true";
  std::optional<Status> error;
  std::string last_url;
};

inline DockerDriverOptions TestOptions(const std::string& installation = "inst") {
  DockerDriverOptions options;
  options.node = "host";
  options.installation = installation;
  options.events.first_backoff = std::chrono::milliseconds(1);
  options.events.max_backoff = std::chrono::milliseconds(5);
  return options;
}

struct Harness {
  SystemClock clock;
  NullLogger log;
  testing::FakeEngine engine;
  FakeProbe probe;
  DockerDriver driver{{clock, engine, probe, log}, TestOptions()};
  Context ctx;
};

}  // namespace nekoplane::runtime
