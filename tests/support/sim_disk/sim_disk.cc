#include "tests/support/sim_disk/sim_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "tests/support/sim_disk/sim_locks.h"

namespace nekoplane::sim {

struct SimNode {
  SimFile file;
  std::shared_ptr<SimLocks> locks = std::make_shared<SimLocks>();  // of the living process
};

// An open file; SQLite allocates it.
struct SimHandle {
  sqlite3_file base;
  SimDisk* disk;
  std::shared_ptr<SimNode> node;
  std::shared_ptr<SimLocks> locks;
  HeldLocks held;
  std::uint64_t life;  // of the process that opened it
  bool anonymous;
  bool mapped;
};

// SQLite's side: the functions behind sqlite3_vfs and sqlite3_io_methods.
struct SimVfs {
  using Op = SimDisk::Op;
  using Verdict = SimDisk::Verdict;

  static SimHandle* Of(sqlite3_file* file) { return reinterpret_cast<SimHandle*>(file); }

  static SimDisk* Of(sqlite3_vfs* vfs) { return static_cast<SimDisk*>(vfs->pAppData); }

  static bool Dead(const SimHandle* handle) {
    return handle->disk->cut_ || handle->life != handle->disk->life_;
  }

  static Verdict Ask(SimHandle* handle, Op op) {
    if (Dead(handle)) return {Verdict::Do::kNothing, true};
    return handle->anonymous ? Verdict() : handle->disk->Ask(op);
  }

  static int Code(const SimHandle* handle, Verdict verdict, int error) {
    if (!verdict.fails) return SQLITE_OK;
    return error == SQLITE_IOERR_WRITE && handle->disk->last_errno_ == ENOSPC ? SQLITE_FULL : error;
  }

  // ---- files

  static int Close(sqlite3_file* file) {
    SimHandle* handle = Of(file);
    // Of a dead process nobody sees these locks.
    handle->locks->UnlockAll(handle->held);
    if (handle->mapped) --handle->locks->mapped;
    handle->~SimHandle();
    return SQLITE_OK;
  }

  static int Read(sqlite3_file* file, void* to, int n, sqlite3_int64 at) {
    SimHandle* handle = Of(file);
    const Verdict verdict = Ask(handle, Op::kRead);
    if (verdict.fails) return SQLITE_IOERR_READ;
    const std::string& content = handle->node->file.content();
    const auto size = static_cast<std::size_t>(n);
    const auto from = std::min(static_cast<std::size_t>(at), content.size());
    const std::size_t there = std::min(size, content.size() - from);
    std::memcpy(to, content.data() + from, there);
    if (there == size) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, size - there);
    return SQLITE_IOERR_SHORT_READ;
  }

