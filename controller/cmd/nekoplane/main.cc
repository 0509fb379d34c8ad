// nekoplane: reads options, starts the program, waits for a signal. Exit status: 0 ended as asked,
// 1 could not start, 2 usage.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <string_view>

#include "api/base/files.h"
#include "controller/cmd/nekoplane/memory.h"
#include "controller/cmd/nekoplane/wire.h"
#include "controller/config/logger.h"
#include "controller/config/options.h"

namespace nekoplane {
namespace {

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t eq = text.find('=');
    if (eq != std::string_view::npos) out.emplace(text.substr(0, eq), text.substr(eq + 1));
  }
  return out;
}

std::string Hostname() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

int Main(const std::vector<std::string>& arguments) {
  // Blocked before any thread exists, so that only sigwait below ever sees them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  SystemFiles files;
  const auto line = config::ParseCommandLine(
      arguments, {.environment = Environment(),
                  .read_file = [&](const std::string& path) { return files.Read(path); },
                  .version = NEKOPLANE_VERSION});
  if (!line) {
    std::cerr << "nekoplane: " << line.error().message << '\n';
    return 2;
  }
  if (!line->serve) {
    std::cout << line->text;
    return 0;
  }
  const auto log = config::MakeLogger(line->serve->log_format, line->serve->log_level);
  for (const std::string& warning : line->serve->warnings) log->Warning(warning);
  auto program = Program::Start(*line->serve, NEKOPLANE_VERSION, Hostname(), *log);
  if (!program) {
    std::cerr << "nekoplane: " << program.error().message << '\n';
    return 1;
  }
  ReleaseStartupMemory();
  int received = 0;
  do {
    sigwait(&signals, &received);
  } while (received == SIGHUP);  // a closed terminal is no reason to end
  log->Info("stopping", {{"signal", received == SIGINT ? "SIGINT" : "SIGTERM"}});
  (*program)->Stop();
  program->reset();
  log->Info("stopped; the browsers go on running");
  return 0;
}

}  // namespace
}  // namespace nekoplane

int main(int argc, char** argv) {
  try {
    return nekoplane::Main({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << "nekoplane: unexpected: " << e.what() << '\n';
    return 1;
  }
}
