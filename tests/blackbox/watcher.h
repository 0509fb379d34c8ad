// One client that watches one resource for as long as the installation exists: a thread per life,
// resuming from the last version that it saw.
#pragma once

#include <memory>
#include <stop_token>
#include <thread>

#include "tests/blackbox/api.h"

namespace nekoplane::blackbox {

class Watcher {
 public:
  // `recorder` outlives the watcher.
  Watcher(const Kind& kind, const std::string& name, Recorder& recorder);

  // REQUIRES: not watching.
  void Watch(const Endpoint& endpoint);

  void BeginStop() { thread_.request_stop(); }

  // Returns when the thread has ended.
  void Stop();

 private:
  void Run(const Endpoint& endpoint, std::stop_token stop);
  bool List(Api& api);
  // False if the watch is over.
  bool OnLine(const nlohmann::json& line);

  const Kind& kind_;
  Recorder& recorder_;
  const std::size_t stream_;
  std::uint64_t last_ = 0;  // 0: has to list
  std::jthread thread_;
};

}  // namespace nekoplane::blackbox
