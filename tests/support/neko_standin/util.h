// What the parts of the stand-in share: messages, environment, a little JSON.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace standin {

using std::string;
using std::string_view;

inline void Say(const string& text) {
  std::printf("neko-standin: %s\n", text.c_str());
  std::fflush(stdout);
}

[[noreturn]] inline void Die(const string& text) {
  std::fprintf(stderr, "neko-standin: %s\n", text.c_str());
  std::fflush(stderr);
  _exit(1);
}

inline string Env(const char* name, const char* fallback = "") {
  const char* value = std::getenv(name);
  return value != nullptr ? value : fallback;
}

inline int EnvInt(const char* name, int fallback = 0) {
  const string text = Env(name);
  if (text.empty()) return fallback;
  char* end = nullptr;
  const long value = std::strtol(text.c_str(), &end, 10);
  if (*end != '\0' || value < 0 || value > 1000000000)
    Die(string(name) + " is not a number: " + text);
  return static_cast<int>(value);
}

inline bool EnvBool(const char* name, bool fallback = false) {
  const string text = Env(name);
  return text.empty() ? fallback : text == "true" || text == "1";
}

inline void SleepMs(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

inline string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm tm{};
  gmtime_r(&now, &tm);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return text;
}

inline string RandomToken() {
  unsigned char bytes[16];
  const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, bytes, sizeof bytes) != sizeof bytes) Die("cannot read /dev/urandom");
  close(fd);
  string text;
  char hex[3];
  for (const unsigned char b : bytes) {
    std::snprintf(hex, sizeof hex, "%02x", b);
    text += hex;
  }
  return text;
}

// ---- As much JSON as Neko's small bodies need.
// -----------------------------------------------------

inline string Quote(string_view text) {
  string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// The scalar value of a top-level-looking "key": strings unescaped (\" and \\ only), others as
// text.
inline std::optional<string> Field(const string& body, const string& key) {
  const std::size_t at = body.find("\"" + key + "\"");
  if (at == string::npos) return std::nullopt;
  std::size_t i = body.find(':', at + key.size() + 2);
  if (i == string::npos) return std::nullopt;
  while (++i < body.size() && std::isspace(static_cast<unsigned char>(body[i]))) {
  }
  string value;
  if (i < body.size() && body[i] == '"') {
    for (++i; i < body.size() && body[i] != '"'; ++i) {
      if (body[i] == '\\' && i + 1 < body.size()) ++i;
      value += body[i];
    }
    return value;
  }
  for (; i < body.size() && (std::isalnum(static_cast<unsigned char>(body[i])) || body[i] == '-');
       ++i) {
    value += body[i];
  }
  return value;
}

inline string Bool(bool b) { return b ? "true" : "false"; }

inline bool StartsWith(string_view text, string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace standin
