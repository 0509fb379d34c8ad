// Objects as rows: what kubectl prints. The server computes every cell, ages included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/codec/schema.h"
#include "api/server/negotiation.h"
#include "api/store/store.h"

namespace nekoplane::server {

// Writes the tables of one kind. Thread safety: constant after construction.
class TableWriter {
 public:
  explicit TableWriter(const codec::Kind& kind);

  // The "columnDefinitions" array as JSON text.
  const std::string& definitions() const { return definitions_; }

  // {"cells":[...],"object":{...}}. Stored bytes that do not parse become a row with only a name.
  std::string Row(const store::Object& object, const Representation& how, WallTime now) const;

  // A row without an object: bookmarks in a table watch. `metadata` is a JSON object.
  std::string EmptyRow(std::string_view metadata, const Representation& how) const;

 private:
  const std::vector<codec::PrinterColumn> columns_;
  const bool event_;  // events have two generations of time fields
  std::string definitions_;
};

// {"kind":"Table",...}; `columns` may be "" (later frames of a watch), `metadata` is a JSON object,
// `rows` comma-separated rows.
std::string TableDocument(const Representation& how, std::string_view metadata,
                          std::string_view columns, std::string_view rows);

// {"kind":"PartialObjectMetadata",...} of a stored object.
std::string PartialMetadata(std::string_view bytes, std::string_view meta_version);

}  // namespace nekoplane::server
