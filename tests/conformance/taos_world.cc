#include "tests/conformance/taos_world.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "controller/runtime/taos_worker/taos_worker_driver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_taos_worker/fake_taos_worker.h"

namespace nekoplane::conformance {
namespace {

class TaosWorld final : public RuntimeWorld {
 public:
  std::shared_ptr<RuntimeDriver> MakeDriver(const std::string& /*installation*/) override {
    runtime::TaosWorkerDeps deps{
        .clock = clock_,
        .client = worker_,
        .log = log_,
        .starts = starts_,
        .book = std::make_shared<runtime::taos::InstanceBook>(
            "w1", [this](std::string_view uid) { return Known(uid); }),
        .report =
            [this] {
              return runtime::taos::WorkerReport{
                  .at = clock_.Now(), .ram_mb = 8192, .cores = 4, .arch = "amd64"};
            },
        .declared = [] { return runtime::taos::Declaration{}; }};
    runtime::TaosWorkerOptions options{.node = "w1", .api = {.url = testing::FakeTaosWorker::kUrl}};
    return std::make_shared<runtime::TaosWorkerDriver>(std::move(deps), std::move(options));
  }

  const Clock& clock() const override { return clock_; }

  std::string installation() const override { return "conformance"; }

  std::string NewUid() override {
    const std::string n = std::to_string(++next_uid_);
    return "7d3b1a52-0c7e-4a39-9f10-" + std::string(12 - n.size(), '0') + n;
  }

  int NewPort() override { return ++next_port_; }

  std::string image() const override { return "of-the-worker"; }

  void Record(const Observed& started) override { recorded_[started.session_uid] = started; }

  void Wait() override {
    clock_.Advance(std::chrono::milliseconds(50));
    for (auto jobs = std::exchange(jobs_, {}); auto& job : jobs) job(Context());
  }

  bool ContainerExists(const std::string& name) override {
    return worker_.containers.contains("taos-neko-" + IdIn(name, runtime::ContainerName("")));
  }

  bool VolumeExists(const std::string& name) override {
    return worker_.volumes.contains("taos-browser-" + IdIn(name, runtime::PrivateVolumeName("")));
  }

  // What only a machine that can be looked into knows; the suite skips these by capability.
  void Kill(const std::string& /*uid*/) override { FAIL() << "nobody sees it"; }

  void RemoveBehindBack(const std::string& /*uid*/) override { FAIL() << "nobody sees it"; }

  std::shared_ptr<void> HoldPort(int /*port*/) override { return nullptr; }

  void AddForeignContainer(const std::string& /*name*/) override {}

  void AddForeignVolume(const std::string& /*name*/) override {}

  std::optional<std::string> ReadFile(const std::string& /*uid*/,
                                      const std::string& /*path*/) override {
    return std::nullopt;
  }

 private:
  static std::string IdIn(const std::string& name, const std::string& prefix) {
    return runtime::taos::SessionId(name.substr(prefix.size()));
  }

  std::optional<runtime::taos::KnownInstance> Known(std::string_view uid) const {
    const auto it = recorded_.find(uid);
    if (it == recorded_.end()) return std::nullopt;
    const Observed& seen = it->second;
    return runtime::taos::KnownInstance{.ns = seen.session_namespace,
                                        .name = seen.session_name,
                                        .container_id = runtime::TaosContainerOf(seen.id),
                                        .spec_hash = seen.spec_hash,
                                        .image = seen.image,
                                        .host = "192.168.1.9",
                                        .http_port = seen.http_port,
                                        .media_port = seen.media_port,
                                        .started_at = seen.started_at};
  }

  testing::FakeClock clock_;
  NullLogger log_;
  testing::FakeTaosWorker worker_{clock_};
  std::deque<std::function<void(const Context&)>> jobs_;
  runtime::taos::StartQueue starts_{[this](auto job) { jobs_.push_back(std::move(job)); }, {}};
  std::map<std::string, Observed, std::less<>> recorded_;
  int next_uid_ = 0, next_port_ = 8800;
};

}  // namespace

std::unique_ptr<RuntimeWorld> MakeTaosWorld() { return std::make_unique<TaosWorld>(); }

}  // namespace nekoplane::conformance
