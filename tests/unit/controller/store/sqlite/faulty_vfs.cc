#include "tests/unit/controller/store/sqlite/faulty_vfs.h"

#include <sqlite3.h>

namespace nekoplane::store {
namespace {

struct File {
  sqlite3_file base;
  FaultyVfs* owner;
  sqlite3_file* real;  // right behind this struct
};

File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real; }

template <class Operation>
int Judged(FaultyVfs::Verdict verdict, Operation operation) {
  const int code = verdict.perform ? operation() : SQLITE_OK;
  return verdict.code != 0 ? verdict.code : code;
}

int Close(sqlite3_file* f) { return Real(f)->pMethods->xClose(Real(f)); }

int Read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return Real(f)->pMethods->xRead(Real(f), to, n, at);
}

int Write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
  return Judged(Of(f)->owner->BeforeWrite(),
                [&] { return Real(f)->pMethods->xWrite(Real(f), from, n, at); });
}

int Truncate(sqlite3_file* f, sqlite3_int64 size) {
  return Judged(Of(f)->owner->BeforeWrite(),
                [&] { return Real(f)->pMethods->xTruncate(Real(f), size); });
}

int Sync(sqlite3_file* f, int flags) {
  return Judged(Of(f)->owner->BeforeSync(),
                [&] { return Real(f)->pMethods->xSync(Real(f), flags); });
}

int FileSize(sqlite3_file* f, sqlite3_int64* size) {
  return Real(f)->pMethods->xFileSize(Real(f), size);
}

int Lock(sqlite3_file* f, int level) { return Real(f)->pMethods->xLock(Real(f), level); }

int Unlock(sqlite3_file* f, int level) { return Real(f)->pMethods->xUnlock(Real(f), level); }

int CheckReservedLock(sqlite3_file* f, int* held) {
  return Real(f)->pMethods->xCheckReservedLock(Real(f), held);
}

int FileControl(sqlite3_file* f, int op, void* arg) {
  return Real(f)->pMethods->xFileControl(Real(f), op, arg);
}

int SectorSize(sqlite3_file* f) { return Real(f)->pMethods->xSectorSize(Real(f)); }

int Characteristics(sqlite3_file* f) { return Real(f)->pMethods->xDeviceCharacteristics(Real(f)); }

int ShmMap(sqlite3_file* f, int page, int size, int extend, void volatile** to) {
  return Real(f)->pMethods->xShmMap(Real(f), page, size, extend, to);
}

int ShmLock(sqlite3_file* f, int offset, int n, int flags) {
  return Real(f)->pMethods->xShmLock(Real(f), offset, n, flags);
}

void ShmBarrier(sqlite3_file* f) { Real(f)->pMethods->xShmBarrier(Real(f)); }

int ShmUnmap(sqlite3_file* f, int remove) { return Real(f)->pMethods->xShmUnmap(Real(f), remove); }

constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         Characteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

sqlite3_vfs* System() { return sqlite3_vfs_find(nullptr); }

int OpenFile(sqlite3_vfs* vfs, const char* name, sqlite3_file* to, int flags, int* out_flags) {
  File* file = Of(to);
  file->base.pMethods = nullptr;
  file->owner = static_cast<FaultyVfs*>(vfs->pAppData);
  file->real = reinterpret_cast<sqlite3_file*>(file + 1);
  const int code = System()->xOpen(System(), name, file->real, flags, out_flags);
  if (file->real->pMethods != nullptr) file->base.pMethods = &kMethods;
  return code;
}

}  // namespace

FaultyVfs::FaultyVfs()
    : name_("faulty-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))),
      vfs_(new sqlite3_vfs(*System())) {
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->szOsFile = static_cast<int>(sizeof(File)) + System()->szOsFile;
  vfs_->xOpen = OpenFile;
  sqlite3_vfs_register(vfs_, 0);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_unregister(vfs_);
  delete vfs_;
}

void FaultyVfs::Use(Plan plan) {
  plan_ = plan;
  operations_ = 0;
  fired_ = false;
}

FaultyVfs::Verdict FaultyVfs::Before(bool sync) {
  const int n = ++operations_;
  if (plan_.fail_at == 0 || n < plan_.fail_at || (n > plan_.fail_at && !plan_.for_good)) return {};
  fired_ = true;
  return {plan_.after, sync ? SQLITE_IOERR_FSYNC : plan_.code};
}

}  // namespace nekoplane::store
