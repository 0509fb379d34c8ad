// A child process that is nothing but a command line and what it says on stderr.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::runtime::docker {

// Thread safety: the thread that made it, which must live as long: the child gets SIGTERM when that
// thread ends, so that it does not outlive a process that was killed.
class ChildProcess {
 public:
  // argv[0] is looked for on PATH. stdin and stdout are /dev/null. Errors: kUnavailable
  // SpawnFailed.
  static Result<ChildProcess> Start(const std::vector<std::string>& argv);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  // Ends it: SIGTERM, two seconds later SIGKILL; reaps it.
  ~ChildProcess();

  // What it says on stderr; readable at its end too. Not blocking.
  int errors() const { return errors_; }

 private:
  ChildProcess(pid_t pid, int errors) : pid_(pid), errors_(errors) {}

  pid_t pid_ = -1;
  int errors_ = -1;
};

}  // namespace nekoplane::runtime::docker
