// Cooperative tasks on one thread: whoever reaches a suspension point waits there until the draw
// falls on it again. Product code stays plain blocking code; why stackful:
// docs/design/007-simulation.md.
//
// Thread safety: one thread. Lifetime: outlives what its tasks refer to, or Drain was called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/base/random.h"

namespace nekoplane::sim {

class Fibers {
 public:
  // `random` picks who goes on.
  explicit Fibers(Random& random);
  ~Fibers();  // REQUIRES: every task has ended
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  // Begins at the first Step that picks it. `what` is a literal, for traces.
  void Spawn(const char* what, std::function<void()> fn);

  // Suspends the task that calls; outside of a task it does nothing.
  void Yield();

  // Where one task waits for something. Outlives the wait.
  class Sleeper {
    friend class Fibers;
    const void* task_ = nullptr;
  };

  // Suspends the task that calls until Wake or WakeAll. May return early: look again.
  // REQUIRES: inside(); nobody else waits there.
  void Sleep(Sleeper& sleeper);
  void Wake(Sleeper& sleeper);
  void WakeAll();

  // Suspends the task that calls until somebody unparks it: Step and Drain pass it over.
  // REQUIRES: inside().
  void Park();
  // Lets one parked task go on with the others, by chance; false if there is none.
  bool UnparkOne();

  // Runs one task until its next suspension point or its end; false if there is none. `ran`: what.
  bool Step(const char** ran = nullptr);

  // Wakes all, and runs all that are not parked to their ends.
  void Drain();

  // Neither counts those that sleep or are parked.
  bool empty() const { return tasks_.empty(); }

  std::size_t size() const { return tasks_.size(); }

  std::size_t asleep() const { return asleep_.size(); }

  // What the task that runs was spawned as; "" outside of one.
  const char* current() const;

  // Inside a task.
  bool inside() const { return current_ != nullptr; }

 private:
  struct Task;
  class Stacks;

  void Resume(std::size_t index);
  void MakeReady(const Task* task, std::vector<std::unique_ptr<Task>>& from);
  static std::unique_ptr<Task> Take(std::vector<std::unique_ptr<Task>>& from, const Task* task);

  Random& random_;
  std::unique_ptr<Stacks> stacks_;
  std::vector<std::unique_ptr<Task>> tasks_, asleep_, parked_;
  Task* current_ = nullptr;
};

}  // namespace nekoplane::sim
