// The bytes in front of a body.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "api/base/clock.h"
#include "api/http/message.h"

namespace nekoplane::http {

struct HeadOptions {
  bool http10 = false;
  bool keep_alive = true;
  // Absent: chunked, or for HTTP/1.0 until the connection closes.
  std::optional<std::size_t> content_length;
};

// Status line and header fields. Headers that are the server's (Content-Length, Connection, Date,
// Transfer-Encoding) are skipped in `headers`, and control characters in values become spaces.
std::string FormatHead(int status, const Headers& headers, const HeadOptions& options,
                       WallTime now);

// True for the statuses that never have a body.
bool StatusHasNoBody(int status);

}  // namespace nekoplane::http
