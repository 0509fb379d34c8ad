// One client that writes: few objects, many writers, so that they meet.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <thread>

#include "api/base/random.h"
#include "tests/blackbox/api.h"

namespace nekoplane::blackbox {

class Writer {
 public:
  // `recorder` outlives the writer.
  Writer(std::uint64_t seed, Recorder& recorder);

  // REQUIRES: not writing.
  void Begin(const Endpoint& endpoint);

  // Asks to end after the request that is under way.
  void BeginStop() { thread_.request_stop(); }

  void Stop();

 private:
  // These return false if no answer came.
  bool WriteOnce(Api& api);
  bool Create(Api& api, const Kind& kind, const std::string& name);
  bool Update(Api& api, const Kind& kind, const std::string& name, bool from_memory);
  bool Patch(Api& api, const Kind& kind, const std::string& name, bool locked);
  bool PatchStatus(Api& api, const Kind& kind, const std::string& name);
  bool Delete(Api& api, const Kind& kind, const std::string& name, bool locked);
  // Sends, judges the answer and records both.
  bool Send(Api& api, Write write, const Kind& kind, const std::string& method,
            const std::string& path, const nlohmann::json& body, const char* content_type);

  nlohmann::json Get(Api& api, const Kind& kind, const std::string& name);

  SeededRandom random_;
  Recorder& recorder_;
  std::map<std::string, nlohmann::json> seen_;  // objects as last read or written
  std::jthread thread_;
};

}  // namespace nekoplane::blackbox
