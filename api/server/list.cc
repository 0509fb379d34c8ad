#include <utility>

#include "api/base/mutant.h"
#include "api/server/call.h"
#include "api/server/errors.h"
#include "api/server/options.h"
#include "api/server/selection.h"

namespace nekoplane::server {
namespace {

// A page of a list: which snapshot, and from where on.
struct Page {
  store::SnapshotPtr snapshot;
  std::string after_ns, after_name;
};

// The snapshot that the options ask for. Every page of a list is served at the first page's
// version.
Result<Page> OpenPage(const Core& core, const codec::Kind& kind, const ListOptions& options) {
  const store::Store& store = core.deps.store;
  const std::string resource = kind.resource();
  Page page;
  std::uint64_t exact = 0;
  if (!options.continue_token.empty()) {
    NEKO_TRY(const ContinueToken token, DecodeContinue(options.continue_token));
    page.after_ns = token.ns;
    page.after_name = token.name;
    if (token.version > 0) exact = static_cast<std::uint64_t>(token.version);
    if (NEKO_MUTANT(kContinueAtNewest)) exact = 0;
  } else if (const std::uint64_t wanted = options.version.value_or(0); wanted > 0) {
    const std::uint64_t current = store.Version();
    if (wanted > current) return TooLargeVersionError(wanted, current);
    // A version with a limit has always meant exactly that version.
    const bool legacy_exact = options.match == VersionMatch::kUnset && options.limit > 0;
    if (options.match == VersionMatch::kExact || legacy_exact) exact = wanted;
  }
  if (exact == 0) {
    page.snapshot = store.List(resource);
    return page;
  }
  auto snapshot = store.ListAt(resource, exact);
  if (!snapshot) {
    if (snapshot.error().code == Code::kExpired) return ExpiredListError();
    return BadRequest(snapshot.error().message);
  }
  page.snapshot = std::move(*snapshot);
  return page;
}

class ListWriter {
 public:
  ListWriter(const Call& call) : call_(call), now_(call.core().deps.clock.WallNow()) {}

  void Add(const store::Object& object) {
    if (!items_.empty()) items_ += ',';
    switch (call_.how.transform) {
      case Transform::kNone:
        items_ += object.bytes;
        break;
      case Transform::kTable:
        items_ += call_.core().table(*call_.kind).Row(object, call_.how, now_);
        break;
      case Transform::kPartialMetadata:
        items_ += PartialMetadata(object.bytes, call_.how.meta_version);
        break;
    }
  }

  std::string Finish(std::uint64_t version, const std::string& token, std::size_t remaining) {
    std::string metadata = "{\"resourceVersion\":\"" + std::to_string(version) + "\"";
    if (!token.empty()) metadata += ",\"continue\":\"" + token + "\"";
    if (remaining > 0) metadata += ",\"remainingItemCount\":" + std::to_string(remaining);
    metadata += "}";
    const codec::Kind& kind = *call_.kind;
    if (call_.how.transform == Transform::kTable) {
      return TableDocument(call_.how, metadata, call_.core().table(kind).definitions(), items_);
    }
    const bool partial = call_.how.transform == Transform::kPartialMetadata;
    std::string out = "{\"kind\":\"" + (partial ? "PartialObjectMetadataList" : kind.list_kind()) +
                      "\",\"apiVersion\":\"" +
                      (partial ? "meta.k8s.io/" + call_.how.meta_version : kind.api_version()) +
                      "\",\"metadata\":" + metadata + ",\"items\":[";
    return out.append(items_).append("]}");
  }

 private:
  const Call& call_;
  const WallTime now_;
  std::string items_;
};

void SendPage(const CallPtr& call, const Page& page, const Selection& selection,
              std::uint64_t limit) {
  ListWriter writer(*call);
  std::uint64_t written = 0;
  std::size_t remaining = 0;
  bool more = false;
  store::Key last;
  // Everything of one namespace lies together; start just before its first object.
  const bool from_start = page.after_ns.empty() && page.after_name.empty();
  const std::string& after_ns = from_start ? selection.ns() : page.after_ns;
  const std::string& after_name = page.after_name;
  page.snapshot->ForEach(after_ns, after_name, [&](const store::ObjectPtr& object) {
    if (!selection.ns().empty() && object->key.ns != selection.ns())
      return object->key.ns < selection.ns();
    if (!selection.Matches(*object)) return true;
    if (limit > 0 && written == limit) {
      more = true;
      // How many are left is told only where it costs no selecting, as upstream.
      if (!selection.everything()) return false;
      ++remaining;
      return true;
    }
    writer.Add(*object);
    ++written;
    last = object->key;
    return true;
  });
  const std::uint64_t version = page.snapshot->version();
  const std::string token =
      more ? EncodeContinue({static_cast<std::int64_t>(version), last.ns, last.name}) : "";
  call->Send(JsonResponse(200, writer.Finish(version, token, remaining), call->how.encoding));
}

// One name selected: no need to walk.
void SendSingle(const CallPtr& call, const Page& page, const Selection& selection) {
  ListWriter writer(*call);
  const store::ObjectPtr object = page.snapshot->Find(selection.ns(), selection.name());
  if (object != nullptr && selection.Matches(*object)) writer.Add(*object);
  call->Send(JsonResponse(200, writer.Finish(page.snapshot->version(), "", 0), call->how.encoding));
}

}  // namespace

void HandleList(const CallPtr& call) {
  auto options = ParseListOptions(call->request(), false);
  if (!options) return call->Fail(options.error());
  auto selection = Selection::Make(*call->kind, call->route.ns, std::move(options->labels),
                                   std::move(options->fields));
  if (!selection) return call->Fail(selection.error());
  auto page = OpenPage(call->core(), *call->kind, *options);
  if (!page) {
    if (page.error().code != Code::kExpired || options->continue_token.empty()) {
      return call->Fail(page.error());
    }
    // The way on, for clients that prefer an inconsistent rest to a new start.
    ContinueToken token = DecodeContinue(options->continue_token).value();
    token.version = -1;
    return call->Send(
        ErrorResponse(page.error(), call->subject(), call->how.encoding, EncodeContinue(token)));
  }
  const bool single = !selection->name().empty() && options->continue_token.empty() &&
                      (!call->kind->namespaced || !selection->ns().empty());
  if (single) return SendSingle(call, *page, *selection);
  SendPage(call, *page, *selection, options->limit);
}

}  // namespace nekoplane::server
