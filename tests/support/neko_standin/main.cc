// A stand-in for a Neko container: one static program that speaks the documented part of Neko's
// HTTP contract, obeys the same environment variables, streams nothing, and can be told to
// misbehave. README.md lists what it answers and its STANDIN_* switches.
//
// Threads: the main thread waits for signals, one accepts, one serves each connection.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "neko.h"
#include "util.h"

namespace {

using namespace standin;  // NOLINT: one small program

constexpr char kHome[] = "/home/neko";
constexpr char kStartCounter[] = "/home/neko/.standin-starts";
constexpr uid_t kNekoUid = 1000;
string g_bind;  // set before any other thread exists

string Lower(string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// One request; false: nothing sensible came.
bool ReadRequest(int fd, Request& request) {
  string data;
  std::size_t end = string::npos;
  char buffer[4096];
  const auto more = [&] {
    const ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n > 0) data.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  };
  while ((end = data.find("\r\n\r\n")) == string::npos) {
    if (data.size() > 64 * 1024 || !more()) return false;
  }
  const string head = data.substr(0, end + 2);
  const std::size_t sp1 = head.find(' '), sp2 = head.find(' ', sp1 + 1);
  if (sp1 == string::npos || sp2 == string::npos) return false;
  request.method = head.substr(0, sp1);
  request.path = head.substr(sp1 + 1, sp2 - sp1 - 1);
  const std::size_t query = request.path.find('?');
  if (query != string::npos) {
    const std::size_t token = request.path.find("token=", query);
    if (token != string::npos) {
      request.token = request.path.substr(token + 6, request.path.find('&', token) - token - 6);
    }
    request.path.resize(query);
  }
  std::size_t length = 0;
  for (std::size_t at = head.find("\r\n"); at + 2 < head.size(); at = head.find("\r\n", at + 2)) {
    const std::size_t stop = head.find("\r\n", at + 2);
    const string line = head.substr(at + 2, stop - at - 2);
    const string lower = Lower(line);
    if (StartsWith(lower, "content-length:")) length = std::strtoul(line.c_str() + 15, nullptr, 10);
    if (StartsWith(lower, "authorization:")) {  // there need be no space behind it
      const std::size_t value = line.find_first_not_of(" \t", 14);
      if (value != string::npos && StartsWith(string_view(lower).substr(value), "bearer ")) {
        request.token = line.substr(value + 7);
      }
    }
  }
  if (length > 1024 * 1024) return false;
  while (data.size() < end + 4 + length) {
    if (!more()) return false;
  }
  request.body = data.substr(end + 4, length);
  return true;
}

void Serve(int fd) {
  const timeval patience{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  Request request;
  if (ReadRequest(fd, request)) {
    if (CurrentHealth() == Health::kHang && !IsControl(request)) SleepMs(600 * 1000);
    const bool head_only = request.method == "HEAD";
    if (head_only) request.method = "GET";
    const Reply reply = Answer(request);
    string out = "HTTP/1.1 " + std::to_string(reply.status) + " Stand-in\r\nConnection: close\r\n";
    if (reply.status != 204) {
      out += "Content-Type: " + reply.type +
             "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n";
    }
    out += "\r\n";
    if (!head_only) out += reply.body;
    for (std::size_t sent = 0; sent < out.size();) {
      const ssize_t n = send(fd, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
  }
  close(fd);
}

int Bind(int type, const string& host, int port, const string& what) {
  const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (!host.empty() && inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    Die(what + ": not an IPv4 address: " + host);
  }
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      (type == SOCK_STREAM && listen(fd, 128) != 0)) {
    Die(what + ": cannot listen on port " + std::to_string(port) + ": " + std::strerror(errno));
  }
  return fd;
}

int BindHttp() {
  const std::size_t colon = g_bind.rfind(':');
  if (colon == string::npos) Die("NEKO_SERVER_BIND is not host:port: " + g_bind);
  return Bind(SOCK_STREAM, g_bind.substr(0, colon), std::atoi(g_bind.c_str() + colon + 1),
              "NEKO_SERVER_BIND");
}

void AcceptLoop() {
  for (;;) {
    const int fd = accept4(g_listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (CurrentHealth() == Health::kClosed) {  // as a Neko that supervisord gave up on: the
                                               // container runs, nobody listens
      if (fd >= 0) close(fd);
      close(g_listener);
      Say("told to close its port");
      return;
    }
    if (fd < 0) {
      SleepMs(10);
      continue;
    }
    std::thread(Serve, fd).detach();
  }
}

// ---- Start.
// --------------------------------------------------------------------------------------------

// What Neko's supervisord does as root: hands the home folder to uid 1000 and runs programs as it.
// A container that lacks the capabilities for that fails here, as Neko would.
// Returns how often containers were started on this home folder.
int UseHomeAsNeko() {
  if (geteuid() != 0) return 0;
  if (mkdir(kHome, 0755) != 0 && errno != EEXIST) Die(string("cannot make ") + kHome);
  if (chown(kHome, kNekoUid, kNekoUid) != 0) {
    Die(string("cannot give ") + kHome +
        " to uid 1000 (capability CHOWN?): " + std::strerror(errno));
  }
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(kNekoUid) != 0 || setuid(kNekoUid) != 0) {
      Die(string("cannot become uid 1000 (capabilities SETUID, SETGID?): ") + std::strerror(errno));
    }
    FILE* file = std::fopen(kStartCounter, "a");
    if (file == nullptr)
      Die(string("uid 1000 cannot write ") + kHome + ": " + std::strerror(errno));
    std::fputc('.', file);
    _exit(std::fclose(file) == 0 ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) _exit(1);

  struct stat st {};

  return stat(kStartCounter, &st) == 0 ? static_cast<int>(st.st_size) : 0;
}

int CheckHealth() {
  const string bind = Env("NEKO_SERVER_BIND", "127.0.0.1:8080");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port =
      htons(static_cast<std::uint16_t>(std::atoi(bind.c_str() + bind.rfind(':') + 1)));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{3, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const string ask = "GET " + Env("NEKO_SERVER_PATH_PREFIX") + "/health HTTP/1.0\r\n\r\n";
  char reply[16] = {};
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      send(fd, ask.data(), ask.size(), MSG_NOSIGNAL) < 0 ||
      recv(fd, reply, sizeof reply - 1, MSG_WAITALL) < 12) {
    return 1;
  }
  return string_view(reply).substr(9, 3) == "200" ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && string_view(argv[1]) == "--health") return CheckHealth();
  if (argc > 1) Die("usage: neko-standin [--health]");

  // Blocked in every thread and waited for here; as process 1, unhandled ones would be ignored.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, s);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  if (Env("NEKO_WEBRTC_NAT1TO1").empty()) {
    Die("NEKO_WEBRTC_NAT1TO1 is not set: Neko would ask the internet for its address");
  }
  const int udp_mux = EnvInt("NEKO_WEBRTC_UDPMUX"), tcp_mux = EnvInt("NEKO_WEBRTC_TCPMUX");
  if (udp_mux == 0 || udp_mux != tcp_mux) {
    Die("NEKO_WEBRTC_UDPMUX and NEKO_WEBRTC_TCPMUX must be set, to the same port");
  }
  g_bind = Env("NEKO_SERVER_BIND", "127.0.0.1:8080");
  const int starts = UseHomeAsNeko();
  Configure(starts);
  if (const int ms = EnvInt("STANDIN_EXIT_AFTER_MS"); ms > 0) {
    std::thread([ms, code = EnvInt("STANDIN_EXIT_CODE", 1)] {
      SleepMs(ms);
      _exit(code);
    }).detach();
  }
  Bind(SOCK_DGRAM, "", udp_mux, "NEKO_WEBRTC_UDPMUX");
  Bind(SOCK_STREAM, "", tcp_mux, "NEKO_WEBRTC_TCPMUX");
  std::thread([starts] {
    SleepMs(EnvInt("STANDIN_START_DELAY_MS"));
    g_listener = BindHttp();
    Say("serving on " + g_bind + " (a stand-in: no browser, no stream), start " +
        std::to_string(starts));
    AcceptLoop();
  }).detach();

  for (;;) {
    int signal_number = 0;
    sigwait(&signals, &signal_number);
    if (g_ignore_term) {
      Say("ignoring signal " + std::to_string(signal_number));
      continue;
    }
    SleepMs(EnvInt("STANDIN_STOP_DELAY_MS"));
    Say("stopping on signal " + std::to_string(signal_number));
    _exit(0);
  }
}
