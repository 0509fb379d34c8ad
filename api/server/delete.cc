#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "api/base/mutex.h"
#include "api/server/body.h"
#include "api/server/call.h"
#include "api/server/options.h"
#include "api/server/selection.h"

namespace nekoplane::server {
namespace {

// The answers of many deletions, which may come from several threads; the last one answers the
// call.
class Collection {
 public:
  Collection(CallPtr call, std::vector<store::ObjectPtr> objects)
      : call_(std::move(call)), objects_(std::move(objects)), left_(objects_.size()) {}

  const std::vector<store::ObjectPtr>& objects() const { return objects_; }

  void Done(const Result<registry::WriteReply>& reply) EXCLUDES(mu_) {
    bool last = false;
    {
      MutexLock lock(mu_);
      // Somebody else was faster: that is what was asked for.
      if (!reply && reply.error().code != Code::kNotFound && !failure_) failure_ = reply.error();
      last = --left_ == 0;
    }
    if (last) call_->Guard([this] { Answer(); });
  }

  void Answer() EXCLUDES(mu_) {
    std::optional<Status> failure;
    {
      MutexLock lock(mu_);
      failure = failure_;
    }
    if (failure) return call_->Fail(*failure);
    std::string out = "{\"kind\":\"" + call_->kind->list_kind() + "\",\"apiVersion\":\"" +
                      call_->kind->api_version() + "\",\"metadata\":{\"resourceVersion\":\"" +
                      std::to_string(call_->core().deps.store.Version()) + "\"},\"items\":[";
    for (const store::ObjectPtr& object : objects_) {
      if (object != objects_.front()) out += ',';
      out += object->bytes;
    }
    call_->Send(JsonResponse(200, out + "]}", call_->how.encoding));
  }

 private:
  const CallPtr call_;
  const std::vector<store::ObjectPtr> objects_;
  Mutex mu_;
  std::size_t left_ GUARDED_BY(mu_);
  std::optional<Status> failure_ GUARDED_BY(mu_);
};

}  // namespace

void HandleDelete(const CallPtr& call) {
  auto options = ReadDeleteOptions(call->request());
  if (!options) return call->Fail(options.error());
  const Route& route = call->route;
  call->core().deps.registry.Delete(
      *call->kind, route.ns, route.name, std::move(*options),
      [call](const Result<registry::WriteReply>& reply) {
        if (!reply || !reply->gone) return AnswerWrite(*call, 200, reply);
        Subject subject = call->subject();
        subject.uid = reply->object->uid;
        call->Guard(
            [&] { call->Send(JsonResponse(200, SuccessBody(subject), call->how.encoding)); });
      });
}

// Not atomic, as upstream: each object is deleted on its own, and only if it is still the one seen.
void HandleDeleteCollection(const CallPtr& call) {
  auto options = ReadDeleteOptions(call->request());
  if (!options) return call->Fail(options.error());
  auto list = ParseListOptions(call->request(), false);
  if (!list) return call->Fail(list.error());
  auto selection = Selection::Make(*call->kind, call->route.ns, std::move(list->labels),
                                   std::move(list->fields));
  if (!selection) return call->Fail(selection.error());
  std::vector<store::ObjectPtr> objects;
  call->core().deps.store.List(call->kind->resource())->ForEach("", "", [&](const auto& object) {
    if (selection->Matches(*object)) objects.push_back(object);
    return true;
  });
  const auto collection = std::make_shared<Collection>(call, std::move(objects));
  if (collection->objects().empty()) return collection->Answer();
  for (const store::ObjectPtr& object : collection->objects()) {
    registry::DeleteOptions one = *options;
    if (one.uid.empty()) one.uid = object->uid;
    call->core().deps.registry.Delete(
        *call->kind, object->key.ns, object->key.name, std::move(one),
        [collection](const Result<registry::WriteReply>& reply) { collection->Done(reply); });
  }
}

}  // namespace nekoplane::server
