#include "controller/store/sqlite/loader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "api/base/mutant.h"
#include "api/store/body.h"
#include "controller/store/sqlite/rows.h"

namespace nekoplane::store {
namespace {

template <class Map, class T>
Result<Map> Sorted(const Database& db, std::vector<std::shared_ptr<const T>> items, auto key_of) {
  const auto less = [&](const auto& a, const auto& b) { return key_of(*a) < key_of(*b); };
  std::sort(items.begin(), items.end(), less);
  const auto twin =
      std::adjacent_find(items.begin(), items.end(),
                         [&](const auto& a, const auto& b) { return key_of(*a) == key_of(*b); });
  if (twin != items.end()) return CorruptStatus(db.path(), "a key is there twice");
  return Map::FromSorted(std::move(items));
}

Result<ObjectMap> LoadObjects(Database& db, const Head& head, std::uint64_t* digest) {
  NEKO_TRY(Statement query,
           db.Prepare("SELECT resource, ns, name, uid, version, value, sum FROM objects"));
  std::vector<ObjectPtr> objects;
  for (;;) {
    NEKO_TRY(const bool row, query.Step());
    if (!row) break;
    auto object = std::make_shared<Object>();
    object->key = {std::string(query.Text(0)), std::string(query.Text(1)),
                   std::string(query.Text(2))};
    object->uid = query.Text(3);
    object->version = query.Number(4);
    object->bytes = query.Text(5);
    const std::uint64_t sum = ObjectSum(*object);
    if (sum != query.Number(6) || object->version > head.version) {
      return CorruptStatus(db.path(), "a row of an object is wrong");
    }
    *digest += sum;
    objects.push_back(std::move(object));
  }
  return Sorted<ObjectMap>(db, std::move(objects), KeyOfObject());
}

Result<void> LoadClaims(Database& db, std::uint64_t boots, State* state, std::uint64_t* digest) {
  NEKO_TRY(Statement query, db.Prepare("SELECT kind, scope, item, owner, detail, sum FROM claims"));
  // Room for four billion changes per run.
  state->ledger_version = (boots << 32) + 1;
  std::vector<ClaimPtr> claims;
  for (;;) {
    NEKO_TRY(const bool row, query.Step());
    if (!row) break;
    auto claim = std::make_shared<Claim>(
        Claim{std::string(query.Text(0)), std::string(query.Text(1)), std::string(query.Text(2)),
              std::string(query.Text(3)), std::string(query.Text(4))});
    const std::uint64_t sum = ClaimSum(*claim);
    if (sum != query.Number(5)) return CorruptStatus(db.path(), "a row of a claim is wrong");
    *digest += sum;
    if (state->scopes.Find(claim->scope) == nullptr) {
      state->scopes = std::move(state->scopes)
                          .Put(std::make_shared<ScopeVersion>(
                              ScopeVersion{claim->scope, state->ledger_version}));
    }
    claims.push_back(std::move(claim));
  }
  NEKO_TRY(state->claims, Sorted<ClaimMap>(db, claims, KeyOfClaim()));
  NEKO_TRY(state->claims_by_owner, Sorted<OwnerMap>(db, std::move(claims), OwnerKeyOfClaim()));
  return {};
}

// Walks the log from the newest change back, undoing one after the other: that yields for each the
// state after it and the state before it, and proves that log and objects tell one story.
class LogReader {
 public:
  LogReader(Database& db, const State& state) : db_(db), state_(state) {}

  Result<std::vector<EventPtr>> Read(HistoryLimits limits) {
    NEKO_TRY(
        Statement query,
        db_.Prepare("SELECT version, type, resource, ns, name, uid, previous_version, previous, "
                    "sum FROM log ORDER BY version DESC"));
    std::vector<EventPtr> events;
    std::size_t bytes = 0;
    for (std::uint64_t version = state_.version; events.size() < limits.events; --version) {
      NEKO_TRY(const bool row, query.Step());
      if (!row) break;
      if (query.Number(0) != version) return Wrong("has a gap", version);
      NEKO_TRY(EventPtr event, Undo(query, version));
      bytes += EventBytes(*event);
      if (bytes > limits.bytes) break;
      events.push_back(std::move(event));
    }
    query.Reset();
    std::reverse(events.begin(), events.end());
    return events;
  }

 private:
  Status Wrong(const std::string& what, std::uint64_t version) const {
    return CorruptStatus(db_.path(), "its log " + what + " at version " + std::to_string(version));
  }

  // nullptr: not there.
  ObjectPtr Present(const Key& key) const {
    const auto undone = undone_.find(key);
    if (undone != undone_.end()) return undone->second;
    return state_.objects.Find({key.resource, key.ns, key.name});
  }

  Result<EventPtr> Undo(const Statement& row, std::uint64_t version) {
    const Key key{std::string(row.Text(2)), std::string(row.Text(3)), std::string(row.Text(4))};
    const std::string uid(row.Text(5));
    ObjectPtr previous;
    if (!row.IsNull(7)) {
      previous =
          std::make_shared<Object>(Object{key, uid, row.Number(6), std::string(row.Text(7))});
    }
    const std::uint64_t type_number = row.Number(1);
    const auto type = static_cast<EventType>(type_number);
    const std::uint64_t previous_sum = previous == nullptr ? 0 : ObjectSum(*previous);
    if (type_number > static_cast<std::uint64_t>(EventType::kDeleted) ||
        row.Number(8) != LogSum(key, version, type, uid, previous_sum) ||
        (previous == nullptr) != (type == EventType::kAdded)) {
      return Wrong("is wrong", version);
    }
    ObjectPtr object = Present(key);
    if (type == EventType::kDeleted) {
      if (object != nullptr) return Wrong("contradicts the objects", version);
      auto bytes = ReplaceVersion(previous->bytes, previous->version, version);
      if (!bytes) return Wrong("is wrong", version);
      object = std::make_shared<Object>(Object{key, uid, version, std::move(*bytes)});
    } else if (object == nullptr || object->version != version || object->uid != uid) {
      return Wrong("contradicts the objects", version);
    }
    undone_[key] = previous;
    return EventPtr(
        std::make_shared<Event>(Event{type, version, std::move(object), std::move(previous)}));
  }

  Database& db_;
  const State& state_;
  std::map<Key, ObjectPtr> undone_;
};

}  // namespace

Result<Loaded> Load(Database& db, HistoryLimits limits, std::uint64_t boots) {
  Loaded loaded;
  NEKO_TRY(loaded.head, ReadHead(db));
  loaded.state.version = loaded.head.version;
  std::uint64_t digest = 0;
  NEKO_TRY(loaded.state.objects, LoadObjects(db, loaded.head, &digest));
  NEKO_RETURN_IF_ERROR(LoadClaims(db, boots, &loaded.state, &digest));
  if (digest != loaded.head.digest) return CorruptStatus(db.path(), "rows are missing");
  NEKO_TRY(loaded.events, LogReader(db, loaded.state).Read(limits));
  if (NEKO_MUTANT(kVersionReused) && !loaded.events.empty() &&
      loaded.events.back()->type == EventType::kDeleted) {
    loaded.events.pop_back();
    --loaded.state.version;
  }

  loaded.oldest_log_row = loaded.head.version + 1;
  NEKO_TRY(Statement oldest, db.Prepare("SELECT version FROM log ORDER BY version LIMIT 1"));
  NEKO_TRY(const bool row, oldest.Step());
  if (row) loaded.oldest_log_row = oldest.Number(0);
  return loaded;
}

}  // namespace nekoplane::store
