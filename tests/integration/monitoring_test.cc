// What manifests/monitoring ships works: the rules are right, each alert fires when it should and
// has its runbook, every query of every dashboard has data, and the list of metrics is complete.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "tests/integration/prometheus.h"
#include "tests/integration/promql.h"
#include "tests/integration/world.h"

namespace nekoplane::integration {
namespace {

constexpr char kFolder[] = NEKO_SOURCE_DIR "/manifests/monitoring/";

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<std::filesystem::path> FilesIn(const std::string& folder, const std::string& ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ending) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  EXPECT_FALSE(files.empty()) << folder;
  return files;
}

void ExpectPromtool(std::vector<std::string> words) {
  words.insert(words.begin(), "promtool");
  const RunResult done = RunToEnd(words);
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
}

// What a dashboard asks, with Grafana's variables replaced as "All" and one minute would be.
std::vector<std::string> QueriesOf(const json& dashboard) {
  std::vector<std::string> queries;
  const auto add = [&](std::string query) {
    query = std::regex_replace(query, std::regex(R"(\$__rate_interval)"), "1m");
    query = std::regex_replace(query, std::regex(R"(\$(instance|node|class|controller)\b)"), ".*");
    EXPECT_EQ(query.find('$'), std::string::npos) << "a variable nobody defines: " << query;
    queries.push_back(query);
  };
  for (const json& panel : dashboard["panels"]) {
    if (!panel.contains("targets")) continue;
    for (const json& target : panel["targets"]) add(target["expr"]);
  }
  for (const json& note : dashboard["annotations"]["list"]) add(note["expr"]);
  for (const json& variable : dashboard["templating"]["list"]) {
    if (variable["type"] != "query") continue;
    std::smatch match;
    const std::string text = variable["definition"];
    const bool known = std::regex_match(text, match, std::regex(R"(label_values\((\w+), (\w+)\))"));
    EXPECT_TRUE(known) << text;
    if (known) queries.push_back(match[1].str() + "{" + match[2].str() + "!=\"\"}");
  }
  return queries;
}

// Name to type, as the exposition tells it.
std::map<std::string, std::string> TypesIn(const std::string& exposition) {
  std::map<std::string, std::string> types;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex(R"(# TYPE (\S+) (\S+))"))) {
      types[match[1]] = match[2];
    }
  }
  return types;
}

// The type of a series; "" if the exposition has none of that name.
std::string TypeOf(const std::string& series, const std::map<std::string, std::string>& types) {
  if (const auto it = types.find(series); it != types.end()) return it->second;
  for (const std::string ending : {"_bucket", "_sum", "_count"}) {
    if (!series.ends_with(ending)) continue;
    const auto it = types.find(series.substr(0, series.size() - ending.size()));
    if (it != types.end() && it->second == "histogram") return "histogram";
  }
  return "";
}

std::map<std::string, std::string> ListedInReadme() {
  std::map<std::string, std::string> listed;
  std::istringstream lines(ReadFile(std::string(kFolder) + "README.md"));
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_search(line, match, std::regex(R"(^\| `(\w+)` \| (\w+) \|)"))) {
      EXPECT_TRUE(listed.emplace(match[1], match[2]).second) << "twice: " << match[1];
    }
  }
  return listed;
}

TEST(PromqlTest, SelectorsAreFound) {
  const auto texts = [](const std::string& query) {
    std::vector<std::string> out;
    for (const auto& s : SelectorsOf(query)) out.push_back(s.function + "|" + s.text);
    return out;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(texts("up"), (Texts{"|up"}));
  EXPECT_EQ(texts(R"(a:b{x="}\"",y=~"c|d"} > 1.5e3 and on (job, x) c unless ignoring(z) d)"),
            (Texts{R"(|a:b{x="}\"",y=~"c|d"})", "|c", "|d"}));
  EXPECT_EQ(texts(R"(histogram_quantile(0.5, sum by (le) (rate(h_bucket{a="b"}[5m]))) / time())"),
            (Texts{R"(rate|h_bucket{a="b"})"}));
  EXPECT_EQ(texts("topk(3, x) or 0 * increase(y_total[1h])"), (Texts{"|x", "increase|y_total"}));
}

TEST(MonitoringRulesTest, AreValidAndFireWhenTheyShould) {
  const std::string folder = kFolder;
  ExpectPromtool(
      {"check", "rules", folder + "nekoplane.rules.yaml", folder + "nekoplane.alerts.yaml"});
  ExpectPromtool({"check", "config", folder + "prometheus.yaml"});
  std::vector<std::string> tests{"test", "rules"};
  for (const auto& file : FilesIn(folder + "tests", ".yaml")) tests.push_back(file);
  ExpectPromtool(tests);
}

class MonitoringTest : public IntegrationTest {
 protected:
  void SetUp() override {
    IntegrationTest::SetUp();
    if (HasFatalFailure()) return;
    neko_ = std::make_unique<Nekoplane>(*engine_);
    const std::string folder = neko_->data() + "/../prometheus";
    std::filesystem::create_directories(folder);
    prometheus_ = std::make_unique<Prometheus>(folder, neko_->http_port());
    ASSERT_TRUE(prometheus_->AwaitUp());
  }

  // A session whose image nobody has, of a class of its own.
  void CreateImageless(const std::string& name) {
    const auto created = neko_->Raw(
        "POST", "/apis/nekoplane.dev/v1alpha1/browserclasses",
        {{"apiVersion", "nekoplane.dev/v1alpha1"},
         {"kind", "BrowserClass"},
         {"metadata", {{"name", name}}},
         {"spec",
          {{"variants", {{{"name", "x"}, {"image", "127.0.0.1:1/none/" + name + ":1"}}}}}}});
    ASSERT_TRUE(created) << created.error().ToString();
    neko_->CreateSession(name,
                         {{"classRef", {{"name", name}}},
                          {"resources", {{"requests", {{"memory", "64Mi"}, {"cpu", "50m"}}}}}});
  }

