// The Kubernetes API as one client of one life of the process uses it; says of each request what
// its answer promises.
//
// Thread safety: as http::Client.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

#include "api/base/clock.h"
#include "api/http/client.h"
#include "tests/blackbox/history.h"
#include "tests/blackbox/installation.h"
#include "tests/blackbox/kinds.h"
#include "tests/blackbox/recorder.h"

namespace nekoplane::blackbox {

struct Answer {
  int status = 0;  // 0: none came
  nlohmann::json body;
  bool late = false;  // none came in time, though nobody closed the connection

  bool ok() const { return status >= 200 && status < 300; }
};

class Api {
 public:
  explicit Api(const Endpoint& endpoint);

  Answer Call(const std::string& method, const std::string& path,
              const nlohmann::json& body = nullptr,
              const std::string& content_type = "application/json");

  // Calls back for each line of a watch until it ends, `stop` is requested or the callback returns
  // false. The status that it was answered with, 0 if none came.
  int Watch(const std::string& path, std::stop_token stop,
            const std::function<bool(const nlohmann::json&)>& on_line);

  // Lists, and records that. Nothing if there was no good answer.
  std::optional<Listing> List(const Kind& kind, Recorder& recorder);
  // Gets an object, and records that unless there was no answer; null if it is not there.
  nlohmann::json Get(const Kind& kind, const std::string& name, Recorder& recorder);

 private:
  http::ClientRequest Request(const std::string& method, const std::string& path) const;

  const Endpoint endpoint_;
  SystemClock clock_;
  std::unique_ptr<http::Client> http_;
};

}  // namespace nekoplane::blackbox