  static int Write(sqlite3_file* file, const void* from, int n, sqlite3_int64 at) {
    SimHandle* handle = Of(file);
    const Verdict verdict = Ask(handle, Op::kWrite);
    std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(n));
    if (verdict.act == Verdict::Do::kHalf) bytes = bytes.substr(0, bytes.size() / 2);
    if (verdict.act != Verdict::Do::kNothing) {
      handle->node->file.Write(static_cast<std::size_t>(at), bytes);
      ++handle->disk->writes_;
    }
    return Code(handle, verdict, SQLITE_IOERR_WRITE);
  }

  static int Truncate(sqlite3_file* file, sqlite3_int64 size) {
    SimHandle* handle = Of(file);
    const Verdict verdict = Ask(handle, Op::kTruncate);
    if (verdict.act == Verdict::Do::kAll) {
      handle->node->file.Truncate(static_cast<std::size_t>(size));
    }
    return Code(handle, verdict, SQLITE_IOERR_TRUNCATE);
  }

  static int Sync(sqlite3_file* file, int) {
    SimHandle* handle = Of(file);
    const Verdict verdict = Ask(handle, Op::kSync);
    if (verdict.act == Verdict::Do::kAll) {
      handle->node->file.Sync();
      handle->disk->SyncNode(handle->node.get());
      ++handle->disk->syncs_;
    } else if (!Dead(handle)) {
      handle->node->file.FailSync();
    }
    return Code(handle, verdict, SQLITE_IOERR_FSYNC);
  }

  static int FileSize(sqlite3_file* file, sqlite3_int64* size) {
    if (Dead(Of(file))) return SQLITE_IOERR_FSTAT;
    *size = static_cast<sqlite3_int64>(Of(file)->node->file.content().size());
    return SQLITE_OK;
  }

  static int Lock(sqlite3_file* file, int level) {
    if (Dead(Of(file))) return SQLITE_IOERR_LOCK;
    return Of(file)->locks->Lock(Of(file)->held, level);
  }

  static int Unlock(sqlite3_file* file, int level) {
    Of(file)->locks->Unlock(Of(file)->held, level);
    return SQLITE_OK;
  }

  static int CheckReservedLock(sqlite3_file* file, int* held) {
    if (Dead(Of(file))) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *held = Of(file)->locks->Reserved() ? 1 : 0;
    return SQLITE_OK;
  }

  static int FileControl(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }

  // Both as on Linux, so that SQLite takes the same ways there and here.
  static int SectorSize(sqlite3_file*) { return 4096; }

  static int Characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

  // ---- shared memory

  static int ShmMap(sqlite3_file* file, int region, int size, int extend, void volatile** to) {
    SimHandle* handle = Of(file);
    *to = nullptr;
    if (Dead(handle)) return SQLITE_IOERR_SHMMAP;
    if (!std::exchange(handle->mapped, true)) ++handle->locks->mapped;
    auto& regions = handle->locks->regions;
    while (extend != 0 && static_cast<int>(regions.size()) <= region) {
      regions.push_back(std::make_unique<unsigned char[]>(static_cast<std::size_t>(size)));
    }
    if (region < static_cast<int>(regions.size())) {
      *to = regions[static_cast<std::size_t>(region)].get();
    }
    return SQLITE_OK;
  }

  static int ShmLock(sqlite3_file* file, int slot, int count, int flags) {
    // A dead process keeps the memory it looks at; only taking a lock there makes no sense.
    if (Dead(Of(file)) && (flags & SQLITE_SHM_LOCK) != 0) return SQLITE_IOERR_SHMLOCK;
    return Of(file)->locks->ShmLock(Of(file)->held, slot, count, flags);
  }

  static void ShmBarrier(sqlite3_file*) {}

  static int ShmUnmap(sqlite3_file* file, int) {
    SimHandle* handle = Of(file);
    if (!std::exchange(handle->mapped, false)) return SQLITE_OK;
    // Without users it is made anew from the WAL, as after the death of its last user.
    if (--handle->locks->mapped == 0) handle->locks->regions.clear();
    return SQLITE_OK;
  }

  // ---- names

  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* to, int flags, int* out_flags);

  static int Delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    SimDisk* disk = Of(vfs);
    if (disk->cut_) return SQLITE_IOERR_DELETE;
    const auto found = disk->files_.find(name);
    if (found == disk->files_.end()) return SQLITE_IOERR_DELETE_NOENT;
    const Verdict verdict = disk->Ask(Op::kDelete);
    if (verdict.act == Verdict::Do::kAll) {
      if (found->second->file.durable()) disk->deleted_.emplace_back(name, found->second);
      disk->files_.erase(found);
      if (sync_directory != 0) disk->deleted_.clear();
    }
    return verdict.fails ? SQLITE_IOERR_DELETE : SQLITE_OK;
  }

  static int Access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
    const SimDisk* disk = Of(vfs);
    if (disk->cut_) return SQLITE_IOERR_ACCESS;
    const auto found = disk->files_.find(name);
    // As on Unix, an empty file does not count as existing.
    *out = found != disk->files_.end() &&
           (flags != SQLITE_ACCESS_EXISTS || !found->second->file.content().empty());
    return SQLITE_OK;
  }

  static int FullPathname(sqlite3_vfs*, const char* name, int size, char* to) {
    const std::size_t length = std::strlen(name);
    if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::memcpy(to, name, length + 1);
    return SQLITE_OK;
  }

  // ---- time and chance

  static int Randomness(sqlite3_vfs* vfs, int n, char* to) {
    Of(vfs)->random_.Fill({reinterpret_cast<unsigned char*>(to), static_cast<std::size_t>(n)});
    return n;
  }

  static int Sleep(sqlite3_vfs*, int microseconds) { return microseconds; }

  static int CurrentTime64(sqlite3_vfs*, sqlite3_int64* milliseconds) {
    *milliseconds = 212'300'000'000'000;  // Julian; in 2015
    return SQLITE_OK;
  }

  static int CurrentTime(sqlite3_vfs*, double* days) {
    *days = 212'300'000'000'000 / 86'400'000.0;
    return SQLITE_OK;
  }

  static int LastError(sqlite3_vfs* vfs, int, char*) { return Of(vfs)->last_errno_; }
};

namespace {

constexpr sqlite3_io_methods kMethods = {2,
                                         SimVfs::Close,
                                         SimVfs::Read,
                                         SimVfs::Write,
                                         SimVfs::Truncate,
                                         SimVfs::Sync,
                                         SimVfs::FileSize,
                                         SimVfs::Lock,
                                         SimVfs::Unlock,
                                         SimVfs::CheckReservedLock,
                                         SimVfs::FileControl,
                                         SimVfs::SectorSize,
                                         SimVfs::Characteristics,
                                         SimVfs::ShmMap,
                                         SimVfs::ShmLock,
                                         SimVfs::ShmBarrier,
                                         SimVfs::ShmUnmap,
                                         nullptr,
                                         nullptr};

}  // namespace

