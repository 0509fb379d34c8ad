#include "tests/integration/prometheus.h"

#include <fstream>

#include "controller/cmd/nekoctl/api_client.h"
#include "tests/integration/world.h"

namespace nekoplane::integration {

Prometheus::Prometheus(const std::string& folder, int port)
    : http_(http::MakeRestClient(clock_)),
      address_("127.0.0.1:" + std::to_string(FreePort())),
      log_(folder + "/prometheus.log") {
  const std::string rules = NEKO_SOURCE_DIR "/manifests/monitoring/nekoplane.";
  std::ofstream(folder + "/prometheus.yaml")
      << "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
      << "rule_files: [" << rules << "rules.yaml, " << rules << "alerts.yaml]\n"
      << "scrape_configs:\n- job_name: nekoplane\n  static_configs: [{targets: ['127.0.0.1:" << port
      << "']}]\n";
  process_ = std::make_unique<Process>(
      std::vector<std::string>{"prometheus", "--config.file=" + folder + "/prometheus.yaml",
                               "--storage.tsdb.path=" + folder + "/prometheus",
                               "--web.listen-address=" + address_},
      std::map<std::string, std::string>{}, log_);
}

json Prometheus::Get(const std::string& path) {
  const http::ClientRequest request{
      .method = "GET", .url = "http://" + address_ + "/api/v1/" + path, .headers = {}, .body = ""};
  const auto reply = http_->Do(Context().WithTimeout(clock_, seconds(10)), request);
  if (!reply || reply->status != 200) return nullptr;
  return json::parse(reply->body).value("data", json());
}

bool Prometheus::HasData(const std::string& query, std::string& error) {
  const json data = Get("query?query=" + ctl::QueryEscape(query));
  if (data.is_null()) {
    error = "refused";
    return false;
  }
  if (data["resultType"] == "scalar") return true;
  for (const json& series : data["result"]) {
    if (series["value"][1] != "NaN") return true;
  }
  error = data["result"].empty() ? "no series" : "only NaN";
  return false;
}

bool Prometheus::AwaitUp() {
  std::string error;
  const bool up = Eventually(seconds(20), [&] { return HasData("up == 1", error); });
  if (!up) {
    std::ifstream in(log_);
    std::cerr << std::string(std::istreambuf_iterator<char>(in), {});
  }
  return up;
}

}  // namespace nekoplane::integration
