#include "controller/config/logger.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <nlohmann/json.hpp>

namespace nekoplane::config {

namespace {

std::string_view LevelName(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  constexpr std::array kLevels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                               spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Nothing that comes from outside may break a line or move a terminal's cursor.
void AppendEscaped(std::string& out, std::string_view text, bool quoted) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (IsControl(c)) {
      out += "\\x";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    } else {
      if (quoted && (c == '"' || c == '\\')) out += '\\';
      out += c;
    }
  }
}

bool NeedsQuotes(std::string_view value) {
  if (value.empty()) return true;
  for (const char c : value) {
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || IsControl(c)) return true;
  }
  return false;
}

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class SpdlogLogger final : public Logger {
 public:
  SpdlogLogger(LogFormat format, LogLevel level, spdlog::sink_ptr sink)
      : format_(format), level_(level), log_("nekoplane", std::move(sink)) {
    log_.set_level(SpdlogLevel(level));
    log_.flush_on(spdlog::level::debug);
    // The time is the only thing that spdlog adds.
    log_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        format == LogFormat::kJson ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v})"
                                   : "%Y-%m-%dT%H:%M:%S.%eZ %v",
        spdlog::pattern_time_type::utc));
  }

  void Write(LogLevel level, std::string_view message, Fields fields) override {
    if (level < level_) return;
    const std::string line = format_ == LogFormat::kJson
                                 ? JsonMembers(level, message, fields)
                                 : std::string(LevelName(level)) + " " + TextLine(message, fields);
    log_.log(SpdlogLevel(level), spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  const LogFormat format_;
  const LogLevel level_;
  spdlog::logger log_;  // its sinks lock for themselves
};

}  // namespace

std::string TextLine(std::string_view message, Logger::Fields fields) {
  std::string line;
  AppendEscaped(line, message, false);
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    const bool quotes = NeedsQuotes(field.value);
    if (quotes) line += '"';
    AppendEscaped(line, field.value, quotes);
    if (quotes) line += '"';
  }
  return line;
}

std::string JsonMembers(LogLevel level, std::string_view message, Logger::Fields fields) {
  std::string members =
      "\"level\":\"" + std::string(LevelName(level)) + "\",\"message\":" + Quoted(message);
  for (const LogField& field : fields) {
    members += "," + Quoted(field.key) + ":" + Quoted(field.value);
  }
  return members;
}

std::unique_ptr<Logger> MakeLogger(LogFormat format, LogLevel level, std::ostream* out) {
  spdlog::sink_ptr sink;
  if (out == nullptr) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(*out);
  }
  return std::make_unique<SpdlogLogger>(format, level, std::move(sink));
}

}  // namespace nekoplane::config
