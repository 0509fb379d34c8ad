// Child processes of integration tests: started, watched, always reaped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace nekoplane::integration {

struct RunResult {
  int exit_code = -1;  // 128 + signal if killed
  std::string out, err;
};

// Runs to the end with `input` on stdin; killed after `timeout`.
RunResult RunToEnd(const std::vector<std::string>& argv,
                   const std::map<std::string, std::string>& env = {},
                   const std::string& input = "",
                   std::chrono::seconds timeout = std::chrono::seconds(120));

// A process in the background with its output in a file. Killed and reaped by the destructor.
class Process {
 public:
  Process(const std::vector<std::string>& argv, const std::map<std::string, std::string>& env,
          const std::string& output_file);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  bool Running();
  void Signal(int signal);
  // The exit code (128 + signal if killed); -1 if it still runs after `timeout`.
  int Wait(std::chrono::milliseconds timeout);

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

// Asks every 20 ms until `done` says true or the time is over; returns the last answer.
bool Eventually(std::chrono::milliseconds timeout, const std::function<bool()>& done);

}  // namespace nekoplane::integration
