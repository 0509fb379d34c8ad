// Informer keeps decoded objects of one kind in memory and tells handlers which ones changed.
//
// It lists, then watches the store from the list's version; on kExpired it lists again and reports
// the difference. Cached objects are immutable and shared.
// Thread safety: any thread may call Get and List. Handlers are called without locks held, on the
//     store's callback thread (or inside Start for the initial list), in order, and must not block.
// Lifetime: handlers are added before Start; destroying the informer ends their calls.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/base/log.h"
#include "api/base/result.h"
#include "api/store/store.h"

namespace nekoplane::informer {

template <class T>
struct Change {
  std::shared_ptr<const T> before;  // null: added
  std::shared_ptr<const T> after;   // null: deleted
  bool initial = false;             // from the first list
};

// Defined for BrowserSession, BrowserNode, BrowserClass, BrowserProfile.
template <class T>
class Informer {
 public:
  using Handler = std::function<void(const Change<T>&)>;

  Informer(store::Store& store, Logger& log);
  ~Informer();

  void AddHandler(Handler handler);  // REQUIRES: not started
  // Returns after the initial list was delivered.
  Result<void> Start();
  void Stop();

  std::shared_ptr<const T> Get(std::string_view ns, std::string_view name) const;
  std::vector<std::shared_ptr<const T>> List() const;  // ordered by namespace, name

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nekoplane::informer
