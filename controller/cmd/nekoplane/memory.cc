#include "controller/cmd/nekoplane/memory.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace nekoplane {
namespace {

int ReleaseText(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& part = object->dlpi_phdr[i];
    // Only what never can have been written to: such pages equal the file's.
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0 || (part.p_flags & PF_W) != 0) {
      continue;
    }
    const std::uintptr_t begin = object->dlpi_addr + part.p_vaddr;
    const std::uintptr_t end = (begin + part.p_memsz) / page * page;
    const std::uintptr_t first = (begin + page - 1) / page * page;
    if (first >= end) continue;
    madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void ReleaseStartupMemory() { dl_iterate_phdr(ReleaseText, nullptr); }

}  // namespace nekoplane

#ifdef NEKO_JEMALLOC
// Read by jemalloc before main (jemalloc(3), TUNING): two arenas are enough for a few threads, and
// what is free goes back to the machine within seconds.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:2000,muzzy_decay_ms:0";
}
#endif
