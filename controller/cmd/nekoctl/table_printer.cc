#include "controller/cmd/nekoctl/table_printer.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <ostream>

namespace nekoplane::ctl {

using nlohmann::json;

namespace {

std::string CellText(const json& cell) {
  if (cell.is_null()) return "";
  if (cell.is_string()) return cell.get<std::string>();
  return cell.dump();
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::toupper(c); });
  return text;
}

}  // namespace

void TablePrinter::Print(const json& table) {
  std::vector<std::vector<std::string>> lines;
  const json none = json::array();
  const json& columns = table.contains("columnDefinitions") ? table["columnDefinitions"] : none;
  if (!columns.empty() && shown_.empty()) {
    std::vector<std::string> header;
    if (style_.with_namespace) header.emplace_back("NAMESPACE");
    for (const json& column : columns) {
      shown_.push_back(style_.wide || column.value("priority", 0) == 0);
      if (shown_.back()) header.push_back(Upper(column.value("name", "")));
    }
    if (style_.headers) lines.push_back(std::move(header));
  }
  const json& rows = table.contains("rows") && table["rows"].is_array() ? table["rows"] : none;
  for (const json& row : rows) {
    std::vector<std::string> line;
    if (style_.with_namespace) {
      line.push_back(row.value(json::json_pointer("/object/metadata/namespace"), ""));
    }
    std::size_t i = 0;
    for (const json& cell : row.value("cells", none)) {
      if (i >= shown_.size() || shown_[i]) line.push_back(CellText(cell));
      ++i;
    }
    lines.push_back(std::move(line));
  }
  for (const auto& line : lines) {
    widths_.resize(std::max(widths_.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths_[i] = std::max(widths_[i], line[i].size());
  }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i) {
      text += line[i];
      if (i + 1 < line.size()) text.append(widths_[i] - line[i].size() + 3, ' ');
    }
    out_ << text << '\n';
  }
  out_.flush();
}

}  // namespace nekoplane::ctl
