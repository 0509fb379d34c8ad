#include "controller/cmd/nekoctl/explanation_printer.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace nekoplane::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t kLine = 100;  // as wide as most terminals

// The first cell is the line's name, then one for each node.
using Row = std::vector<std::string>;

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.3g", value);
  return text;
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

// Filters that passed are "ok"; the first refusal is what counts and stands out.
std::vector<Row> RowsOf(const std::vector<json>& nodes) {
  std::vector<Row> rows = {{"NODE"}, {"order"}, {"variant"}};
  const auto list = [&](const char* name) { return nodes.front().value(name, json::array()); };
  for (const json& filter : list("filters")) rows.push_back({filter.value("name", "")});
  for (const json& score : list("scores")) rows.push_back({score.value("name", "")});
  for (const json& node : nodes) {
    std::size_t at = 0;
    const int order = node.value("order", 0);
    rows[at++].push_back(node.value("node", ""));
    rows[at++].push_back(order == 0 ? "-" : std::to_string(order));
    rows[at++].push_back(OrDash(node.value("variant", "")));
    const std::string first = node.value("filter", "");
    for (const json& filter : node.value("filters", json::array())) {
      const bool decided = filter.value("name", "") == first;
      rows.at(at++).push_back(filter.value("passed", false) ? "ok" : decided ? "NO" : "no");
    }
    for (const json& score : node.value("scores", json::array())) {
      rows.at(at++).push_back(Number(score.value("value", 0.0)));
    }
  }
  return rows;
}

void PrintRows(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line = " ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += ' ' + row[i] + std::string(widths[i] - row[i].size() + 1, ' ');
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void PrintRefusals(std::ostream& out, const std::vector<json>& nodes) {
  for (const json& node : nodes) {
    for (const json& filter : node.value("filters", json::array())) {
      if (filter.value("passed", false)) continue;
      out << "  " << node.value("node", "") << ": " << filter.value("reason", "") << " ("
          << filter.value("name", "") << ")\n";
    }
  }
}

}  // namespace

void PrintExplanation(std::ostream& out, const json& explanation) {
  const json nodes = explanation.value("nodes", json::array());
  std::size_t widest = 9;  // "software "
  for (const json& node : nodes) {
    widest = std::max({widest, node.value("node", "").size(), node.value("variant", "").size()});
  }
  constexpr std::size_t kNames = 20;
  const std::size_t per_block = std::max<std::size_t>(1, (kLine - kNames) / (widest + 2));
  for (std::size_t at = 0; at < nodes.size(); at += per_block) {
    std::vector<json> block;
    for (std::size_t i = at; i < std::min(at + per_block, nodes.size()); ++i) {
      block.push_back(nodes[i]);
    }
    PrintRows(out, RowsOf(block));
    PrintRefusals(out, block);
  }
  out << "  => " << explanation.value("message", "") << std::endl;
}

}  // namespace nekoplane::ctl
