#include "tests/sim/accidents.h"

#include <iterator>

namespace nekoplane::sim {

runtime::SimEngine& Accidents::AnyEngine() {
  auto it = world_.engines.begin();
  std::advance(it, static_cast<long>(luck_.Below(world_.engines.size())));
  return *it->second;
}

std::string Accidents::AnyContainer(const runtime::SimEngine& engine) {
  const auto containers = engine.Containers();
  if (containers.empty()) return "";
  const std::string uid = containers[luck_.Below(containers.size())].spec.session_uid;
  hurt_[uid] = world_.clock.Now();
  return uid;
}

void Accidents::TakePort() {
  runtime::SimEngine& engine = AnyEngine();
  if (!taken_.empty() && luck_.Below(3) == 0) {
    const auto [node, port] = taken_.back();
    taken_.pop_back();
    world_.engines.at(node)->ReleasePort(port.first, port.second);
    return;
  }
  const bool http = luck_.Below(2) == 0;
  const int port = (http ? 8800 : 59000) + static_cast<int>(luck_.Below(10));
  const std::string proto = http || luck_.Below(2) == 0 ? "tcp" : "udp";
  if (engine.OccupyPort(proto, port)) taken_.push_back({engine.node(), {proto, port}});
}

// Takes every engine away, one after the other, and lets them come back in another order.
void Accidents::Swizzle() {
  for (const auto& [node, engine] : world_.engines) {
    if (down_.insert(node).second) engine->SetDown(true);
  }
}

void Accidents::MayHappen() {
  if (luck_.Strikes(Fault::kContainerDies)) {
    runtime::SimEngine& engine = AnyEngine();
    engine.Kill(AnyContainer(engine));
  }
  if (luck_.Strikes(Fault::kContainerVanishes)) {
    runtime::SimEngine& engine = AnyEngine();
    engine.RemoveBehindBack(AnyContainer(engine));
  }
  if (luck_.Strikes(Fault::kContainerSick)) {
    runtime::SimEngine& engine = AnyEngine();
    engine.SetSick(AnyContainer(engine), true);
  }
  if (luck_.Strikes(Fault::kPortTaken)) TakePort();
  if (luck_.Strikes(Fault::kEngineDown)) {
    runtime::SimEngine& engine = AnyEngine();
    const bool goes = down_.insert(engine.node()).second;
    if (!goes) down_.erase(engine.node());
    engine.SetDown(goes);
  }
  if (luck_.Strikes(Fault::kSwizzle)) Swizzle();
  if (luck_.Strikes(Fault::kEngineReboot)) {
    runtime::SimEngine& engine = AnyEngine();
    for (const auto& container : engine.Containers()) {
      hurt_[container.spec.session_uid] = world_.clock.Now();
    }
    down_.erase(engine.node());
    engine.Reboot();
  }
  if (luck_.Strikes(Fault::kHintsHeld)) {
    runtime::SimEngine& engine = AnyEngine();
    const bool holds = held_.insert(engine.node()).second;
    if (!holds) held_.erase(engine.node());
    engine.HoldHints(holds, luck_.Below(2) == 0);
  }
  if (luck_.Strikes(Fault::kClockJump)) {
    const auto by = std::chrono::seconds(luck_.Below(600));
    world_.clock.JumpWall(luck_.Below(2) == 0 ? by : -by / 2);
  }
  if (luck_.Strikes(Fault::kWatchCut)) users_.CutWatch();
  // An engine that went away comes back some time later.
  if (!down_.empty() && luck_.Below(repair_) == 0) {
    auto it = down_.begin();
    std::advance(it, static_cast<long>(luck_.Below(down_.size())));
    world_.engines.at(*it)->SetDown(false);
    down_.erase(it);
  }
}

void Accidents::End() {
  for (const auto& [node, engine] : world_.engines) {
    engine->SetDown(false);
    engine->HoldHints(false, true);
  }
  down_.clear();
  held_.clear();
}

}  // namespace nekoplane::sim
