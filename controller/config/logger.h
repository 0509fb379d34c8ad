// The logger of production: one line per message on stderr, for people or for machines.
//
//   2026-01-02T03:04:05.678Z info session is ready namespace=default name=my-browser
//   {"time":"2026-01-02T03:04:05.678901Z","level":"info","message":"session is ready","name":"..."}
#pragma once

#include <memory>
#include <ostream>
#include <string>

#include "api/base/log.h"
#include "controller/config/options.h"

namespace nekoplane::config {

// Everything below `level` is dropped. `out` instead of stderr is for tests; it outlives the
// logger.
std::unique_ptr<Logger> MakeLogger(LogFormat format, LogLevel level, std::ostream* out = nullptr);

// "message key=value", always one line: values are quoted and escaped when they need it.
std::string TextLine(std::string_view message, Logger::Fields fields);
// "\"level\":..,\"message\":.." without braces. What is no UTF-8 is replaced.
std::string JsonMembers(LogLevel level, std::string_view message, Logger::Fields fields);

}  // namespace nekoplane::config
