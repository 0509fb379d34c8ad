// SshTunnel keeps one `ssh` running that forwards a unix socket of ours to the engine's socket on
// another machine, and starts it again, with back-off, whenever it ends. The system's ssh brings
// keys, known hosts, agents and jump hosts; nothing of ours is installed on the machine. It never
// asks for anything (BatchMode): a host that is not known or a key that is not accepted is a
// reason.
//
// Threads: one, started at construction, joined at destruction; it starts ssh, and ssh is told to
// end if that thread dies with the process. Thread safety: any thread may call.
// Lifetime: clock and logger outlive it.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "api/base/clock.h"
#include "api/base/context.h"
#include "api/base/log.h"
#include "api/base/mutex.h"
#include "api/base/result.h"
#include "controller/runtime/docker/endpoint.h"

namespace nekoplane::runtime::docker {

struct SshOptions {
  SshTarget target;
  std::string local_socket;     // made by ssh, removed at the end; its folder is made if missing
  std::string node;             // for the log
  std::string program = "ssh";  // looked for on PATH
  Duration connect_timeout = std::chrono::seconds(15);
  Duration first_backoff = std::chrono::milliseconds(500);
  Duration max_backoff = std::chrono::seconds(10);
};

// The command line. Pure.
std::vector<std::string> SshArguments(const SshOptions& options);

class SshTunnel {
 public:
  SshTunnel(const Clock& clock, Logger& log, SshOptions options);
  ~SshTunnel();
  SshTunnel(const SshTunnel&) = delete;
  SshTunnel& operator=(const SshTunnel&) = delete;

  // Returns when the socket is there; while a connection is being made, waits for it.
  // Errors: kUnavailable SshFailed: in ssh's own words; kTimeout; kCancelled.
  Result<void> AwaitUp(const Context& ctx) EXCLUDES(mu_);

 private:
  enum class State { kConnecting, kUp, kDown };

  void Run(const std::stop_token& stop);
  // One ssh, from its start to its end; why it ended, or could not be started.
  std::string RunOnce(const std::stop_token& stop);
  void Follow(const std::stop_token& stop, int errors, std::string& said);
  void Set(State state, std::string why = "") EXCLUDES(mu_);

  const Clock& clock_;
  Logger& log_;
  const SshOptions options_;

  Mutex mu_;
  CondVar changed_;
  State state_ GUARDED_BY(mu_) = State::kConnecting;
  std::string why_ GUARDED_BY(mu_);  // kDown
  std::jthread thread_;              // last: everything else exists when it starts
};

}  // namespace nekoplane::runtime::docker
