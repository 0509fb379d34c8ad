// One data folder and, at times, a nekoplane process on it. No container engine: its host node is
// never Ready.
//
// Thread safety: one thread; NewClient's clients belong to whoever asked.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "api/base/clock.h"
#include "api/http/client.h"
#include "tests/integration/process.h"

namespace nekoplane::blackbox {

// What a client needs to reach the API server.
struct Endpoint {
  std::string url;  // https://127.0.0.1:port
  std::string ca_pem, token;
};

class Installation {
 public:
  // `folder` is made; it holds data/ and nekoplane.log, and stays.
  Installation(std::string binary, std::string folder);

  void Start();
  // False if the process ended or is not ready within `timeout`.
  bool WaitReady(std::chrono::milliseconds timeout);

  bool Running() { return process_ != nullptr && process_->Running(); }

  void Kill();  // SIGKILL, and waits until it is gone
  // SIGTERM; the exit status, -1 if it did not end.
  int Terminate(std::chrono::milliseconds timeout);

  // Waits for a process that ends by itself; its exit status, -1 if it does not.
  int Wait(std::chrono::milliseconds timeout) { return process_->Wait(timeout); }

  // REQUIRES: it was ready once.
  Endpoint endpoint() const;

  const std::string& folder() const { return folder_; }

  std::string data() const { return folder_ + "/data"; }

  std::string LogTail() const;

 private:
  const std::string binary_, folder_;
  int api_port_ = 0, http_port_ = 0;
  SystemClock clock_;
  std::unique_ptr<http::Client> probe_;
  std::unique_ptr<integration::Process> process_;
};

}  // namespace nekoplane::blackbox
