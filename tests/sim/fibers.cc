#include "tests/sim/fibers.h"

#include <sys/mman.h>

#include <boost/context/fiber.hpp>
#include <boost/context/stack_context.hpp>
#include <utility>

#include "api/base/check.h"

namespace nekoplane::sim {
namespace {

namespace ctx = boost::context;

constexpr std::size_t kStackBytes = 256 << 10;
constexpr std::size_t kGuardBytes = 4 << 10;

}  // namespace

// Stacks that are used again and again: a run makes many thousands of short tasks. Below each lies
// a page that nobody may touch.
class Fibers::Stacks {
 public:
  ~Stacks() {
    for (char* stack : free_) munmap(stack, kGuardBytes + kStackBytes);
  }

  ctx::stack_context Take() {
    char* base = nullptr;
    if (free_.empty()) {
      void* mapped = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      NEKO_CHECK(mapped != MAP_FAILED);
      NEKO_CHECK(mprotect(mapped, kGuardBytes, PROT_NONE) == 0);
      base = static_cast<char*>(mapped);
    } else {
      base = free_.back();
      free_.pop_back();
    }
    ctx::stack_context stack;
    stack.size = kStackBytes;
    stack.sp = base + kGuardBytes + kStackBytes;
    return stack;
  }

  void Give(const ctx::stack_context& stack) {
    free_.push_back(static_cast<char*>(stack.sp) - kStackBytes - kGuardBytes);
  }

 private:
  std::vector<char*> free_;
};

struct Fibers::Task {
  const char* what = "";
  std::function<void()> fn;
  ctx::fiber fiber;   // where it goes on
  ctx::fiber caller;  // while it runs: who resumed it
  enum class State { kReady, kAsleep, kParked, kDone } state = State::kReady;
};

namespace {

// Boost.Context's idea of an allocator, over a pool.
template <class Pool>
struct FromPool {
  Pool* pool;

  ctx::stack_context allocate() { return pool->Take(); }

  void deallocate(ctx::stack_context& stack) { pool->Give(stack); }
};

}  // namespace

Fibers::Fibers(Random& random) : random_(random), stacks_(std::make_unique<Stacks>()) {}

Fibers::~Fibers() { NEKO_CHECK(tasks_.empty() && asleep_.empty() && parked_.empty()); }

const char* Fibers::current() const { return current_ == nullptr ? "" : current_->what; }

void Fibers::Spawn(const char* what, std::function<void()> fn) {
  auto task = std::make_unique<Task>();
  task->what = what;
  task->fn = std::move(fn);
  Task* self = task.get();
  task->fiber =
      ctx::fiber(std::allocator_arg, FromPool<Stacks>{stacks_.get()}, [self](ctx::fiber&& caller) {
        self->caller = std::move(caller);
        self->fn();
        self->fn = nullptr;
        self->state = Task::State::kDone;
        return std::move(self->caller);
      });
  tasks_.push_back(std::move(task));
}

void Fibers::Yield() {
  if (current_ == nullptr) return;
  Task* self = current_;
  self->caller = std::move(self->caller).resume();
}

void Fibers::Sleep(Sleeper& sleeper) {
  NEKO_CHECK(current_ != nullptr && sleeper.task_ == nullptr);
  sleeper.task_ = current_;
  current_->state = Task::State::kAsleep;
  Yield();
  sleeper.task_ = nullptr;
}

void Fibers::Wake(Sleeper& sleeper) {
  if (sleeper.task_ != nullptr) MakeReady(static_cast<const Task*>(sleeper.task_), asleep_);
}

void Fibers::WakeAll() {
  while (!asleep_.empty()) MakeReady(asleep_.back().get(), asleep_);
}

void Fibers::Park() {
  NEKO_CHECK(current_ != nullptr);
  current_->state = Task::State::kParked;
  Yield();
}

bool Fibers::UnparkOne() {
  if (parked_.empty()) return false;
  MakeReady(parked_[random_.Below(parked_.size())].get(), parked_);
  return true;
}

// Ready again, if it is in `from`.
void Fibers::MakeReady(const Task* task, std::vector<std::unique_ptr<Task>>& from) {
  auto taken = Take(from, task);
  if (taken == nullptr) return;
  taken->state = Task::State::kReady;
  tasks_.push_back(std::move(taken));
}

std::unique_ptr<Fibers::Task> Fibers::Take(std::vector<std::unique_ptr<Task>>& from,
                                           const Task* task) {
  for (auto& slot : from) {
    if (slot.get() != task) continue;
    std::swap(slot, from.back());
    std::unique_ptr<Task> taken = std::move(from.back());
    from.pop_back();
    return taken;
  }
  return nullptr;
}

void Fibers::Resume(std::size_t index) {
  Task* task = tasks_[index].get();
  NEKO_CHECK(current_ == nullptr);
  current_ = task;
  ctx::fiber rest = std::move(task->fiber).resume();
  current_ = nullptr;
  if (task->state == Task::State::kDone) {
    Take(tasks_, task);
    return;
  }
  task->fiber = std::move(rest);
  if (task->state == Task::State::kParked) parked_.push_back(Take(tasks_, task));
  if (task->state == Task::State::kAsleep) asleep_.push_back(Take(tasks_, task));
}

bool Fibers::Step(const char** ran) {
  if (tasks_.empty()) return false;
  const std::size_t index = tasks_.size() == 1 ? 0 : random_.Below(tasks_.size());
  if (ran != nullptr) *ran = tasks_[index]->what;
  Resume(index);
  return true;
}

void Fibers::Drain() {
  WakeAll();
  while (!tasks_.empty()) {
    Resume(tasks_.size() - 1);
    WakeAll();
  }
}

}  // namespace nekoplane::sim
