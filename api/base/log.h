// Structured logging behind an interface: text or JSON lines on stderr in production, a recorder in
// tests. No secret is ever a message or a field.
//
// Levels: kDebug for development, kInfo for changes of state, kWarning for what will be retried,
// kError for what a person should look at.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace nekoplane {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view key;
  std::string value;
};

// Thread safety: any thread may call.
class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  virtual ~Logger() = default;
  virtual void Write(LogLevel level, std::string_view message, Fields fields) = 0;

  void Debug(std::string_view message, Fields fields = {}) {
    Write(LogLevel::kDebug, message, fields);
  }

  void Info(std::string_view message, Fields fields = {}) {
    Write(LogLevel::kInfo, message, fields);
  }

  void Warning(std::string_view message, Fields fields = {}) {
    Write(LogLevel::kWarning, message, fields);
  }

  void Error(std::string_view message, Fields fields = {}) {
    Write(LogLevel::kError, message, fields);
  }
};

// Swallows everything.
class NullLogger final : public Logger {
 public:
  void Write(LogLevel, std::string_view, Fields) override {}
};

}  // namespace nekoplane
