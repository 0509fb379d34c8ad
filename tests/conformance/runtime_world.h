// A machine as the conformance suite of runtime drivers sees it, plus what happens to it besides
// the driver: processes die, people remove things, strangers take ports.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/base/clock.h"
#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::conformance {

using runtime::Hint;
using runtime::InstanceSpec;
using runtime::Observed;
using runtime::RuntimeDriver;
using runtime::VolumeMount;

class RuntimeWorld {
 public:
  virtual ~RuntimeWorld() = default;

  // Another driver object on the same machine, as a restarted nekoplane would make it.
  virtual std::shared_ptr<RuntimeDriver> MakeDriver(const std::string& installation) = 0;
  virtual const Clock& clock() const = 0;
  // Unique within all worlds on this machine.
  virtual std::string installation() const = 0;
  virtual std::string NewUid() = 0;
  // A port that nobody has bound, and that no other call returns.
  virtual int NewPort() = 0;
  virtual std::string image() const = 0;

  // What nekoplane writes down of a start that succeeded; for drivers whose machine keeps nothing.
  virtual void Record(const Observed& /*started*/) {}

  virtual void Kill(const std::string& uid) = 0;
  virtual void RemoveBehindBack(const std::string& uid) = 0;
  // The port is taken by somebody else until the handle goes.
  virtual std::shared_ptr<void> HoldPort(int port) = 0;
  virtual void AddForeignContainer(const std::string& name) = 0;
  virtual void AddForeignVolume(const std::string& name) = 0;
  virtual bool ContainerExists(const std::string& name) = 0;
  virtual bool VolumeExists(const std::string& name) = 0;
  virtual std::optional<std::string> ReadFile(const std::string& uid, const std::string& path) = 0;
  // Lets things happen that take time.
  virtual void Wait() = 0;
};

struct RuntimeWorldFactory {
  const char* name;
  // The error says why this world cannot be had here; its tests are skipped then.
  std::function<Result<std::unique_ptr<RuntimeWorld>>()> make;
  runtime::Capabilities can = {};  // what its driver must say it can; what it cannot is not asked
};

}  // namespace nekoplane::conformance
