// A Prometheus of the test's own, Debian's, that scrapes one nekoplane with the rules we ship.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "api/base/clock.h"
#include "api/http/client.h"
#include "tests/integration/process.h"

namespace nekoplane::integration {

class Prometheus {
 public:
  // Scrapes `127.0.0.1:<port>/metrics` every second. Its data lies in `folder`, which exists.
  Prometheus(const std::string& folder, int port);

  // Data of GET /api/v1/<path>; null if it does not answer 200.
  nlohmann::json Get(const std::string& path);
  // Whether the query returns a number now (NaN is none). `error`: why not.
  bool HasData(const std::string& query, std::string& error);
  bool AwaitUp();

 private:
  SystemClock clock_;
  std::unique_ptr<http::Client> http_;
  std::string address_, log_;
  std::unique_ptr<Process> process_;
};

}  // namespace nekoplane::integration
