// A worker: a Docker Engine of its own in a network namespace of its own, reached over a veth pair
// with mutual TLS. Needs root. Names carry our process id; all is gone when the object is, also
// after a failure.
#pragma once

#include <memory>
#include <string>

#include "api/auth/certificate_authority.h"
#include "api/base/random.h"
#include "tests/integration/world.h"

namespace nekoplane::integration {

// An authority and the papers that it issues.
class Papers {
 public:
  Papers();

  std::string ca() const { return ca_.identity().certificate; }

  // `age`: how long ago they began; they last for an hour.
  auth::Identity Server(const std::string& address);
  auth::Identity Client(seconds age = seconds(0));

 private:
  SystemClock clock_;
  SystemRandom random_;
  auth::CertificateAuthority ca_;
};

class Worker {
 public:
  // Makes namespace and link, and starts the engine; AwaitUp before using it.
  Worker(int index, Papers& papers);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Waits for the engine and gives it the stand-in's image.
  void AwaitUp();
  // Stops the engine (its containers end) and starts it with the papers of another authority.
  void Restart(Papers& papers);
  // The cable between us and the machine.
  void Link(bool up);

  const std::string& address() const { return address_; }

  std::string endpoint() const { return "tcp://" + address_ + ":2376"; }

  std::string socket() const { return folder_ + "/docker.sock"; }

  // The same engine by its socket, which needs no network.
  Engine& engine() { return *engine_; }

 private:
  void StartEngine(Papers& papers);
  void StopEngine();

  const std::string name_, outside_, inside_;  // namespace, ends of the link
  const std::string folder_, address_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace nekoplane::integration
