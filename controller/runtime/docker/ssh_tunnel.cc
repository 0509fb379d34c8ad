#include "controller/runtime/docker/ssh_tunnel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "controller/runtime/docker/child_process.h"

namespace nekoplane::runtime::docker {
namespace {

constexpr Duration kPatience = std::chrono::milliseconds(20);
constexpr int kLookMs = 20;  // for the socket, while ssh connects
constexpr int kIdleMs = 60'000;
constexpr std::size_t kMaxWords = 300;

bool IsSocket(const std::string& path) {
  struct stat info {};

  return stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

// A descriptor that wakes a poll.
class Alarm {
 public:
  Alarm() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  ~Alarm() { close(fd_); }

  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  int fd() const { return fd_; }

  void Ring() const { eventfd_write(fd_, 1); }

 private:
  const int fd_;
};

// The last line of `text` that says something, on one line of a log.
std::string LastLine(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  const std::size_t start = text.find_last_of("\r\n");
  std::string line(start == std::string_view::npos ? text : text.substr(start + 1));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return line.substr(0, kMaxWords);
}

}  // namespace

std::vector<std::string> SshArguments(const SshOptions& options) {
  const SshTarget& target = options.target;
  std::vector<std::string> argv = {options.program, "-N", "-T"};
  for (const char* option :
       {"BatchMode=yes", "ConnectTimeout=10", "ExitOnForwardFailure=yes", "ServerAliveInterval=5",
        "ServerAliveCountMax=3", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177",
        // A shared master would live on without us, or take us along when it ends.
        "ControlMaster=no", "ControlPath=none", "ForwardAgent=no", "ForwardX11=no",
        "PermitLocalCommand=no"}) {
    argv.insert(argv.end(), {"-o", option});
  }
  if (target.port != 0) argv.insert(argv.end(), {"-p", std::to_string(target.port)});
  if (!target.user.empty()) argv.insert(argv.end(), {"-l", target.user});
  argv.insert(argv.end(), {"-L", options.local_socket + ":" + target.socket, "--", target.host});
  return argv;
}

SshTunnel::SshTunnel(const Clock& clock, Logger& log, SshOptions options)
    : clock_(clock),
      log_(log),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

SshTunnel::~SshTunnel() {
  thread_.request_stop();
  thread_.join();
  unlink(options_.local_socket.c_str());
}

void SshTunnel::Set(State state, std::string why) {
  MutexLock lock(mu_);
  state_ = state;
  why_ = std::move(why);
  changed_.NotifyAll();
}

Result<void> SshTunnel::AwaitUp(const Context& ctx) {
  MutexLock lock(mu_);
  for (;;) {
    if (state_ == State::kUp) return {};
    if (state_ == State::kDown) return MakeStatus(Code::kUnavailable, "SshFailed", why_);
    if (ctx.stopped()) return MakeStatus(Code::kCancelled, "Cancelled", "told to stop");
    if (clock_.Now() >= ctx.deadline()) {
      return MakeStatus(Code::kTimeout, "Timeout",
                        "ssh to " + options_.target.host + " has no connection yet");
    }
    changed_.WaitFor(mu_, kPatience);
  }
}

void SshTunnel::Run(const std::stop_token& stop) {
  std::mutex mu;  // only to sleep on
  std::condition_variable_any cv;
  Duration backoff = options_.first_backoff;
  bool told = false;
  while (!stop.stop_requested()) {
    const MonoTime began = clock_.Now();
    Set(State::kConnecting);
    const std::string why = "ssh to " + options_.target.host + " ended: " + RunOnce(stop);
    if (stop.stop_requested()) return Set(State::kDown, "the node's driver is being replaced");
    Set(State::kDown, why);
    const bool lasted = clock_.Now() - began >= options_.connect_timeout + options_.max_backoff;
    if (lasted) backoff = options_.first_backoff;
    if (lasted || !std::exchange(told, true)) {
      log_.Warning("lost the ssh connection; trying again",
                   {{"node", options_.node}, {"error", why}});
    }
    std::unique_lock lock(mu);
    cv.wait_for(lock, stop, backoff, [] { return false; });
    backoff = std::min(backoff * 2, options_.max_backoff);
  }
}

std::string SshTunnel::RunOnce(const std::stop_token& stop) {
  unlink(options_.local_socket.c_str());
  const std::string folder = options_.local_socket.substr(0, options_.local_socket.rfind('/'));
  mkdir(folder.c_str(), 0700);  // if it fails, ssh says so
  auto child = ChildProcess::Start(SshArguments(options_));
  if (!child) return child.error().message;
  std::string said;
  Follow(stop, child->errors(), said);
  const std::string last = LastLine(said);
  return last.empty() ? "it said nothing" : last;
}

void SshTunnel::Follow(const std::stop_token& stop, int errors, std::string& said) {
  const Alarm alarm;
  const std::stop_callback on_stop(stop, [&alarm] { alarm.Ring(); });
  const MonoTime began = clock_.Now();
  bool up = false;
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> fds{{{errors, POLLIN, 0}, {alarm.fd(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), up ? kIdleMs : kLookMs);
    if (fds[0].revents != 0) {
      std::array<char, 1024> piece{};
      const ssize_t got = read(errors, piece.data(), piece.size());
      if (got > 0) said.append(piece.data(), static_cast<std::size_t>(got));
      if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;  // it has ended
      if (said.size() > 16 * kMaxWords) said.erase(0, said.size() - kMaxWords);
    }
    if (up) continue;
    if (IsSocket(options_.local_socket)) {
      up = true;
      Set(State::kUp);
      log_.Info("connected through ssh", {{"node", options_.node}, {"host", options_.target.host}});
    } else if (clock_.Now() - began >= options_.connect_timeout) {
      said += "\nno connection within " + FormatDuration(options_.connect_timeout);
      break;
    }
  }
}

}  // namespace nekoplane::runtime::docker
