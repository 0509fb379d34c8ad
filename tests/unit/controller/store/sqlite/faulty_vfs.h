// A SQLite VFS over the system's that can be told to fail: the n-th write or sync, once or from
// then on, before or after it took place.
#pragma once

#include <atomic>
#include <string>

struct sqlite3_vfs;

namespace nekoplane::store {

class FaultyVfs {
 public:
  struct Plan {
    int fail_at = 0;        // the n-th operation from now on, from 1; 0: none
    bool for_good = false;  // and all that follow
    int code = 0;           // SQLITE_FULL, SQLITE_IOERR_WRITE, ...; a sync fails with IOERR_FSYNC
    bool after = false;     // takes place nevertheless, and fails then: the outcome is unknown
  };

  FaultyVfs();
  ~FaultyVfs();
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;

  const std::string& name() const { return name_; }

  void Use(Plan plan);

  // Whether a fault was injected since Use.
  bool fired() const { return fired_; }

  int syncs() const { return syncs_; }

  // What the file of this VFS asks before an operation: whether to do it, and what to answer.
  struct Verdict {
    bool perform = true;
    int code = 0;  // 0: the operation's own result
  };

  Verdict BeforeWrite() { return Before(false); }

  Verdict BeforeSync() {
    ++syncs_;
    return Before(true);
  }

 private:
  Verdict Before(bool sync);

  const std::string name_;
  sqlite3_vfs* vfs_;
  Plan plan_;
  std::atomic<int> operations_ = 0;
  std::atomic<int> syncs_ = 0;
  std::atomic<bool> fired_ = false;
};

}  // namespace nekoplane::store
