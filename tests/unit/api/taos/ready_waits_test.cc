#include "api/taos/ready_waits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "api/base/clock.h"
#include "api/store/memory_store.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {
namespace {

// Waits, events, timers and the end all at once: every wait is answered exactly once. What the
// thread sanitizer has to say about it counts as well.
TEST(ReadyWaitsTest, EveryWaitIsAnsweredOnceWhateverComesFirst) {
  constexpr int kSessions = 60;
  SystemClock clock;
  const auto timers = MakeThreadTimers(clock);
  NullLogger log;
  store::MemoryStore store("test");
  std::vector<std::atomic<int>> answers(kSessions);
  ReadyWaits waits(store, *timers, log);

  const auto write = [&](int i, store::Write::Op op, const char* status) {
    store::Write w;
    w.op = op;
    w.key = {v1alpha1::BrowserSession::kResource, "default", "s" + std::to_string(i)};
    w.uid = "uid-" + std::to_string(i);
    w.body = R"({"metadata":{"name":"s)" + std::to_string(i) + R"(","uid":")" + w.uid +
             R"("},"status":{"conditions":[{"type":"Ready","status":")" + status + R"("}]}})";
    return store.Commit(Context(), {{w}, {}, {}});
  };
  const auto ask = [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      const auto created = write(i, store::Write::Op::kCreate, "Unknown");
      ASSERT_TRUE(created);
      // Some end by the event, some by the timer, some by both at the same moment.
      waits.Wait(
          created->objects[0], std::chrono::milliseconds(i % 4),
          [&answers, i](const store::ObjectPtr&) { ++answers[static_cast<std::size_t>(i)]; });
      if (i % 2 == 0) {
        ASSERT_TRUE(write(i, store::Write::Op::kUpdate, "True"));
      }
    }
  };
  std::thread one([&] { ask(0, kSessions / 2); });
  std::thread two([&] { ask(kSessions / 2, kSessions); });
  one.join();
  two.join();
  waits.Stop();
  for (int i = 0; i < kSessions; ++i)
    EXPECT_EQ(answers[static_cast<std::size_t>(i)].load(), 1) << i;
}

}  // namespace
}  // namespace nekoplane::taos
