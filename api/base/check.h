// Checks for what only a bug of ours can cause. Input, the engine, the disk and the network can
// never trip one: what they can cause is a Status.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace nekoplane::base_internal {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, what);
  std::abort();
}

}  // namespace nekoplane::base_internal

// Always on; the process cannot go on.
#define NEKO_CHECK(cond) \
  ((cond) ? (void)0 : ::nekoplane::base_internal::CheckFailed(__FILE__, __LINE__, #cond))

// Debug builds only.
#ifdef NDEBUG
#define NEKO_DCHECK(cond) ((void)0)
#else
#define NEKO_DCHECK(cond) NEKO_CHECK(cond)
#endif
