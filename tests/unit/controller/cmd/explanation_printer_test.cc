// What `nekoctl why` shows.
#include "controller/cmd/nekoctl/explanation_printer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace nekoplane::ctl {
namespace {

using nlohmann::json;

json Filter(const char* name, const char* reason) {
  return {{"name", name}, {"passed", *reason == '\0'}, {"reason", reason}, {"permanent", false}};
}

json Node(const std::string& name, int order, const char* cores, const char* room) {
  return {{"node", name},
          {"order", order},
          {"variant", order == 0 ? "" : "software"},
          {"filter", *cores != '\0'  ? "CoreFloor"
                     : *room != '\0' ? "HasRoom"
                                     : ""},
          {"filters", {Filter("CoreFloor", cores), Filter("HasRoom", room)}},
          {"scores",
           {{{"name", "HostFirst"}, {"value", order == 1 ? 1.0 : 0.0}},
            {{"name", "LeastLoaded"}, {"value", 2.0 / 3}}}}};
}

std::string Printed(const json& explanation) {
  std::ostringstream out;
  PrintExplanation(out, explanation);
  return out.str();
}

TEST(ExplanationPrinterTest, NodesSideBySide) {
  EXPECT_EQ(Printed({{"message", "it fits on host, with variant software"},
                     {"nodes",
                      {Node("host", 1, "", ""),
                       Node("w", 0, "worker(s) below the 4 core floor", "Insufficient cpu")}}}),
            "  NODE         host      w\n"
            "  order        1         -\n"
            "  variant      software  -\n"
            "  CoreFloor    ok        NO\n"
            "  HasRoom      ok        no\n"
            "  HostFirst    1         0\n"
            "  LeastLoaded  0.667     0.667\n"
            "  w: worker(s) below the 4 core floor (CoreFloor)\n"
            "  w: Insufficient cpu (HasRoom)\n"
            "  => it fits on host, with variant software\n");
}

TEST(ExplanationPrinterTest, ManyNodesAreCutIntoBlocksNoWiderThanATerminal) {
  json nodes = json::array();
  for (int i = 0; i < 30; ++i) nodes.push_back(Node("node-" + std::to_string(i), i + 1, "", ""));
  std::istringstream lines(Printed({{"message", "m"}, {"nodes", nodes}}));
  int headers = 0;
  std::string all;
  for (std::string line; std::getline(lines, line); all += line + '\n') {
    EXPECT_LE(line.size(), 100U) << line;
    headers += line.starts_with("  NODE") ? 1 : 0;
  }
  EXPECT_EQ(headers, 5);
  for (int i = 0; i < 30; ++i) {
    EXPECT_NE(all.find("node-" + std::to_string(i)), std::string::npos) << i;
  }
}

TEST(ExplanationPrinterTest, NoNodes) {
  EXPECT_EQ(Printed({{"message", "0/0 nodes are available: no node is registered."}}),
            "  => 0/0 nodes are available: no node is registered.\n");
}

}  // namespace
}  // namespace nekoplane::ctl
