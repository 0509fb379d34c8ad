// The target of this program under libFuzzer.
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/fuzz.h"

namespace nekoplane::fuzz {

void Broken(const char* file, int line, const char* promise) {
  std::fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
  std::abort();
}

}  // namespace nekoplane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  nekoplane::fuzz::Targets().front().run({reinterpret_cast<const char*>(data), size});
  return 0;
}
