// The faces that people use: stock kubectl, nekoctl, the HTTP wrapper, the
// manifests folder, metrics.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/world.h"

namespace nekoplane::integration {
namespace {

class SurfacesTest : public IntegrationTest {};

constexpr char kSession[] = R"(apiVersion: nekoplane.dev/v1alpha1
kind: BrowserSession
metadata: {name: kc}
spec: {url: "https://example.org"}
)";

TEST_F(SurfacesTest, StockKubectlWorks) {
  Nekoplane neko(*engine_);
  const auto run = [&](std::vector<std::string> words, const std::string& input = "") {
    const std::string line = testing::PrintToString(words);
    const RunResult done = neko.Kubectl(std::move(words), input);
    EXPECT_EQ(done.exit_code, 0) << line << '\n' << done.out << done.err;
    return done.out;
  };
  EXPECT_EQ(run({"apply", "-f", "-"}, kSession), "browsersession.nekoplane.dev/kc created\n");
  EXPECT_EQ(run({"apply", "-f", "-"}, kSession), "browsersession.nekoplane.dev/kc unchanged\n");
  run({"wait", "--for=condition=Ready", "bs/kc", "--timeout=60s"});
  const std::string table = run({"get", "bs"});
  EXPECT_NE(table.find("NAME"), std::string::npos);
  EXPECT_NE(table.find("Running"), std::string::npos) << table;
  EXPECT_NE(run({"get", "bs", "kc", "-o", "yaml"}).find("url: https://example.org"),
            std::string::npos);
  EXPECT_EQ(run({"get", "bs", "kc", "-o", "jsonpath={.status.nodeName}"}), "host");
  const std::string described = run({"describe", "bs", "kc"});
  EXPECT_NE(described.find("Events:"), std::string::npos);
  EXPECT_NE(described.find("Scheduled"), std::string::npos) << described;
  EXPECT_NE(run({"explain", "bs.spec"}).find("operatingMode"), std::string::npos);
  EXPECT_NE(run({"api-resources"}).find("browsersessions"), std::string::npos);
  run({"patch", "bs", "kc", "--type=merge", "-p", R"({"metadata":{"labels":{"a":"b"}}})"});
  run({"label", "bs", "kc", "c=d"});
  EXPECT_NE(run({"get", "bs", "-l", "a=b,c=d", "-o", "name"}).find("kc"), std::string::npos);
  EXPECT_NE(run({"get", "bnode,bclass"}).find("host"), std::string::npos);
  const RunResult bad = neko.Kubectl({"apply", "-f", "-"}, R"(apiVersion: nekoplane.dev/v1alpha1
kind: BrowserSession
metadata: {name: bad}
spec: {urll: "x", device: Toaster}
)");
  EXPECT_NE(bad.exit_code, 0);
  EXPECT_NE(bad.err.find("urll"), std::string::npos) << bad.err;
  run({"delete", "bs", "kc", "--timeout=60s"});
  EXPECT_NE(neko.Kubectl({"get", "bs", "kc"}).exit_code, 0);
  neko.ExpectExactly({}, seconds(5));
}

TEST_F(SurfacesTest, KubectlWatchSeesASessionComeAndGo) {
  Nekoplane neko(*engine_);
  const char* kubectl = std::getenv("KUBECTL");
  const std::string out = neko.data() + "/watch.out";
  Process watch(
      {kubectl != nullptr ? kubectl : "kubectl", "get", "bs", "-w", "--output-watch-events"},
      {{"KUBECONFIG", neko.kubeconfig()}, {"HOME", neko.data()}}, out);
  const auto seen = [&](const std::string& text) {
    return Eventually(seconds(30), [&] {
      std::ifstream in(out);
      return std::string(std::istreambuf_iterator<char>(in), {}).find(text) != std::string::npos;
    });
  };
  neko.CreateSession("w");
  EXPECT_TRUE(seen("ADDED"));
  EXPECT_TRUE(seen("Running"));
  ASSERT_TRUE(neko.Delete("browsersessions/w"));
  EXPECT_TRUE(seen("DELETED"));
}

TEST_F(SurfacesTest, NekoctlDoesWhatItsHelpSays) {
  Nekoplane neko(*engine_);
  const auto run = [&](std::vector<std::string> words, const std::string& input = "") {
    const std::string line = testing::PrintToString(words);
    const RunResult done = neko.Ctl(std::move(words), input);
    EXPECT_EQ(done.exit_code, 0) << line << '\n' << done.out << done.err;
    return done.out;
  };
  EXPECT_EQ(run({"apply", "-f", "-"}, kSession), "browsersession.nekoplane.dev/kc created\n");
  EXPECT_EQ(run({"apply", "-f", "-"}, kSession), "browsersession.nekoplane.dev/kc unchanged\n");
  run({"wait", "--for=condition=Ready", "bs/kc", "--timeout", "60s"});
  EXPECT_NE(run({"get", "bs"}).find("Running"), std::string::npos);
  EXPECT_NE(run({"get", "bs/kc", "-o", "yaml"}).find("kind: BrowserSession"), std::string::npos);
  EXPECT_NE(run({"describe", "bs", "kc"}).find("Scheduled"), std::string::npos);
  EXPECT_NE(run({"why", "kc"}).find("host"), std::string::npos);
  EXPECT_FALSE(run({"logs", "kc"}).empty());
  const std::string url = run({"url", "kc"});
  EXPECT_EQ(url.rfind("http://127.0.0.1:", 0), 0u) << url;
  EXPECT_NE(url.find("?usr=neko&pwd="), std::string::npos);
  EXPECT_EQ(run({"gc", "--dry-run"}), "nothing to remove\n");
  run({"delete", "bs", "kc"});
  EXPECT_EQ(neko.Ctl({"get", "bs", "kc"}).exit_code, 1);
  EXPECT_EQ(neko.Ctl({"frobnicate"}).exit_code, 2);
  const RunResult unreachable =
      RunToEnd({NEKO_BIN_DIR "/nekoctl", "get", "bs"}, {{"KUBECONFIG", "/nonexistent"}});
  EXPECT_EQ(unreachable.exit_code, 1);
  EXPECT_NE(unreachable.err.find("admin.kubeconfig"), std::string::npos) << unreachable.err;
}

TEST_F(SurfacesTest, TheDesktopsCallsWork) {
  Nekoplane neko(*engine_);
  auto [status, body] =
      neko.Http("POST", "/api/browser/sessions", {{"url", "https://example.org"}});
  ASSERT_EQ(status, 201) << body;
  json session = json::parse(body);
  const std::string id = session["id"];
  EXPECT_EQ(id.size(), 32u);
  EXPECT_EQ(session["owner_type"], "user");
  EXPECT_EQ(session["owner_id"], "me");
  EXPECT_EQ(session["url"], "https://example.org");
  ASSERT_TRUE(Eventually(seconds(30), [&] {
    const auto [code, text] = neko.Http("GET", "/api/browser/sessions/" + id);
    EXPECT_EQ(code, 200) << text;
    session = json::parse(text);
    return session["status"] == "running";
  })) << session.dump();
  EXPECT_EQ(session["node"], "host");
  EXPECT_FALSE(session.value("stream_token", "").empty());
  const std::string url = session["neko_url"];
  EXPECT_EQ(url.rfind("http://127.0.0.1:", 0), 0u) << url;
  const auto list = json::parse(neko.Http("GET", "/api/browser/sessions").second);
  ASSERT_EQ(list["sessions"].size(), 1u);
  EXPECT_EQ(json::parse(neko.Http("GET", "/api/browser/nodes").second),
            (json{{"nodes", json::array()}}));
  EXPECT_EQ(
      neko.Http("POST", "/api/browser/sessions", {{"url", "https://x.org"}, {"node", "nowhere"}}),
      (std::pair<int, std::string>(409, R"({"error":"no_capable_node"})")));
  EXPECT_EQ(neko.Sessions().size(), 1u) << "a refusal left something behind";
  EXPECT_EQ(neko.Http("POST", "/api/browser/sessions", json::object()).first, 422);
  EXPECT_EQ(neko.Http("GET", "/api/browser/sessions/ffffffffffffffffffffffffffffffff").first, 404);
  EXPECT_EQ(neko.Http("POST", "/api/browser/sessions/" + id + "/terminate").second,
            R"({"ok":true})");
  EXPECT_EQ(neko.Http("POST", "/api/browser/sessions/" + id + "/terminate").second,
            R"({"ok":true})");
  EXPECT_TRUE(Eventually(seconds(30), [&] { return neko.Sessions().empty(); }));
  neko.ExpectExactly({}, seconds(5));
}

TEST_F(SurfacesTest, TheWrapperAsksForCredentialsWithoutSingleUser) {
  Nekoplane neko(*engine_, {.single_user = ""});
  EXPECT_EQ(neko.Http("GET", "/api/browser/sessions").first, 401);
  std::ifstream in(neko.data() + "/wrapper.token");
  std::string token;
  in >> token;
  ASSERT_FALSE(token.empty());
  const http::Headers alone = {{"Authorization", "Bearer " + token}};
  const http::Headers as_ana = {{"Authorization", "Bearer " + token}, {"Impersonate-User", "ana"}};
  EXPECT_EQ(neko.Http("GET", "/api/browser/sessions", nullptr, alone).first, 401);
  EXPECT_EQ(neko.Http("GET", "/api/browser/sessions", nullptr, as_ana),
            (std::pair<int, std::string>(200, R"({"sessions":[]})")));
  EXPECT_EQ(neko.Http("GET", "/api/browser/sessions", nullptr,
                      {{"Authorization", "Bearer wrong"}, {"Impersonate-User", "ana"}})
                .first,
            401);
}

TEST_F(SurfacesTest, TheManifestsFolderIsFollowed) {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("manifests-" + std::to_string(getpid()))).string();
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& file, const std::string& text) {
    std::ofstream(folder + "/" + file) << text;
  };
  write("kc.yaml", kSession);
  {
    Nekoplane neko(*engine_, {.flags = {"--manifests", folder}});
    neko.AwaitReady("kc");
    neko.CreateSession("byhand");
    neko.AwaitReady("byhand");
    write("kc.yaml",
          "apiVersion: nekoplane.dev/v1alpha1\nkind: "
          "BrowserSession\nmetadata: {name: kc\n");
    std::this_thread::sleep_for(seconds(3));
    EXPECT_TRUE(neko.Get("browsersessions/kc")) << "a broken file must change nothing";
    EXPECT_NE(neko.LogTail().find("kc.yaml"), std::string::npos)
        << "a broken file must be reported";
    std::filesystem::remove(folder + "/kc.yaml");
    EXPECT_TRUE(neko.AwaitGone("kc", seconds(30)));
    EXPECT_TRUE(neko.Get("browsersessions/byhand"))
        << "not applied by the folder, not deleted by it";
  }
  std::filesystem::remove_all(folder);
}

