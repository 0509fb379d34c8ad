#include "controller/runtime/sim/sim_engine.h"

#include <utility>

#include "controller/runtime/hint_hub.h"

namespace nekoplane::runtime {

// The watchers of one installation.
struct SimEngine::Audience {
  std::string installation;
  HintHub hub;
};

std::string_view SimCallName(SimCall call) {
  switch (call) {
    case SimCall::kFacts:
      return "facts";
    case SimCall::kImage:
      return "image";
    case SimCall::kPull:
      return "pull";
    case SimCall::kVolumeCreate:
      return "volume_create";
    case SimCall::kVolumeList:
      return "volume_list";
    case SimCall::kVolumeRemove:
      return "volume_remove";
    case SimCall::kCreate:
      return "create";
    case SimCall::kPlaceFiles:
      return "place_files";
    case SimCall::kStart:
      return "start";
    case SimCall::kInspect:
      return "inspect";
    case SimCall::kList:
      return "list";
    case SimCall::kStop:
      return "stop";
    case SimCall::kRemove:
      return "remove";
    case SimCall::kProbe:
      return "probe";
    case SimCall::kLogs:
      return "logs";
  }
  return "unknown";
}

SimEngine::SimEngine(const Clock& clock, SimOptions options)
    : options_(std::move(options)), machine_(clock, options_) {}

SimEngine::~SimEngine() = default;

Result<SimFault> SimEngine::Enter(SimCall call, std::string_view target) {
  FaultPlan plan;
  Witness witness;
  std::uint64_t number = 0;
  SimFault fault;
  {
    MutexLock lock(mu_);
    number = ++calls_;
    auto& queued = next_faults_[call];
    if (!queued.empty()) {
      fault = std::move(queued.front());
      queued.pop_front();
    } else {
      plan = plan_;
    }
  }
  if (plan) fault = plan(call, number, target);
  if (fault.kind == SimFault::Kind::kRefuse) return fault.status;
  {
    MutexLock lock(mu_);
    if (down_) {
      return MakeStatus(Code::kUnavailable, "ConnectionRefused",
                        "the engine of node " + options_.node + " does not answer");
    }
    witness = witness_;
  }
  if (witness) witness(call, target);
  return fault;
}

template <class T, class Work>
Result<T> SimEngine::Call(SimCall call, std::string_view target, const Work& work) {
  NEKO_TRY(SimFault fault, Enter(call, target));
  Result<T> result = Turn(work);
  if (fault.kind == SimFault::Kind::kLoseReply) return std::move(fault.status);
  return result;
}

template <class Work>
auto SimEngine::Turn(const Work& work) {
  auto result = [&] {
    MutexLock lock(mu_);
    auto value = work(machine_);
    for (SimMachine::Change& change : machine_.TakeChanges()) hints_.push_back(std::move(change));
    return value;
  }();
  Settle();
  return result;
}

// Delivers what is waiting, one by one: a callback may cause more, or hold the rest back.
void SimEngine::Settle() {
  for (;;) {
    SimMachine::Change change;
    std::vector<std::shared_ptr<Audience>> audiences;
    {
      MutexLock lock(mu_);
      if (hold_hints_ || hints_.empty()) return;
      change = std::move(hints_.front());
      hints_.pop_front();
      audiences = audiences_;
    }
    for (const auto& audience : audiences) {
      if (change.installation.empty() || change.installation == audience->installation) {
        audience->hub.Publish(Hint{change.session_uid});
      }
    }
  }
}

Result<NodeFacts> SimEngine::Facts() {
  return Call<NodeFacts>(SimCall::kFacts, "",
                         [&](SimMachine&) -> Result<NodeFacts> { return options_.facts; });
}

Result<std::string> SimEngine::ImageId(std::string_view image) {
  return Call<std::string>(SimCall::kImage, image, [&](SimMachine& m) { return m.ImageId(image); });
}

Result<void> SimEngine::Pull(std::string_view image) {
  return Call<void>(SimCall::kPull, image, [&](SimMachine& m) { return m.Pull(image); });
}

Result<void> SimEngine::CreateVolume(SimVolume volume) {
  return Call<void>(SimCall::kVolumeCreate, volume.name,
                    [&](SimMachine& m) { return m.CreateVolume(std::move(volume)); });
}

Result<std::vector<SimVolume>> SimEngine::ListVolumes(std::string_view installation) {
  using Volumes = std::vector<SimVolume>;
  return Call<Volumes>(SimCall::kVolumeList, "", [&](SimMachine& m) -> Result<Volumes> {
    return m.ListVolumes(installation);
  });
}

Result<void> SimEngine::RemoveVolume(std::string_view name, std::string_view installation) {
  return Call<void>(SimCall::kVolumeRemove, name,
                    [&](SimMachine& m) { return m.RemoveVolume(name, installation); });
}

Result<void> SimEngine::Create(std::string_view name, std::string_view installation,
                               const InstanceSpec& spec) {
  return Call<void>(SimCall::kCreate, name,
                    [&](SimMachine& m) { return m.Create(name, installation, spec); });
}

Result<void> SimEngine::PlaceFiles(std::string_view name, const std::vector<FileToPlace>& files) {
  return Call<void>(SimCall::kPlaceFiles, name,
                    [&](SimMachine& m) { return m.PlaceFiles(name, files); });
}

Result<void> SimEngine::Start(std::string_view name) {
  return Call<void>(SimCall::kStart, name, [&](SimMachine& m) { return m.Start(name); });
}

Result<SimContainer> SimEngine::Inspect(std::string_view name) {
  return Call<SimContainer>(SimCall::kInspect, name,
                            [&](SimMachine& m) { return m.Inspect(name); });
}

Result<std::vector<SimContainer>> SimEngine::List(std::string_view installation) {
  using Containers = std::vector<SimContainer>;
  return Call<Containers>(SimCall::kList, "", [&](SimMachine& m) -> Result<Containers> {
    return m.List(installation);
  });
}

Result<void> SimEngine::Stop(std::string_view name) {
  return Call<void>(SimCall::kStop, name, [&](SimMachine& m) { return m.Stop(name); });
}

Result<void> SimEngine::Remove(std::string_view name) {
  return Call<void>(SimCall::kRemove, name, [&](SimMachine& m) { return m.Remove(name); });
}

Result<void> SimEngine::Probe(int http_port) {
  // Neko answers, not the engine: an engine that is down does not matter. Faults do.
  {
    auto fault = Enter(SimCall::kProbe, "");
    if (!fault && fault.error().reason != "ConnectionRefused") return std::move(fault).error();
  }
  return Turn([&](SimMachine& m) { return m.Probe(http_port); });
}

Result<std::string> SimEngine::Logs(std::string_view name) {
  return Call<std::string>(SimCall::kLogs, name, [&](SimMachine& m) { return m.Logs(name); });
}

std::unique_ptr<Subscription> SimEngine::Watch(std::string_view installation,
                                               std::function<void(const Hint&)> callback) {
  std::shared_ptr<Audience> audience;
  {
    MutexLock lock(mu_);
    for (const auto& known : audiences_) {
      if (known->installation == installation) audience = known;
    }
    if (!audience) {
      audience = std::make_shared<Audience>();
      audience->installation = installation;
      audiences_.push_back(audience);
    }
  }
  return audience->hub.Subscribe(std::move(callback), /*greet=*/true);
}

bool SimEngine::Kill(std::string_view session_uid, int exit_code, bool oom) {
  return Turn([&](SimMachine& m) { return m.Kill(session_uid, exit_code, oom); });
}

bool SimEngine::RemoveBehindBack(std::string_view session_uid) {
  return Turn([&](SimMachine& m) { return m.RemoveBehindBack(session_uid); });
}

bool SimEngine::SetSick(std::string_view session_uid, bool sick) {
  return Turn([&](SimMachine& m) { return m.SetSick(session_uid, sick); });
}

bool SimEngine::OccupyPort(std::string_view proto, int port) {
  return Turn([&](SimMachine& m) { return m.OccupyPort(proto, port); });
}

bool SimEngine::ReleasePort(std::string_view proto, int port) {
  return Turn([&](SimMachine& m) { return m.ReleasePort(proto, port); });
}

void SimEngine::AddForeignContainer(std::string_view name) {
  MutexLock lock(mu_);
  machine_.AddForeignContainer(name);
}

void SimEngine::AddForeignVolume(std::string_view name) {
  MutexLock lock(mu_);
  machine_.AddForeignVolume(name);
}

void SimEngine::AddImage(std::string_view image) {
  MutexLock lock(mu_);
  machine_.AddImage(image);
}

void SimEngine::RemoveImage(std::string_view image) {
  MutexLock lock(mu_);
  machine_.RemoveImage(image);
}

void SimEngine::SetHealthDelay(Duration delay) {
  MutexLock lock(mu_);
  machine_.SetHealthDelay(delay);
}

void SimEngine::SetPullDelay(Duration delay) {
  MutexLock lock(mu_);
  machine_.SetPullDelay(delay);
}

void SimEngine::SetDown(bool down) {
  {
    MutexLock lock(mu_);
    if (down_ == down) return;
    down_ = down;
    // What happened meanwhile was seen by nobody; who watches has to look at everything again.
    hints_.clear();
    if (!down) hints_.push_back({});
  }
  Settle();
}

void SimEngine::Reboot() {
  {
    MutexLock lock(mu_);
    machine_.ExitAll();
    static_cast<void>(machine_.TakeChanges());
    down_ = false;
    hints_.clear();
    hints_.push_back({});
  }
  Settle();
}

void SimEngine::SetFaultPlan(FaultPlan plan) {
  MutexLock lock(mu_);
  plan_ = std::move(plan);
}

void SimEngine::SetWitness(Witness witness) {
  MutexLock lock(mu_);
  witness_ = std::move(witness);
}

void SimEngine::FailNext(SimCall call, SimFault fault) {
  MutexLock lock(mu_);
  next_faults_[call].push_back(std::move(fault));
}

void SimEngine::HoldHints(bool hold, bool drop) {
  {
    MutexLock lock(mu_);
    hold_hints_ = hold;
    if (drop) hints_.clear();
  }
  Settle();
}

std::uint64_t SimEngine::calls() const {
  MutexLock lock(mu_);
  return calls_;
}

std::vector<SimContainer> SimEngine::Containers() const {
  MutexLock lock(mu_);
  return machine_.Containers();
}

std::vector<SimVolume> SimEngine::Volumes() const {
  MutexLock lock(mu_);
  return machine_.Volumes();
}

bool SimEngine::HasImage(std::string_view image) const {
  MutexLock lock(mu_);
  return machine_.HasImage(image);
}

std::map<std::string, std::string> SimEngine::BoundPorts() const {
  MutexLock lock(mu_);
  return machine_.BoundPorts();
}

std::vector<std::string> SimEngine::Violations() const {
  MutexLock lock(mu_);
  return machine_.violations();
}

}  // namespace nekoplane::runtime
