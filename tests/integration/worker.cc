#include "tests/integration/worker.h"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace nekoplane::integration {

namespace {

std::string MakeFolder() {
  std::string folder =
      (std::filesystem::temp_directory_path() / "nekoplane-worker-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) std::abort();
  return folder;
}

// A link of four addresses for each worker of each process: ours, and the worker's.
std::string Address(int index, bool ours) {
  return "10.2" + std::to_string(index % 10) + std::to_string(getpid() / 250 % 10) + "." +
         std::to_string(getpid() % 250) + "." + (ours ? "1" : "2");
}

void Must(const std::vector<std::string>& argv) {
  const RunResult done = RunToEnd(argv);
  ASSERT_EQ(done.exit_code, 0) << argv[0] << " " << argv[1] << " " << argv[2] << ": " << done.err;
}

void Write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string Tail(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  const std::string text = out.str();
  return text.substr(text.size() > 3000 ? text.size() - 3000 : 0);
}

// What an engine that did not end well left mounted, deepest first.
void UnmountBelow(const std::string& folder) {
  std::ifstream mounts("/proc/self/mounts");
  std::vector<std::string> points;
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, point;
    words >> device >> point;
    if (point.starts_with(folder + "/")) points.push_back(point);
  }
  std::sort(points.rbegin(), points.rend());
  for (const std::string& point : points) umount2(point.c_str(), MNT_DETACH);
}

}  // namespace

Papers::Papers()
    : ca_(auth::CertificateAuthority::Create("workers", clock_.WallNow(), random_).value()) {}

auth::Identity Papers::Server(const std::string& address) {
  return ca_.IssueServer({{}, {address}}, clock_.WallNow(), std::chrono::hours(1), random_).value();
}

auth::Identity Papers::Client(seconds age) {
  return ca_.IssueClient("nekoplane", {}, clock_.WallNow() - age, std::chrono::hours(1), random_)
      .value();
}

Worker::Worker(int index, Papers& papers)
    : name_("np" + std::to_string(getpid()) + "w" + std::to_string(index)),
      outside_("npo" + std::to_string(getpid()) + "w" + std::to_string(index)),
      inside_("npi" + std::to_string(getpid()) + "w" + std::to_string(index)),
      folder_(MakeFolder()),
      address_(Address(index, false)) {
  Must({"ip", "netns", "add", name_});
  Must({"ip", "link", "add", outside_, "type", "veth", "peer", "name", inside_});
  Must({"ip", "link", "set", inside_, "netns", name_});
  Must({"ip", "addr", "add", Address(index, true) + "/30", "dev", outside_});
  Must({"ip", "link", "set", outside_, "up"});
  Must({"ip", "-n", name_, "addr", "add", address_ + "/30", "dev", inside_});
  Must({"ip", "-n", name_, "link", "set", inside_, "up"});
  Must({"ip", "-n", name_, "link", "set", "lo", "up"});
  StartEngine(papers);
}

Worker::~Worker() {
  if (testing::Test::HasFailure()) {
    std::cerr << "last words of worker " << name_ << ":\n" << Tail(folder_ + "/engine.log") << '\n';
  }
  if (engine_ != nullptr) {
    for (const json& container : engine_->Containers()) engine_->Remove(container["Id"]);
  }
  StopEngine();
  RunToEnd({"ip", "link", "del", outside_});
  RunToEnd({"ip", "netns", "del", name_});
  UnmountBelow(folder_);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Worker::StartEngine(Papers& papers) {
  const auto identity = papers.Server(address_);
  Write(folder_ + "/ca.pem", papers.ca());
  Write(folder_ + "/cert.pem", identity.certificate);
  Write(folder_ + "/key.pem", identity.key);
  // `ip netns exec` would hide the cgroups.
  process_ =
      std::make_unique<Process>(std::vector<std::string>{"nsenter",
                                                         "--net=/run/netns/" + name_,
                                                         "dockerd",
                                                         "--data-root",
                                                         folder_ + "/data",
                                                         "--exec-root",
                                                         folder_ + "/exec",
                                                         "--pidfile",
                                                         folder_ + "/docker.pid",
                                                         "-H",
                                                         "unix://" + socket(),
                                                         "-H",
                                                         endpoint(),
                                                         "--tlsverify",
                                                         "--tlscacert",
                                                         folder_ + "/ca.pem",
                                                         "--tlscert",
                                                         folder_ + "/cert.pem",
                                                         "--tlskey",
                                                         folder_ + "/key.pem"},
                                std::map<std::string, std::string>{}, folder_ + "/engine.log");
}

void Worker::StopEngine() {
  process_->Signal(SIGTERM);
  if (process_->Wait(seconds(20)) < 0) process_->Signal(SIGKILL);
  process_.reset();
}

void Worker::AwaitUp() {
  if (engine_ == nullptr) engine_ = std::make_unique<Engine>(socket());
  ASSERT_TRUE(Eventually(seconds(30), [&] { return !process_->Running() || engine_->Answers(); }));
  ASSERT_TRUE(engine_->Answers()) << Tail(folder_ + "/engine.log");
  const RunResult image = RunToEnd(
      {NEKO_SOURCE_DIR "/tests/support/neko_standin/build-image.sh"},
      {{"DOCKER_HOST", engine_->host()}, {"NEKO_STANDIN_BINARY", NEKO_BIN_DIR "/neko_standin"}});
  ASSERT_EQ(image.exit_code, 0) << image.err;
}

void Worker::Restart(Papers& papers) {
  StopEngine();
  StartEngine(papers);
  ASSERT_TRUE(Eventually(seconds(30), [&] { return !process_->Running() || engine_->Answers(); }));
}

void Worker::Link(bool up) { Must({"ip", "link", "set", outside_, up ? "up" : "down"}); }

}  // namespace nekoplane::integration