TEST_F(SurfacesTest, MetricsTellCapacityAndWork) {
  Nekoplane neko(*engine_);
  neko.CreateSession("one");
  neko.AwaitReady("one");
  std::string text;
  EXPECT_TRUE(Eventually(seconds(20), [&] {
    text = neko.Http("GET", "/metrics").second;
    return text.find("nekoplane_sessions{node=\"host\",phase=\"Running\"} 1") != std::string::npos;
  })) << text;
  for (const char* name :
       {"workqueue_depth{", "workqueue_adds_total{", "controller_runtime_reconcile_total{",
        "controller_runtime_reconcile_time_seconds_bucket{", "apiserver_request_total{",
        "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
        "nekoplane_node_capacity{", "nekoplane_node_allocatable{", "nekoplane_node_allocated{",
        "nekoplane_session_start_duration_seconds_bucket{", "nekoplane_gc_removed_total{",
        "nekoplane_engine_calls_total{"}) {
    EXPECT_NE(text.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(text.find("\"one\""), std::string::npos) << "a session's name is a label";
}

TEST_F(SurfacesTest, BadUseIsRefusedWithAHint) {
  const auto serve = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {NEKO_BIN_DIR "/nekoplane", "serve"});
    return RunToEnd(flags, {}, "", seconds(20));
  };
  const RunResult no_dir = serve({});
  EXPECT_NE(no_dir.exit_code, 0);
  EXPECT_NE(no_dir.err.find("--data-dir"), std::string::npos) << no_dir.err;
  const RunResult open_single_user = serve(
      {"--data-dir", "/tmp/nekoplane-never", "--http-listen", "0.0.0.0:0", "--single-user", "me"});
  EXPECT_NE(open_single_user.exit_code, 0);
  EXPECT_NE(open_single_user.err.find("--http-listen"), std::string::npos) << open_single_user.err;
  Nekoplane first(*engine_);
  const RunResult second = serve(
      {"--data-dir", first.data(), "--api-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"});
  EXPECT_NE(second.exit_code, 0);
  EXPECT_NE(second.err.find(first.data()), std::string::npos)
      << "two processes on one folder: " << second.err;
}

}  // namespace
}  // namespace nekoplane::integration
