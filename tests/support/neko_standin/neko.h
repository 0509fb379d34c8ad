// Neko's state and its answers, without the sockets.
//
// Thread safety: any thread may call, after Configure.
#pragma once

#include <atomic>
#include <string>

namespace standin {

enum class Health {
  kOk,
  kFail,    // /health answers 500
  kHang,    // requests are read and never answered
  kClosed,  // the port is shut; the process lives on
};

struct Request {
  std::string method, path, token, body;
};

struct Reply {
  int status = 200;
  std::string body;
  std::string type = "application/json";
};

// Reads NEKO_* and STANDIN_*; exits with a message if something in them makes no sense.
// `starts`: of containers on this home folder.
void Configure(int starts);
Reply Answer(Request request);
Health CurrentHealth();
// Requests to the control door are answered whatever the health is.
bool IsControl(const Request& request);

extern std::atomic<bool> g_ignore_term;
extern std::atomic<int> g_listener;  // shut down when told to close the port

}  // namespace standin
