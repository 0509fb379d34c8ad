#include "tests/blackbox/installation.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

namespace nekoplane::blackbox {
namespace {

using std::chrono::milliseconds;

// Below the range that the kernel gives to outgoing connections: nobody takes them while the
// process is dead.
std::pair<int, int> FreePorts() {
  std::array<int, 2> ports{};
  std::size_t found = 0;
  for (int port = 12000 + getpid() % 8000; found < ports.size(); ++port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0)
      ports[found++] = port;
    close(fd);
  }
  return {ports[0], ports[1]};
}

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

Installation::Installation(std::string binary, std::string folder)
    : binary_(std::move(binary)), folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  std::tie(api_port_, http_port_) = FreePorts();
  probe_ = http::MakeCurlClient(clock_, {});
}

void Installation::Start() {
  process_ = std::make_unique<integration::Process>(
      std::vector<std::string>{binary_, "serve", "--data-dir", data(), "--docker-host",
                               "unix://" + folder_ + "/no-engine.sock", "--api-listen",
                               "127.0.0.1:" + std::to_string(api_port_), "--http-listen",
                               "127.0.0.1:" + std::to_string(http_port_), "--advertise-address",
                               "127.0.0.1"},
      std::map<std::string, std::string>{}, folder_ + "/nekoplane.log");
}

bool Installation::WaitReady(milliseconds timeout) {
  const auto deadline = clock_.Now() + timeout;
  const http::ClientRequest ask{
      .method = "GET", .url = "http://127.0.0.1:" + std::to_string(http_port_) + "/readyz"};
  while (clock_.Now() < deadline && Running()) {
    const auto reply = probe_->Do(Context().WithDeadline(deadline), ask);
    if (reply && reply->status == 200) return true;
    std::this_thread::sleep_for(milliseconds(3));
  }
  return false;
}

void Installation::Kill() {
  process_->Signal(SIGKILL);
  while (process_->Running()) std::this_thread::sleep_for(std::chrono::microseconds(200));
}

int Installation::Terminate(milliseconds timeout) {
  process_->Signal(SIGTERM);
  return process_->Wait(timeout);
}

Endpoint Installation::endpoint() const {
  std::string token = ReadAll(data() + "/admin.token");
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return {"https://127.0.0.1:" + std::to_string(api_port_), ReadAll(data() + "/pki/ca.crt"), token};
}

std::string Installation::LogTail() const {
  const std::string text = ReadAll(folder_ + "/nekoplane.log");
  return text.substr(text.size() > 4000 ? text.size() - 4000 : 0);
}

}  // namespace nekoplane::blackbox
