// Prints meta.k8s.io Tables the way kubectl does.
#pragma once

#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace nekoplane::ctl {

struct TableStyle {
  bool wide = false, with_namespace = false, headers = true;
};

// Remembers column widths, so that rows printed later (a watch) stay aligned.
class TablePrinter {
 public:
  TablePrinter(std::ostream& out, TableStyle style) : out_(out), style_(style) {}

  void Print(const nlohmann::json& table);

 private:
  std::ostream& out_;
  const TableStyle style_;
  std::vector<std::size_t> widths_;
  std::vector<bool> shown_;
};

}  // namespace nekoplane::ctl
