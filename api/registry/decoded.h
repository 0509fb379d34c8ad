// What was decoded lately: a reconciler reads the same class, node and session pass after pass, and
// decoding is the larger part of reading.
//
// Thread safety: any thread may call. Memory: at most kSlots objects, of those asked for last.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "api/base/mutex.h"
#include "api/base/result.h"
#include "api/codec/json_codec.h"
#include "api/store/store.h"

namespace nekoplane::registry {

template <class T>
class Decoded {
 public:
  // As codec::Decode of the object's bytes.
  Result<T> Of(const store::ObjectPtr& object) EXCLUDES(mu_) {
    if (const auto known = Find(object)) return *known;
    NEKO_TRY(T value, codec::Decode<T>(std::string_view(object->bytes)));
    Keep({object, std::make_shared<const T>(value)});
    return value;
  }

 private:
  struct Entry {
    store::ObjectPtr object;
    std::shared_ptr<const T> value;
  };

  // No two objects of a store have one version.
  static std::size_t SlotOf(const store::ObjectPtr& object) { return object->version % kSlots; }

  std::shared_ptr<const T> Find(const store::ObjectPtr& object) EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    const Entry& entry = slots_[SlotOf(object)];
    return entry.object == object ? entry.value : nullptr;
  }

  void Keep(Entry entry) EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    std::swap(slots_[SlotOf(entry.object)], entry);  // what was there goes without the lock
  }

  static constexpr std::size_t kSlots = 32;

  Mutex mu_;
  std::array<Entry, kSlots> slots_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::registry
