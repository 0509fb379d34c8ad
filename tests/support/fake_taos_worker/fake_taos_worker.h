// A taOS browser-worker and its docker as an http::Client, without a network. It behaves as taOS's
// own code does, faults included: stop says yes to everything, a stop without http_port leaks the
// port slot, a failed pull leaks one too, a second start of a name is a 500 "already in use", and
// passwords are its own.
//
// Not thread safe.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/http/client.h"

namespace nekoplane::testing {

class FakeTaosWorker final : public http::Client {
 public:
  struct Call {
    std::string line;           // "POST /worker/browser/start"
    std::string authorization;  // the header
    std::string body;
    int status = 0;
    std::string reply;
  };

  struct Container {
    std::string id, volume;
    int http_port = 0;
    bool healthy = true;
  };

  explicit FakeTaosWorker(const Clock& clock) : clock_(clock) {}

  Result<http::ClientResponse> Do(const Context& ctx, const http::ClientRequest& request) override;
  Result<http::ClientResponse> Stream(
      const Context& ctx, const http::ClientRequest& request,
      const std::function<bool(std::string_view)>& on_data) override;

  static constexpr char kUrl[] = "http://192.168.1.9:7080";

  // What the tests turn.
  std::string auth_token;  // --auth-token
  bool down = false;       // the worker does not answer; its containers do
  bool pull_fails = false;
  bool docker_stop_fails = false;
  // The next start goes well, but its answer is lost, or is this.
  bool lose_next_reply = false;
  std::optional<std::string> next_reply;

  std::map<std::string, Container> containers;  // by name
  std::set<std::string> volumes;
  std::vector<Call> calls;  // of the worker; not the probes
  // Its machine starts anew: containers are gone (--rm), and so is the book of ports.
  void Reboot();

  std::size_t taken_slots() const { return slots_.size(); }

 private:
  http::ClientResponse Start(const std::string& body);
  http::ClientResponse Stop(const std::string& body);
  int TakeSlot();

  const Clock& clock_;
  std::vector<int> freed_;
  std::set<int> slots_;
  int next_slot_ = 0, next_id_ = 0;
};

}  // namespace nekoplane::testing
