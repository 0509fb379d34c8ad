// What a fuzz target is made of. One .cc file holds one NEKO_FUZZ(name) { ... } that tries the
// bytes `input` and says with NEKO_PROMISE what must hold whatever they are.
//
// The same code runs in two programs: under libFuzzer (driver.cc), where a broken promise ends the
// process and so becomes a finding, and in the suite `unit` (replay_test.cc), where it fails the
// test that replays the target's corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/status.h"

namespace nekoplane::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
};

// Those linked into this program. Filled before main().
std::vector<Target>& Targets();

struct Registration {
  explicit Registration(Target target) { Targets().push_back(target); }
};

// Defined by the program that the targets are part of.
void Broken(const char* file, int line, const char* promise);

// Takes the first line off `rest`, without its end: targets of several parts keep them on lines of
// their own, so that seeds can be read and written with any editor.
inline std::string_view TakeLine(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

// An error that a program and a person can act on.
inline bool Explained(const Status& status) {
  return !status.reason.empty() && (!status.message.empty() || !status.causes.empty());
}

}  // namespace nekoplane::fuzz

#define NEKO_FUZZ(target)                                            \
  static void NekoFuzz_##target(std::string_view input);             \
  static const ::nekoplane::fuzz::Registration kRegistered_##target{ \
      {#target, &NekoFuzz_##target}};                                \
  static void NekoFuzz_##target([[maybe_unused]] std::string_view input)

#define NEKO_PROMISE(cond) ((cond) ? (void)0 : ::nekoplane::fuzz::Broken(__FILE__, __LINE__, #cond))
