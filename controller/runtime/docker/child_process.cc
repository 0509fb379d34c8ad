#include "controller/runtime/docker/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace nekoplane::runtime::docker {
namespace {

constexpr int kTerminateMs = 2000;
constexpr int kReapMs = 10;

// Between fork and exec of a process with threads: only what is safe in a signal handler.
[[noreturn]] void Become(char* const* argv, int null, int errors, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(127);
  // Masks and ignored signals would be inherited.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  close_range(STDERR_FILENO + 1, ~0U, 0);
  execvp(argv[0], argv);
  constexpr char kSorry[] = "the program ssh cannot be run\n";
  [[maybe_unused]] const ssize_t said = write(STDERR_FILENO, kSorry, sizeof(kSorry) - 1);
  _exit(127);
}

bool Reaped(pid_t pid, int wait_ms) {
  for (int waited = 0;; waited += kReapMs) {
    const pid_t got = waitpid(pid, nullptr, WNOHANG);
    if (got == pid || (got < 0 && errno != EINTR)) return true;
    if (waited >= wait_ms) return false;
    poll(nullptr, 0, kReapMs);
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::Start(const std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  pointers.reserve(argv.size() + 1);
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const auto failed = [](const char* what, int error) {
    return MakeStatus(Code::kUnavailable, "SpawnFailed",
                      std::string(what) + ": " + std::strerror(error));
  };
  std::array<int, 2> errors{};
  if (pipe2(errors.data(), O_CLOEXEC) != 0) return failed("pipe", errno);
  fcntl(errors[0], F_SETFL, O_NONBLOCK);
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) {
    const int error = errno;
    close(errors[0]);
    close(errors[1]);
    return failed("/dev/null", error);
  }
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(pointers.data(), null, errors[1], parent);
  const int error = errno;
  close(null);
  close(errors[1]);
  if (pid < 0) {
    close(errors[0]);
    return failed("fork", error);
  }
  return ChildProcess(pid, errors[0]);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), errors_(std::exchange(other.errors_, -1)) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  if (!Reaped(pid_, 0)) {
    kill(pid_, SIGTERM);
    if (!Reaped(pid_, kTerminateMs)) {
      kill(pid_, SIGKILL);
      while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
  close(errors_);
}

}  // namespace nekoplane::runtime::docker
