#include "tests/conformance/runtime_driver_conformance.h"

#include <map>
#include <set>
#include <string>

#include "controller/runtime/sim/sim_driver.h"
#include "controller/runtime/sim/sim_engine.h"
#include "tests/conformance/docker_world.h"
#include "tests/conformance/taos_world.h"
#include "tests/support/fake_clock.h"

namespace nekoplane::conformance {
namespace {

class SimWorld final : public RuntimeWorld {
 public:
  std::shared_ptr<RuntimeDriver> MakeDriver(const std::string& installation) override {
    return std::make_shared<runtime::SimDriver>(engine_, clock_, installation);
  }

  const Clock& clock() const override { return clock_; }

  std::string installation() const override { return "conformance"; }

  std::string NewUid() override { return "uid-" + std::to_string(++next_uid_); }

  int NewPort() override { return ++next_port_; }

  std::string image() const override { return "nekoplane/neko-standin:dev"; }

  void Kill(const std::string& uid) override { EXPECT_TRUE(engine_.Kill(uid)); }

  void RemoveBehindBack(const std::string& uid) override {
    EXPECT_TRUE(engine_.RemoveBehindBack(uid));
  }

  std::shared_ptr<void> HoldPort(int port) override {
    EXPECT_TRUE(engine_.OccupyPort("tcp", port));
    return {nullptr, [this, port](void*) { engine_.ReleasePort("tcp", port); }};
  }

  void AddForeignContainer(const std::string& name) override { engine_.AddForeignContainer(name); }

  void AddForeignVolume(const std::string& name) override { engine_.AddForeignVolume(name); }

  bool ContainerExists(const std::string& name) override { return Find(name).has_value(); }

  bool VolumeExists(const std::string& name) override {
    for (const auto& volume : engine_.Volumes()) {
      if (volume.name == name) return true;
    }
    return false;
  }

  std::optional<std::string> ReadFile(const std::string& uid, const std::string& path) override {
    const auto container = Find(runtime::ContainerName(uid));
    if (!container || !container->files.contains(path)) return std::nullopt;
    return container->files.at(path);
  }

  void Wait() override { clock_.Advance(std::chrono::milliseconds(50)); }

 private:
  std::optional<runtime::SimContainer> Find(const std::string& name) {
    for (const auto& container : engine_.Containers()) {
      if (container.name == name) return container;
    }
    return std::nullopt;
  }

  testing::FakeClock clock_;
  runtime::SimEngine engine_{clock_, [] {
                               runtime::SimOptions options;
                               options.health_delay = std::chrono::milliseconds(120);
                               return options;
                             }()};
  int next_uid_ = 0, next_port_ = 8800;
};

INSTANTIATE_TEST_SUITE_P(
    Drivers, RuntimeDriverConformance,
    ::testing::Values(RuntimeWorldFactory{"sim",
                                          []() -> Result<std::unique_ptr<RuntimeWorld>> {
                                            return std::unique_ptr<RuntimeWorld>(
                                                std::make_unique<SimWorld>());
                                          }},
                      RuntimeWorldFactory{"docker", [] { return MakeDockerWorld(); }},
                      RuntimeWorldFactory{
                          "taos_worker",
                          []() -> Result<std::unique_ptr<RuntimeWorld>> { return MakeTaosWorld(); },
                          {.list = false,
                           .files = false,
                           .volumes = false,
                           .events = false,
                           .images = false,
                           .ports = false,
                           .inspect = false,
                           .logs = false}}),
    [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace nekoplane::conformance