int SimVfs::Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* to, int flags, int* out_flags) {
  SimDisk* disk = Of(vfs);
  to->pMethods = nullptr;
  if (disk->cut_) return SQLITE_CANTOPEN;
  SimDisk::NodePtr node;
  if (name == nullptr) {
    node = std::make_shared<SimNode>();
  } else if (const auto found = disk->files_.find(name); found != disk->files_.end()) {
    node = found->second;
  } else if ((flags & SQLITE_OPEN_CREATE) != 0) {
    node = disk->files_[name] = std::make_shared<SimNode>();
  } else {
    return SQLITE_CANTOPEN;
  }
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    // What SQLite draws from now on, of which it keeps one source for the whole process.
    const auto seed = static_cast<int>(disk->random_.Next64() >> 33U | 1U);
    sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, seed, nullptr);
  }
  auto locks = node->locks;
  new (to) SimHandle{{&kMethods}, disk,        std::move(node), std::move(locks),
                     {},          disk->life_, name == nullptr, false};
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

SimDisk::SimDisk(std::uint64_t seed)
    : name_("sim-disk-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))),
      vfs_(std::make_unique<sqlite3_vfs>()),
      random_(seed) {
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(SimHandle);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = this;
  vfs_->xOpen = SimVfs::Open;
  vfs_->xDelete = SimVfs::Delete;
  vfs_->xAccess = SimVfs::Access;
  vfs_->xFullPathname = SimVfs::FullPathname;
  vfs_->xRandomness = SimVfs::Randomness;
  vfs_->xSleep = SimVfs::Sleep;
  vfs_->xCurrentTime = SimVfs::CurrentTime;
  vfs_->xCurrentTimeInt64 = SimVfs::CurrentTime64;
  vfs_->xGetLastError = SimVfs::LastError;
  sqlite3_vfs_register(vfs_.get(), 0);
}

SimDisk::~SimDisk() {
  sqlite3_vfs_unregister(vfs_.get());
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, 0, nullptr);  // back to the system's randomness
}

void SimDisk::Cut() {
  if (cut_) return;
  cut_ = true;
  ++life_;
  for (const auto& [name, node] : files_) node->locks = std::make_shared<SimLocks>();
}

void SimDisk::LosePower(Random& random) {
  Cut();
  std::map<std::string, NodePtr> left;
  const auto survive = [&](const std::string& name, const SimNode& node) {
    auto& survivor = left[name] = std::make_shared<SimNode>();
    survivor->file = node.file;
    survivor->file.LosePower(random);
  };
  for (const auto& [name, node] : deleted_) {
    if (random.Below(2) == 0) survive(name, *node);
  }
  for (const auto& [name, node] : files_) {
    if (node->file.durable() || random.Below(2) == 0) survive(name, *node);
  }
  files_ = std::move(left);
  deleted_.clear();
  Revive();
}

std::unique_ptr<SimDisk> SimDisk::Fork(std::uint64_t seed) const {
  auto fork = std::make_unique<SimDisk>(seed);
  const auto copy = [](const NodePtr& node) {
    auto copied = std::make_shared<SimNode>();
    copied->file = node->file;
    return copied;
  };
  for (const auto& [name, node] : files_) fork->files_[name] = copy(node);
  for (const auto& [name, node] : deleted_) fork->deleted_.emplace_back(name, copy(node));
  return fork;
}

std::size_t SimDisk::FlipBit(const std::string& path, Random& random) {
  SimFile& file = files_.at(path)->file;
  const std::size_t at = random.Below(file.content().size());
  file.Flip(at, static_cast<unsigned char>(1U << random.Below(8)));
  return at;
}

std::uint64_t SimDisk::Digest() const {
  std::uint64_t digest = 0xcbf29ce484222325U;  // FNV-1a
  const auto add = [&](const std::string& text) {
    for (const char c : text + '\0') {
      digest = (digest ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
  };
  for (const auto& [name, node] : files_) {
    add(name);
    add(node->file.content());
  }
  return digest;
}

std::size_t SimDisk::bytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, node] : files_) bytes += node->file.content().size();
  return bytes;
}

SimDisk::Verdict SimDisk::Ask(Op op) {
  using Do = Verdict::Do;
  const Fate fate = plan_ ? plan_(op) : Fate::kWork;
  if (cut_) return {Do::kNothing, true};  // the plan did that
  last_errno_ = fate == Fate::kFull ? ENOSPC : EIO;
  const Do half = op == Op::kWrite ? Do::kHalf : Do::kNothing;
  switch (fate) {
    case Fate::kWork:
      return {};
    case Fate::kFull:
    case Fate::kIoError:
      return {Do::kNothing, true};
    case Fate::kIoErrorAfter:
      return {Do::kAll, true};
    case Fate::kTorn:
      return {half, true};
    case Fate::kDieBefore:
      Cut();
      return {Do::kNothing, true};
    case Fate::kDieAfter:
      Cut();
      return {Do::kAll, true};
    case Fate::kDieTorn:
      Cut();
      return {half, true};
  }
  return {};
}

void SimDisk::SyncNode(const SimNode* node) {
  if (deleted_.empty()) return;
  for (const auto& [name, file] : files_) {
    if (file.get() != node) continue;
    std::erase_if(deleted_, [&name = name](const auto& gone) { return gone.first == name; });
  }
}

}  // namespace nekoplane::sim