  bool Has(const std::string& query) {
    std::string ignored;
    return prometheus_->HasData(query, ignored);
  }

  // Everything that shows on a dashboard happens, twice with a scrape between: the first time makes
  // the series, the second its rate. A restart comes between.
  void Work() {
    neko_->CreateSession("stays");
    neko_->AwaitReady("stays");
    for (int round = 0; round < 2; ++round) {
      if (round > 0) {
        EXPECT_EQ(neko_->Terminate(), 0);
        neko_->Start();
      }
      const std::string n = std::to_string(round);
      CreateImageless("imageless-" + n);
      neko_->CreateSession("huge-" + n, {{"resources", {{"requests", {{"memory", "900Gi"}}}}}});
      for (int i = 0; i < 2; ++i) {
        const std::string name = "load-" + n + "-" + std::to_string(i);
        neko_->CreateSession(name);
        neko_->AwaitReady(name);
        EXPECT_EQ(neko_->Http("GET", "/api/browser/sessions").first, 200);
        ASSERT_TRUE(neko_->Delete("browsersessions/" + name));
        EXPECT_TRUE(neko_->AwaitGone(name));
      }
      EXPECT_TRUE(Eventually(seconds(20), [&] {
        return Has(R"(nekoplane_engine_calls_total{call="PullImage"})") &&
               Has(R"(nekoplane_queue_length{reason="NoCapableNode"} == )" +
                   std::to_string(round + 1));
      }));
    }
  }

  std::unique_ptr<Nekoplane> neko_;
  std::unique_ptr<Prometheus> prometheus_;
};

TEST_F(MonitoringTest, WhatIsShippedFitsWhatIsServed) {
  ASSERT_NO_FATAL_FAILURE(Work());

  // Query, and who asks.
  std::map<std::string, std::string> queries;
  for (const auto& file : FilesIn(std::string(kFolder) + "dashboards", ".json")) {
    for (const auto& query : QueriesOf(json::parse(ReadFile(file)))) queries[query] = file.stem();
  }
  std::set<std::string> recorded, alerts;
  const json rules = prometheus_->Get("rules");
  ASSERT_TRUE(rules.contains("groups")) << rules;
  for (const json& group : rules["groups"]) {
    for (const json& rule : group["rules"]) {
      const std::string name = rule["name"];
      // An alert has data when something is wrong; what it reads is there always.
      for (const auto& read : SelectorsOf(rule["query"])) {
        if (read.name != "up") queries["count(" + read.text + ")"] = name;
      }
      if (rule["type"] == "recording") {
        queries[name] = name;
        recorded.insert(name);
        continue;
      }
      alerts.insert(name);
      const json& notes = rule["annotations"];
      EXPECT_EQ(notes.value("runbook_url", ""), "docs/runbooks/" + name + ".md");
      EXPECT_NE(notes.value("summary", ""), "") << name;
      EXPECT_NE(notes.value("description", ""), "") << name;
      EXPECT_TRUE(rule["labels"].value("severity", "") == "critical" ||
                  rule["labels"]["severity"] == "warning")
          << name;
    }
  }
  ASSERT_GT(recorded.size(), 5u);
  ASSERT_GT(alerts.size(), 10u);

  std::map<std::string, std::string> missing;
  Eventually(seconds(30), [&] {
    missing.clear();
    for (const auto& [query, asker] : queries) {
      std::string error;
      if (!prometheus_->HasData(query, error)) missing[query] = asker + ": " + error;
    }
    return missing.empty();
  });
  EXPECT_TRUE(missing.empty()) << missing.size() << " of " << queries.size()
                               << " queries without data:\n"
                               << json(missing).dump(1);

  const auto types = TypesIn(neko_->Http("GET", "/metrics").second);
  for (const auto& [query, asker] : queries) {
    for (const auto& read : SelectorsOf(query)) {
      if (read.name == "up" || recorded.contains(read.name)) continue;
      const std::string type = TypeOf(read.name, types);
      EXPECT_NE(type, "") << asker << " reads " << read.name << ", which is not served";
      const bool counts = read.function == "rate" || read.function == "increase";
      EXPECT_EQ(counts && type == "gauge", false) << asker << ": a rate of a gauge: " << query;
    }
  }
  EXPECT_EQ(ListedInReadme(), types)
      << "manifests/monitoring/README.md does not list what is served";

  std::set<std::string> runbooks;
  for (const auto& file : FilesIn(NEKO_SOURCE_DIR "/docs/runbooks", ".md")) {
    if (file.stem() != "README") runbooks.insert(file.stem());
  }
  EXPECT_EQ(runbooks, alerts);
}

TEST(MonitoringRulesTest, EachAlertIsTestedFiringAndQuiet) {
  const std::string rules = ReadFile(std::string(kFolder) + "nekoplane.alerts.yaml");
  const std::string tests = ReadFile(std::string(kFolder) + "tests/alerts_test.yaml");
  const std::regex alert("- alert: (\\w+)");
  int count = 0;
  for (std::sregex_iterator it(rules.begin(), rules.end(), alert), end; it != end; ++it, ++count) {
    const std::string name = (*it)[1];
    EXPECT_NE(tests.find("alertname: " + name + "\n    exp_alerts:\n"), std::string::npos) << name;
    EXPECT_NE(tests.find("alertname: " + name + ", exp_alerts: []}"), std::string::npos) << name;
  }
  EXPECT_GT(count, 10);
}

}  // namespace
}  // namespace nekoplane::integration
