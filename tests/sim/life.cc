#include "tests/sim/life.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace nekoplane::sim {
namespace {

constexpr int kLivelock = 20'000;                   // steps
constexpr auto kMoment = std::chrono::seconds(10);  // in which they are too many
constexpr int kStarts = 50;  // a disk that fails so often in a row is a broken scenario

std::uint64_t DiskStrikes(const Luck& luck) {
  const auto& struck = luck.struck();
  std::uint64_t sum = 0;
  for (const Fault fault : {Fault::kDiskFull, Fault::kDiskError, Fault::kDiskTorn,
                            Fault::kSyncFails, Fault::kDieInDisk}) {
    sum += struck[static_cast<std::size_t>(fault)];
  }
  return sum;
}

}  // namespace

void Life::End() {
  if (program_) {
    program_->Die();
    Bury();
  }
  world_.fibers.Drain();
  while (ArriveLate()) world_.fibers.Drain();
  DropFinished();
}

void Life::Bury() {
  program_->Bury();
  dead_.push_back(std::move(program_));
  const bool power = luck_.Strikes(Fault::kPowerLoss) || std::exchange(power_, false);
  if (power) {
    world_.disk.LosePower(luck_.random());
    world_.engines.begin()->second->Reboot();  // "host": the same machine
  } else {
    world_.disk.Revive();
  }
  world_.Trace(power ? "power loss" : "death");
  returns_at_ = world_.clock.Now();
  if (luck_.Strikes(Fault::kSlowReturn)) {
    returns_at_ += std::chrono::milliseconds(luck_.Below(90'000));
  }
}

void Life::DropFinished() {
  std::erase_if(dead_, [](const auto& program) { return program->late() == 0; });
}

void Life::Start() {
  const std::uint64_t strikes = DiskStrikes(luck_);
  std::string error;
  program_ = Program::Start(world_, fates_, options_, &error);
  world_.Trace("start");
  if (program_ != nullptr) return;
  if (!error.empty() && DiskStrikes(luck_) == strikes) {
    world_.events.wrong.push_back("S4: the store does not open: " + error);
  }
  if (luck_.Strikes(Fault::kPowerLoss)) {
    world_.disk.LosePower(luck_.random());
  } else {
    world_.disk.Revive();
  }
}

void Life::Tend() {
  if (program_ != nullptr && (program_->dead() || world_.disk.cut())) {
    program_->Die();
    Bury();
  }
  DropFinished();
  if (program_ == nullptr && world_.clock.Now() >= returns_at_) Start();
}

void Life::RestartNow() {
  Tend();
  returns_at_ = MonoTime{};
  for (int i = 0; i < kStarts && program() == nullptr; ++i) Tend();
}

bool Life::ArriveLate() { return world_.fibers.UnparkOne(); }

bool Life::Step() {
  if (Program* running = program()) return running->Step();
  if (!world_.fibers.Step()) return false;
  world_.Trace("late");
  return true;
}

std::string Life::Pass(Duration time) {
  const MonoTime end = world_.clock.Now() + time;
  MonoTime moment = world_.clock.Now();
  int at_once = 0;
  std::map<std::string_view, int> ran;
  while (at_once < kLivelock) {
    if (world_.clock.Now() - moment >= kMoment) {
      moment = world_.clock.Now();
      at_once = 0;
      ran.clear();
    }
    ++at_once;
    if (program() == nullptr) {
      RestartNow();
      if (program() == nullptr) return "nekoplane does not start";
    }
    if (Step()) {
      if (at_once > kLivelock / 2) ++ran[world_.last];
      continue;
    }
    const auto due = program()->NextDue();
    if (!due || *due > end) {
      world_.clock.AdvanceTo(end);
      return "";
    }
    world_.clock.AdvanceTo(*due);
  }
  std::string text;
  for (const auto& [what, times] : ran) {
    text += (text.empty() ? "" : ", ") + std::to_string(times) + " times " + std::string(what);
  }
  return "within ten seconds: " + text;
}

}  // namespace nekoplane::sim
