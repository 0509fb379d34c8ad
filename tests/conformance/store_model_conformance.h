// The part of the store's conformance suite that compares a store with a simple model, step by
// step, under random transactions from a seed.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "api/base/random.h"
#include "api/store/changes.h"
#include "tests/conformance/store_watch_conformance.h"

namespace nekoplane::store {

// What a store should hold, in the plainest way to say it. A transaction runs on a copy, which
// takes the original's place if all went well.
struct StoreModel {
  struct Item {
    std::string uid;
    std::string value;
    std::uint64_t version = 0;

    friend bool operator==(const Item&, const Item&) = default;
  };

  std::uint64_t version = 0;
  std::map<std::string, Item> items;                                 // by name
  std::map<std::pair<std::string, std::string>, std::string> ports;  // (scope, item): owner

  Code Run(const Write& write, const std::string& value) {
    const auto found = items.find(write.key.name);
    if (write.op == Write::Op::kCreate) {
      if (found != items.end()) return Code::kAlreadyExists;
      items[write.key.name] = {write.uid, value, ++version};
      return kOk;
    }
    if (found == items.end()) return Code::kNotFound;
    if (write.expected_version.value_or(found->second.version) != found->second.version) {
      return Code::kConflict;
    }
    if (write.op == Write::Op::kDelete) {
      ++version;
      items.erase(found);
    } else if (found->second.value != value) {
      found->second.value = value;
      found->second.version = ++version;
    }
    return kOk;
  }

  Code Run(const ClaimChange& change) {
    const std::pair key(change.claim.scope, change.claim.item);
    const auto found = ports.find(key);
    switch (change.op) {
      case ClaimChange::Op::kAcquire:
        if (found != ports.end() && found->second != change.claim.owner) return Code::kConflict;
        ports[key] = change.claim.owner;
        break;
      case ClaimChange::Op::kRelease:
        if (found != ports.end() && found->second == change.claim.owner) ports.erase(found);
        break;
      case ClaimChange::Op::kReleaseOwner:
        std::erase_if(ports, [&](const auto& p) { return p.second == change.claim.owner; });
        break;
    }
    return kOk;
  }

  static constexpr Code kOk = static_cast<Code>(-1);
};

inline std::map<std::string, StoreModel::Item> ItemsOf(const Snapshot& snapshot) {
  std::map<std::string, StoreModel::Item> items;
  snapshot.ForEach("", "", [&](const ObjectPtr& object) {
    const std::string key = R"("v":")";
    const std::size_t begin = object->bytes.find(key) + key.size();
    const std::string value = object->bytes.substr(begin, object->bytes.find('"', begin) - begin);
    EXPECT_EQ(object->bytes, Stored(object->key.name, value, object->version));
    items[object->key.name] = {object->uid, value, object->version};
    return true;
  });
  EXPECT_EQ(items.size(), snapshot.size());
  return items;
}

inline void ExpectEqual(const Store& store, const StoreModel& model) {
  EXPECT_EQ(store.Version(), model.version);
  EXPECT_EQ(ItemsOf(*store.List(kPods)), model.items);
  std::map<std::pair<std::string, std::string>, std::string> ports;
  store.Claims()->ForEach([&](const Claim& claim) {
    ports[{claim.scope, claim.item}] = claim.owner;
  });
  EXPECT_EQ(ports, model.ports);
}

// Claims are all of one kind here: (scope, item) tells them apart.
inline void ExpectDifferenceIsTold(const Snapshot& old_list, const Ledger& old_claims,
                                   const StoreModel& old_model, const Store& store,
                                   const StoreModel& model) {
  auto items = old_model.items;
  ForEachChange(old_list, *store.List(kPods), [&](const ObjectPtr& before, const ObjectPtr& after) {
    const std::string& name = (before == nullptr ? after : before)->key.name;
    EXPECT_EQ(before != nullptr, items.contains(name));
    EXPECT_TRUE(before == nullptr || after == nullptr || before->version != after->version);
    items.erase(name);
    if (after != nullptr) items[name] = model.items.at(name);
  });
  EXPECT_EQ(items, model.items);
  auto ports = old_model.ports;
  ForEachChange(old_claims, *store.Claims(), [&](const Claim* before, const Claim* after) {
    const Claim& either = before == nullptr ? *after : *before;
    EXPECT_TRUE(before == nullptr || after == nullptr || *before != *after);
    if (before != nullptr) {
      EXPECT_EQ(ports.at({either.scope, either.item}), before->owner);
    }
    ports.erase({either.scope, either.item});
    if (after != nullptr) ports[{either.scope, either.item}] = after->owner;
  });
  EXPECT_EQ(ports, model.ports);
}

