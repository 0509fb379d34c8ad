#include "controller/informer/informer.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "api/base/check.h"
#include "api/base/mutant.h"
#include "api/base/mutex.h"
#include "api/codec/json_codec.h"
#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::informer {

namespace {

// (namespace, name) as views, so that looking up copies nothing.
using NameView = std::pair<std::string_view, std::string_view>;
using Name = std::pair<std::string, std::string>;

struct NameLess {
  using is_transparent = void;

  static NameView View(const Name& n) { return {n.first, n.second}; }

  static NameView View(const NameView& n) { return n; }

  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return View(a) < View(b);
  }
};

}  // namespace

template <class T>
struct Informer<T>::Impl {
  using ObjectPtr = std::shared_ptr<const T>;
  using Cache = std::map<Name, ObjectPtr, NameLess>;

  Impl(store::Store& s, Logger& l) : store(s), log(l) {}

  // nullptr if the bytes are not a T: a bug somewhere, which must not stop the others.
  ObjectPtr Decode(const store::Object& object) const {
    auto decoded = codec::Decode<T>(object.bytes);
    if (decoded) return std::make_shared<const T>(std::move(decoded).value());
    log.Error("stored object does not decode, it is ignored",
              {{"kind", T::kKind},
               {"namespace", object.key.ns},
               {"name", object.key.name},
               {"error", decoded.error().ToString()}});
    return nullptr;
  }

  void Tell(const Change<T>& change) const {
    for (const auto& handler : handlers) handler(change);
  }

  ObjectPtr Put(const store::Key& key, ObjectPtr object) EXCLUDES(mu) {
    MutexLock lock(mu);
    auto& slot = cache[{key.ns, key.name}];
    return std::exchange(slot, std::move(object));
  }

  ObjectPtr Take(std::string_view ns, std::string_view name) EXCLUDES(mu) {
    MutexLock lock(mu);
    const auto it = cache.find(NameView{ns, name});
    if (it == cache.end()) return nullptr;
    ObjectPtr object = std::move(it->second);
    cache.erase(it);
    return object;
  }

  ObjectPtr Find(std::string_view ns, std::string_view name) const EXCLUDES(mu) {
    MutexLock lock(mu);
    const auto it = cache.find(NameView{ns, name});
    return it == cache.end() ? nullptr : it->second;
  }

  std::vector<ObjectPtr> All() const EXCLUDES(mu) {
    MutexLock lock(mu);
    std::vector<ObjectPtr> objects;
    objects.reserve(cache.size());
    for (const auto& [name, object] : cache) objects.push_back(object);
    return objects;
  }

  // Makes the cache equal to the snapshot and reports the difference.
  void Replace(const store::Snapshot& snapshot, bool initial) {
    for (const ObjectPtr& known : All()) {
      const auto& meta = known->metadata;
      if (snapshot.Find(meta.namespace_, meta.name) != nullptr) continue;
      if (auto gone = Take(meta.namespace_, meta.name)) Tell({std::move(gone), nullptr, initial});
    }
    std::vector<store::ObjectPtr> listed;
    snapshot.ForEach("", "", [&](const store::ObjectPtr& object) {
      listed.push_back(object);
      return true;
    });
    for (const auto& object : listed) {
      const ObjectPtr known = Find(object->key.ns, object->key.name);
      if (known != nullptr && known->metadata.resourceVersion == std::to_string(object->version)) {
        continue;
      }
      ObjectPtr after = Decode(*object);
      if (after == nullptr) continue;
      ObjectPtr before = Put(object->key, after);
      Tell({std::move(before), std::move(after), initial});
    }
  }

  void Apply(const store::Event& event) {
    const store::Key& key = event.object->key;
    if (event.type == store::EventType::kDeleted) {
      if (NEKO_MUTANT(kInformerKeepsDeleted)) return;
      if (ObjectPtr before = Take(key.ns, key.name)) Tell({std::move(before), nullptr, false});
      return;
    }
    ObjectPtr after = Decode(*event.object);
    if (after == nullptr) return;  // the last good state stays
    ObjectPtr before = Put(key, after);
    Tell({std::move(before), std::move(after), false});
  }

  // Constant after Start.
  store::Store& store;
  Logger& log;
  std::vector<Handler> handlers;
  bool started = false;

  mutable Mutex mu;
  Cache cache GUARDED_BY(mu);

  // Last, so that it ends before what its callbacks use.
  std::unique_ptr<Subscription> subscription;
};

template <class T>
Informer<T>::Informer(store::Store& store, Logger& log)
    : impl_(std::make_unique<Impl>(store, log)) {}

template <class T>
Informer<T>::~Informer() {
  Stop();
}

template <class T>
void Informer<T>::AddHandler(Handler handler) {
  NEKO_CHECK(!impl_->started);
  impl_->handlers.push_back(std::move(handler));
}

template <class T>
Result<void> Informer<T>::Start() {
  NEKO_CHECK(!impl_->started);
  impl_->started = true;
  for (bool initial = true;; initial = false) {
    const auto snapshot = impl_->store.List(T::kResource);
    impl_->Replace(*snapshot, initial);
    auto watch =
        impl_->store.Watch(T::kResource, snapshot->version(),
                           [impl = impl_.get()](const std::vector<store::EventPtr>& events) {
                             for (const auto& event : events) impl->Apply(*event);
                           });
    if (watch) {
      impl_->subscription = std::move(watch).value();
      return {};
    }
    // So much was written meanwhile that the history between list and watch is gone: list again.
    if (!watch.is(Code::kExpired)) return std::move(watch).error();
  }
}

template <class T>
void Informer<T>::Stop() {
  impl_->subscription.reset();
}

template <class T>
std::shared_ptr<const T> Informer<T>::Get(std::string_view ns, std::string_view name) const {
  return impl_->Find(ns, name);
}

template <class T>
std::vector<std::shared_ptr<const T>> Informer<T>::List() const {
  return impl_->All();
}

template class Informer<v1alpha1::BrowserSession>;
template class Informer<v1alpha1::BrowserNode>;
template class Informer<v1alpha1::BrowserClass>;
template class Informer<v1alpha1::BrowserProfile>;

}  // namespace nekoplane::informer