// One random transaction, and what the model says to it.
inline std::pair<Transaction, Code> RandomTransaction(Random& random, StoreModel& model) {
  Transaction transaction;
  StoreModel next = model;
  Code code = StoreModel::kOk;
  const auto note = [&](Code result) {
    if (code == StoreModel::kOk) code = result;
  };
  for (std::uint64_t i = random.Below(4); i > 0; --i) {
    const std::string name = "p" + std::to_string(random.Below(40));
    const std::string value = std::to_string(random.Below(3));
    const auto present = next.items.find(name);
    // Mostly what can work, so that transactions get far before they fail.
    const bool create = (present == next.items.end()) != (random.Below(20) == 0);
    Write write =
        create ? Create(name, value) : (random.Below(3) == 0 ? Delete(name) : Update(name, value));
    if (create) write.uid = "uid-" + std::to_string(random.Below(1'000));
    if (!create && present != next.items.end() && random.Below(3) == 0) {
      write.expected_version = present->second.version + (random.Below(10) == 0 ? 1 : 0);
    }
    note(next.Run(write, value));
    transaction.writes.push_back(std::move(write));
  }
  for (std::uint64_t i = random.Below(3); i > 0; --i) {
    Claim claim =
        PortClaim("node-" + std::to_string(random.Below(3)), static_cast<int>(random.Below(12)),
                  "owner-" + std::to_string(random.Below(4)));
    const std::uint64_t kind = random.Below(6);
    ClaimChange change = kind == 0   ? ReleaseAllOf(claim.owner)
                         : kind <= 2 ? ReleaseClaim(claim)
                                     : Acquire(claim);
    note(next.Run(change));
    transaction.claims.push_back(std::move(change));
  }
  if (code == StoreModel::kOk) model = std::move(next);
  return {std::move(transaction), code};
}

TEST_P(StoreConformance, RandomTransactionsDoWhatAPlainModelDoes) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    UseHistoryOf({});
    SeededRandom random(seed);
    StoreModel model;
    std::vector<StoreModel> past = {model};
    Recorder seen;
    SnapshotPtr old_list = store().List(kPods);
    LedgerPtr old_claims = store().Claims();
    StoreModel old_model = model;
    auto watch = store().Watch(kPods, 0, seen.Callback());
    for (int step = 0; step < 400; ++step) {
      auto [transaction, want] = RandomTransaction(random, model);
      const auto done = store().Commit(Context(), std::move(transaction));
      ASSERT_EQ(done ? StoreModel::kOk : done.error().code, want) << "step " << step;
      if (step % 20 == 0) ExpectEqual(store(), model);
      if (step % 7 == 0) ExpectDifferenceIsTold(*old_list, *old_claims, old_model, store(), model);
      if (step % 35 == 0) {
        old_list = store().List(kPods);
        old_claims = store().Claims();
        old_model = model;
      }
      past.push_back(model);
      if (GetParam().durable && step % 150 == 149) {
        watch->reset();
        host().Reopen();
        ExpectEqual(store(), model);
        old_list = store().List(kPods);
        old_claims = store().Claims();
        old_model = model;
      }
      ASSERT_FALSE(HasFailure()) << "step " << step;
    }
    for (int i = 0; i < 20; ++i) {
      const StoreModel& then = past[random.Below(past.size())];
      const auto list = store().ListAt(kPods, then.version);
      ASSERT_TRUE(list.has_value());
      EXPECT_EQ(ItemsOf(**list), then.items) << "at version " << then.version;
    }
    // Whoever follows the events arrives at the same state.
    Recorder all;
    auto replay = store().Watch(kPods, 0, all.Callback());
    std::map<std::string, std::uint64_t> followed;
    for (const EventPtr& event : all.Await(model.version)) {
      const std::string& name = event->object->key.name;
      const auto before = followed.find(name);
      EXPECT_EQ(event->previous == nullptr, before == followed.end());
      if (event->previous != nullptr && before != followed.end()) {
        EXPECT_EQ(event->previous->version, before->second);
      }
      if (event->type == EventType::kDeleted) {
        followed.erase(name);
      } else {
        followed[name] = event->version;
      }
    }
    ASSERT_EQ(followed.size(), model.items.size());
    for (const auto& [name, item] : model.items) EXPECT_EQ(followed[name], item.version);
  }
}

}  // namespace nekoplane::store
