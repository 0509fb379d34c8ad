// What every Store must do: the sentences of api/store/store.h as tests.
//
// An implementation joins with INSTANTIATE_TEST_SUITE_P(..., StoreConformance, ...) over
// StoreCases, after including this, store_watch_conformance.h and store_model_conformance.h. It
// needs nothing but a StoreHost.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/base/mutex.h"
#include "api/store/event_history.h"
#include "api/store/store.h"
#include "tests/conformance/store_testing.h"

namespace nekoplane::store {

// Owns a store and whatever it stands on.
class StoreHost {
 public:
  virtual ~StoreHost() = default;
  virtual Store& store() = 0;

  // Ends the store and opens what it left. Only called where `durable`.
  virtual void Reopen() { FAIL() << "not durable"; }
};

struct StoreCase {
  std::string name;
  bool durable = false;
  std::function<std::unique_ptr<StoreHost>(HistoryLimits)> make;
};

inline void PrintTo(const StoreCase& c, std::ostream* os) { *os << c.name; }

class StoreConformance : public testing::TestWithParam<StoreCase> {
 protected:
  void SetUp() override { host_ = GetParam().make({}); }

  Store& store() { return host_->store(); }

  StoreHost& host() { return *host_; }

  void UseHistoryOf(HistoryLimits limits) {
    host_.reset();
    host_ = GetParam().make(limits);
  }

  Result<Committed> Commit(std::vector<Write> writes, std::vector<ClaimChange> claims = {},
                           std::vector<LedgerGuard> guards = {}) {
    return store().Commit(Context(), {std::move(writes), std::move(claims), std::move(guards)});
  }

  // A commit that must work; the version after it.
  std::uint64_t Do(std::vector<Write> writes, std::vector<ClaimChange> claims = {}) {
    auto done = Commit(std::move(writes), std::move(claims));
    EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().ToString());
    return done ? done->version : 0;
  }

  std::vector<std::string> Names(const Snapshot& snapshot, const std::string& after_ns = "",
                                 const std::string& after_name = "") {
    std::vector<std::string> names;
    snapshot.ForEach(after_ns, after_name, [&](const ObjectPtr& object) {
      names.push_back(object->key.ns + "/" + object->key.name);
      return true;
    });
    return names;
  }

  std::vector<std::string> ClaimsOf(const std::string& owner) {
    std::vector<std::string> claims;
    store().Claims()->ForEachOfOwner(owner, [&](const Claim& claim) {
      claims.push_back(claim.kind + "/" + claim.scope + "/" + claim.item);
    });
    return claims;
  }

 private:
  std::unique_ptr<StoreHost> host_;
};

// --- Objects -------------------------------------------------------------------------------------

TEST_P(StoreConformance, AnEmptyStoreIsAtVersionZeroAndListsNothing) {
  EXPECT_EQ(store().Version(), 0U);
  EXPECT_EQ(store().Get(PodKey("a")), nullptr);
  const SnapshotPtr list = store().List(kPods);
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->size(), 0U);
  EXPECT_EQ(list->version(), 0U);
}

TEST_P(StoreConformance, CreateGivesTheNextVersionAndPutsItIntoTheObject) {
  auto done = Commit({Create("a")});
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->version, 1U);
  ASSERT_EQ(done->objects.size(), 1U);
  const ObjectPtr object = store().Get(PodKey("a"));
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->bytes, Stored("a", "1", 1));
  EXPECT_EQ(object->uid, "uid-a");
  EXPECT_EQ(object->version, 1U);
  EXPECT_EQ(object->key, PodKey("a"));
  EXPECT_EQ(done->objects[0]->bytes, object->bytes);
}

TEST_P(StoreConformance, VersionsAreDenseOverAllResources) {
  EXPECT_EQ(Do({Create("a")}), 1U);
  EXPECT_EQ(Do({{Write::Op::kCreate, {kNodes, "", "n"}, "u", Body("n", "1"), {}}}), 2U);
  EXPECT_EQ(Do({Update("a", "2"), Create("b"), Delete("a")}), 5U);
  EXPECT_EQ(Do({Create("a")}), 6U) << "a number is never used again";
  EXPECT_EQ(store().Version(), 6U);
}

TEST_P(StoreConformance, CreateOfAnExistingObjectIsAlreadyExistsAndNamesIt) {
  Do({Create("a")});
  auto again = Commit({Create("a", "2")});
  EXPECT_TRUE(FailsWith(again, Code::kAlreadyExists, "AlreadyExists"));
  EXPECT_NE(again.error().message.find("default/a"), std::string::npos);
  EXPECT_EQ(store().Get(PodKey("a"))->bytes, Stored("a", "1", 1));
  EXPECT_EQ(store().Version(), 1U);
}

TEST_P(StoreConformance, UpdateAndDeleteOfAMissingObjectAreNotFoundAndNameIt) {
  auto update = Commit({Update("a", "1")});
  EXPECT_TRUE(FailsWith(update, Code::kNotFound, "NotFound"));
  EXPECT_NE(update.error().message.find("default/a"), std::string::npos);
  EXPECT_TRUE(FailsWith(Commit({Delete("a")}), Code::kNotFound, "NotFound"));
}

TEST_P(StoreConformance, UpdateKeepsTheUidAndTakesTheNextVersion) {
  Do({Create("a")});
  EXPECT_EQ(Do({Update("a", "2")}), 2U);
  const ObjectPtr object = store().Get(PodKey("a"));
  EXPECT_EQ(object->bytes, Stored("a", "2", 2));
  EXPECT_EQ(object->uid, "uid-a");
}

TEST_P(StoreConformance, AnUpdateThatChangesNothingTakesNoVersion) {
  Do({Create("a")});
  auto same = Commit({Update("a", "1")});
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->version, 1U);
  EXPECT_EQ(same->objects.at(0)->version, 1U);
  EXPECT_EQ(store().Version(), 1U);
}

TEST_P(StoreConformance, DeleteReturnsTheLastStateAndItsVersionCounts) {
  Do({Create("a")});
  auto deleted = Commit({Delete("a")});
  ASSERT_TRUE(deleted.has_value());
  EXPECT_EQ(deleted->version, 2U);
  EXPECT_EQ(deleted->objects.at(0)->bytes, Stored("a", "1", 2));
  EXPECT_EQ(store().Get(PodKey("a")), nullptr);
  EXPECT_EQ(store().List(kPods)->size(), 0U);
}

TEST_P(StoreConformance, AnotherExpectedVersionIsAConflict) {
  Do({Create("a")});
  Do({Update("a", "2")});
  for (Write write : {Update("a", "3"), Update("a", "2"), Delete("a")}) {
    write.expected_version = 1;
    EXPECT_TRUE(FailsWith(Commit({write}), Code::kConflict, "ResourceVersion"));
  }
  EXPECT_EQ(store().Version(), 2U);
  Write write = Update("a", "3");
  write.expected_version = 2;
  EXPECT_EQ(Do({write}), 3U);
}

TEST_P(StoreConformance, AnotherUidIsAConflict) {
  Do({Create("a")});
  for (Write write : {Update("a", "3"), Delete("a")}) {
    write.uid = "uid-of-its-predecessor";
    EXPECT_TRUE(FailsWith(Commit({write}), Code::kConflict, "Uid"));
    write.uid = "uid-a";
    EXPECT_TRUE(Commit({write}).has_value());
  }
}

TEST_P(StoreConformance, ABodyThatIsNoObjectWithMetadataIsInvalid) {
  for (const char* body : {"", "[]", "{}", R"({"metadata":{}})", R"({"metadata":{"name":"a"})",
                           R"({"metadata":{"resourceVersion":"1","name":"a"}})"}) {
    Write write = Create("a");
    write.body = body;
    EXPECT_TRUE(Commit({write}).is(Code::kInvalid)) << body;
  }
  EXPECT_EQ(store().Version(), 0U);
}

TEST_P(StoreConformance, ATextThatLooksLikeMetadataDoesNotMisleadTheVersion) {
  Write write = Create("a");
  write.body = R"({"a":"\"metadata\":{\"x\":","metadata":{"name":"a"}})";
  Do({write});
  EXPECT_EQ(store().Get(PodKey("a"))->bytes,
            R"({"a":"\"metadata\":{\"x\":","metadata":{"resourceVersion":"1","name":"a"}})");
}

TEST_P(StoreConformance, LaterWritesOfATransactionSeeEarlierOnes) {
  auto done =
      Commit({Create("a"), Update("a", "2"), Update("a", "3"), Delete("a"), Create("a", "4")});
  ASSERT_TRUE(done.has_value()) << done.error().ToString();
  EXPECT_EQ(done->version, 5U);
  ASSERT_EQ(done->objects.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(done->objects[i]->version, i + 1);
  EXPECT_EQ(store().Get(PodKey("a"))->bytes, Stored("a", "4", 5));
}

TEST_P(StoreConformance, AFailedTransactionLeavesNoTrace) {
  Do({Create("a")}, {Acquire(PortClaim("host", 1, "x"))});
  const std::uint64_t scope = store().Claims()->ScopeVersion("host");
  EXPECT_TRUE(Commit({Create("b"), Update("a", "2"), Delete("missing")},
                     {Acquire(PortClaim("host", 2, "y"))})
                  .is(Code::kNotFound));
  EXPECT_TRUE(Commit({Create("b"), Delete("a")},
                     {Acquire(PortClaim("host", 2, "y")), Acquire(PortClaim("host", 1, "y"))})
                  .is(Code::kConflict));
  EXPECT_EQ(store().Version(), 1U);
  EXPECT_EQ(store().Get(PodKey("a"))->bytes, Stored("a", "1", 1));
  EXPECT_EQ(store().Get(PodKey("b")), nullptr);
  EXPECT_TRUE(ClaimsOf("y").empty());
  EXPECT_EQ(store().Claims()->ScopeVersion("host"), scope);
  EXPECT_EQ(Do({Create("b")}), 2U);
}

TEST_P(StoreConformance, AnEmptyTransactionWorksAndChangesNothing) {
  Do({Create("a")});
  auto done = Commit({});
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->version, 1U);
}

TEST_P(StoreConformance, AStoppedContextCommitsNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(
      store().Commit(Context(stop.get_token()), {{Create("a")}, {}, {}}).is(Code::kCancelled));
  EXPECT_EQ(store().Version(), 0U);
}

// --- Snapshots -----------------------------------------------------------------------------------

TEST_P(StoreConformance, ListsAreOrderedBytewiseByNamespaceAndName) {
  for (const char* ns : {"b", "a", "a-b", "B"}) {
    for (const char* name : {"2", "10", "1", "1.x"}) {
      Do({{Write::Op::kCreate, {kPods, ns, name}, "u", Body(name, ns), {}}});
    }
  }
  Do({{Write::Op::kCreate, {"podsx", "a", "0"}, "u", Body("0", ""), {}}});
  Do({{Write::Op::kCreate, {"pod", "a", "0"}, "u", Body("0", ""), {}}});
  const SnapshotPtr list = store().List(kPods);
  EXPECT_EQ(list->size(), 16U);
  EXPECT_EQ(Names(*list), (std::vector<std::string>{"B/1", "B/1.x", "B/10", "B/2", "a/1", "a/1.x",
                                                    "a/10", "a/2", "a-b/1", "a-b/1.x", "a-b/10",
                                                    "a-b/2", "b/1", "b/1.x", "b/10", "b/2"}));
  EXPECT_EQ(Names(*list, "a-b", "10"),
            (std::vector<std::string>{"a-b/2", "b/1", "b/1.x", "b/10", "b/2"}));
  EXPECT_EQ(Names(*list, "a-b", "1.y").size(), 6U) << "starting behind a name that is not there";
  EXPECT_EQ(Names(*list, "a", ""), Names(*list, "B", "2")) << "a whole namespace";
  EXPECT_TRUE(Names(*list, "b", "2").empty());
  ASSERT_NE(list->Find("a-b", "1.x"), nullptr);
  EXPECT_EQ(list->Find("a-b", "1.y"), nullptr);
  int visits = 0;
  list->ForEach("", "", [&](const ObjectPtr&) { return ++visits < 3; });
  EXPECT_EQ(visits, 3);
}

TEST_P(StoreConformance, ASnapshotNeverChanges) {
  Do({Create("a"), Create("b")});
  const SnapshotPtr before = store().List(kPods);
  Do({Delete("a"), Update("b", "2"), Create("c")});
  EXPECT_EQ(Names(*before), (std::vector<std::string>{"default/a", "default/b"}));
  EXPECT_EQ(before->Find("default", "b")->bytes, Stored("b", "1", 2));
  EXPECT_EQ(before->version(), 2U);
  EXPECT_EQ(before->size(), 2U);
  EXPECT_EQ(Names(*store().List(kPods)), (std::vector<std::string>{"default/b", "default/c"}));
}

TEST_P(StoreConformance, ListAtIsExactForEveryVersionKept) {
  std::vector<std::vector<std::string>> states = {{}};
  const auto note = [&](const std::string& change) {
    (void)change;
    std::vector<std::string> all;
    store().List(kPods)->ForEach("", "", [&](const ObjectPtr& o) {
      all.push_back(o->bytes);
      return true;
    });
    states.push_back(all);
  };
  for (int i = 0; i < 40; ++i) {
    const std::string name = "p" + std::to_string(i % 5);
    const bool present = store().Get(PodKey(name)) != nullptr;
    Do({!present ? Create(name, std::to_string(i))
                 : (i % 3 == 0 ? Delete(name) : Update(name, std::to_string(i)))});
    note(name);
  }
  for (std::uint64_t version = 0; version < states.size(); ++version) {
    const auto list = store().ListAt(kPods, version);
    ASSERT_TRUE(list.has_value());
    std::vector<std::string> all;
    (*list)->ForEach("", "", [&](const ObjectPtr& o) {
      all.push_back(o->bytes);
      return true;
    });
    EXPECT_EQ(all, states[version]) << "at version " << version;
    EXPECT_EQ((*list)->version(), version);
    EXPECT_EQ((*list)->size(), states[version].size());
  }
  EXPECT_TRUE(store().ListAt(kPods, 1'000).is(Code::kInvalid));
}

TEST_P(StoreConformance, ListAtAVersionNoLongerKeptIsExpired) {
  UseHistoryOf({.events = 10});
  for (int i = 0; i < 50; ++i) Do({Create("p" + std::to_string(i))});
  // The history is cut when its events were delivered, maybe a moment later.
  for (int i = 0; i < 5'000 && store().ListAt(kPods, 5).has_value(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(store().ListAt(kPods, 5).is(Code::kExpired));
  EXPECT_TRUE(store().ListAt(kPods, 45).has_value());
}

// --- Claims --------------------------------------------------------------------------------------

TEST_P(StoreConformance, AClaimIsHeldByItsOwnerAlone) {
  Do({}, {Acquire(PortClaim("host", 8800, "x"))});
  auto taken = Commit({}, {Acquire(PortClaim("host", 8800, "y"))});
  EXPECT_TRUE(FailsWith(taken, Code::kConflict, "ClaimHeld"));
  EXPECT_NE(taken.error().message.find("held by x"), std::string::npos);
  Do({}, {Acquire(PortClaim("other", 8800, "y"))});
  Do({}, {Acquire({kClaimPortUdp, "host", "8800", "y", ""})});
  const auto claim = store().Claims()->Find(kClaimPortTcp, "host", "8800");
  ASSERT_TRUE(claim.has_value());
  EXPECT_EQ(*claim, PortClaim("host", 8800, "x"));
  EXPECT_FALSE(store().Claims()->Find(kClaimPortTcp, "host", "8801").has_value());
}

TEST_P(StoreConformance, AcquiringAgainReplacesTheDetail) {
  Claim claim{kClaimInstance, "host", "x", "x", R"({"memory":1})"};
  Do({}, {Acquire(claim)});
  const std::uint64_t before = store().Claims()->ScopeVersion("host");
  Do({}, {Acquire(claim)});
  EXPECT_EQ(store().Claims()->ScopeVersion("host"), before) << "nothing changed";
  claim.detail = R"({"memory":2})";
  Do({}, {Acquire(claim)});
  EXPECT_EQ(store().Claims()->Find(kClaimInstance, "host", "x")->detail, claim.detail);
  EXPECT_GT(store().Claims()->ScopeVersion("host"), before);
}

TEST_P(StoreConformance, OnlyTheOwnerReleases) {
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  const std::uint64_t before = store().Claims()->ScopeVersion("host");
  Do({}, {ReleaseClaim(PortClaim("host", 1, "y"))});
  Do({}, {ReleaseClaim(PortClaim("host", 2, "x"))});
  EXPECT_TRUE(store().Claims()->Find(kClaimPortTcp, "host", "1").has_value());
  EXPECT_EQ(store().Claims()->ScopeVersion("host"), before);
  Do({}, {ReleaseClaim(PortClaim("host", 1, "x"))});
  EXPECT_FALSE(store().Claims()->Find(kClaimPortTcp, "host", "1").has_value());
  EXPECT_GT(store().Claims()->ScopeVersion("host"), before);
  Do({}, {Acquire(PortClaim("host", 1, "y"))});
}

TEST_P(StoreConformance, ReleaseOwnerReleasesAllItHoldsAndNothingElse) {
  Do({}, {Acquire(PortClaim("host", 1, "x")), Acquire(PortClaim("other", 1, "x")),
          Acquire({kClaimProfile, "", "p", "x", ""}), Acquire(PortClaim("host", 2, "xx")),
          Acquire(PortClaim("host", 3, "w"))});
  EXPECT_EQ(ClaimsOf("x").size(), 3U);
  Do({}, {ReleaseAllOf("x")});
  EXPECT_TRUE(ClaimsOf("x").empty());
  EXPECT_EQ(ClaimsOf("xx").size(), 1U);
  EXPECT_EQ(ClaimsOf("w").size(), 1U);
  Do({}, {ReleaseAllOf("x")});
}

TEST_P(StoreConformance, ClaimChangesOfATransactionActInOrder) {
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  Do({}, {ReleaseAllOf("x"), Acquire(PortClaim("host", 1, "y")), Acquire(PortClaim("host", 2, "y")),
          ReleaseClaim(PortClaim("host", 2, "y"))});
  EXPECT_TRUE(ClaimsOf("x").empty());
  EXPECT_EQ(ClaimsOf("y"), std::vector<std::string>{"port-tcp/host/1"});
}

TEST_P(StoreConformance, ClaimsTakeNoVersion) {
  Do({Create("a")});
  EXPECT_EQ(Do({}, {Acquire(PortClaim("host", 1, "x"))}), 1U);
  EXPECT_EQ(Do({Create("b")}, {Acquire(PortClaim("host", 2, "x"))}), 2U);
}

TEST_P(StoreConformance, TheLedgerIsOrderedAndOneScopeIsOneScope) {
  Do({}, {Acquire({"b", "s", "2", "o", ""}), Acquire({"b", "s", "1", "o", ""}),
          Acquire({"a", "s", "9", "p", ""}), Acquire({"b", "r", "5", "o", ""}),
          Acquire({"c", "t", "1", "o", ""}), Acquire({"a", "", "g", "o", ""})});
  const LedgerPtr ledger = store().Claims();
  const auto collect = [](std::vector<std::string>* to) {
    return [to](const Claim& c) { to->push_back(c.kind + "/" + c.scope + "/" + c.item); };
  };
  std::vector<std::string> all;
  std::vector<std::string> scope;
  std::vector<std::string> none;
  ledger->ForEach(collect(&all));
  ledger->ForEachInScope("s", collect(&scope));
  ledger->ForEachInScope("q", collect(&none));
  EXPECT_EQ(all, (std::vector<std::string>{"a//g", "b/r/5", "a/s/9", "b/s/1", "b/s/2", "c/t/1"}));
  EXPECT_EQ(scope, (std::vector<std::string>{"a/s/9", "b/s/1", "b/s/2"}));
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(ClaimsOf("o"), (std::vector<std::string>{"a//g", "b/r/5", "b/s/1", "b/s/2", "c/t/1"}));
}

TEST_P(StoreConformance, ALedgerNeverChanges) {
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  const LedgerPtr before = store().Claims();
  const std::uint64_t version = before->ScopeVersion("host");
  Do({}, {ReleaseAllOf("x"), Acquire(PortClaim("host", 2, "y"))});
  EXPECT_TRUE(before->Find(kClaimPortTcp, "host", "1").has_value());
  EXPECT_FALSE(before->Find(kClaimPortTcp, "host", "2").has_value());
  EXPECT_EQ(before->ScopeVersion("host"), version);
}

TEST_P(StoreConformance, AGuardHoldsUntilItsScopeChanges) {
  EXPECT_EQ(store().Claims()->ScopeVersion("host"), 0U);
  EXPECT_TRUE(Commit({}, {Acquire(PortClaim("host", 1, "x"))}, {{"host", 0}}).has_value());
  auto moved = Commit({Create("a")}, {Acquire(PortClaim("host", 2, "y"))}, {{"host", 0}});
  EXPECT_TRUE(FailsWith(moved, Code::kConflict, "LedgerMoved"));
  EXPECT_EQ(store().Get(PodKey("a")), nullptr);
  const std::uint64_t seen = store().Claims()->ScopeVersion("host");
  EXPECT_GT(seen, 0U);
  Do({}, {Acquire(PortClaim("other", 1, "x"))});
  EXPECT_TRUE(
      Commit({Create("a")}, {Acquire(PortClaim("host", 2, "y"))}, {{"host", seen}, {"q", 0}})
          .has_value())
      << "another scope's change is no reason";
}

TEST_P(StoreConformance, AScopeVersionNeverReturnsWhenTheScopeIsEmptied) {
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  const std::uint64_t first = store().Claims()->ScopeVersion("host");
  Do({}, {ReleaseAllOf("x")});
  const std::uint64_t emptied = store().Claims()->ScopeVersion("host");
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  EXPECT_GT(emptied, first);
  EXPECT_GT(store().Claims()->ScopeVersion("host"), emptied);
}

// --- Threads and restarts ------------------------------------------------------------------------

TEST_P(StoreConformance, ManyThreadsCommitEachExactlyOnce) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  Do({Create("counter", "0")});
  std::atomic<int> conflicts = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        for (;;) {
          const ObjectPtr counter = store().Get(PodKey("counter"));
          const std::string next = std::to_string(counter->version);
          Write write = Update("counter", next);
          write.expected_version = counter->version;
          auto done = store().Commit(Context(), {{Create(name), write}, {}, {}});
          if (done) {
            EXPECT_EQ(store().Get(PodKey(name))->version, done->version - 1) << "read your writes";
            break;
          }
          ASSERT_EQ(done.error().code, Code::kConflict) << done.error().ToString();
          ++conflicts;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store().Version(), 1U + 2U * kThreads * kEach);
  EXPECT_EQ(store().List(kPods)->size(), 1U + kThreads * kEach);
}

TEST_P(StoreConformance, OneClaimOfManyThreadsWins) {
  constexpr int kThreads = 8;
  std::atomic<int> winners = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int port = 0; port < 20; ++port) {
        auto done = store().Commit(Context(),
                                   {{}, {Acquire(PortClaim("host", port, std::to_string(t)))}, {}});
        if (done) ++winners;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 20);
}

TEST_P(StoreConformance, ReopeningBringsEverythingBack) {
  if (!GetParam().durable) GTEST_SKIP() << "keeps nothing";
  Do({Create("a"), Create("b"), Update("a", "2"), Delete("b")},
     {Acquire(PortClaim("host", 1, "x"))});
  Do({Create("c")}, {Acquire({kClaimInstance, "host", "x", "x", R"({"memory":1})"})});
  host().Reopen();
  EXPECT_EQ(store().Version(), 5U);
  EXPECT_EQ(Names(*store().List(kPods)), (std::vector<std::string>{"default/a", "default/c"}));
  EXPECT_EQ(store().Get(PodKey("a"))->bytes, Stored("a", "2", 3));
  EXPECT_EQ(store().Get(PodKey("a"))->uid, "uid-a");
  EXPECT_EQ(store().Get(PodKey("a"))->version, 3U);
  EXPECT_EQ(ClaimsOf("x").size(), 2U);
  EXPECT_EQ(store().Claims()->Find(kClaimInstance, "host", "x")->detail, R"({"memory":1})");
  EXPECT_TRUE(
      FailsWith(Commit({}, {Acquire(PortClaim("host", 1, "y"))}), Code::kConflict, "ClaimHeld"));
  EXPECT_EQ(Do({Create("b")}), 6U);
}

TEST_P(StoreConformance, ADeletedNewestVersionIsNotUsedAgainAfterReopening) {
  if (!GetParam().durable) GTEST_SKIP() << "keeps nothing";
  Do({Create("a")});
  Do({Delete("a")});
  host().Reopen();
  EXPECT_EQ(store().Version(), 2U);
  EXPECT_EQ(Do({Create("a")}), 3U);
}

TEST_P(StoreConformance, AGuardOfBeforeAReopeningNeverHolds) {
  if (!GetParam().durable) GTEST_SKIP() << "keeps nothing";
  Do({}, {Acquire(PortClaim("host", 1, "x"))});
  const std::uint64_t before = store().Claims()->ScopeVersion("host");
  host().Reopen();
  const std::uint64_t after = store().Claims()->ScopeVersion("host");
  EXPECT_NE(after, 0U);
  Do({}, {Acquire(PortClaim("host", 2, "x"))});
  EXPECT_NE(store().Claims()->ScopeVersion("host"), before);
  EXPECT_NE(after, before);
}

TEST_P(StoreConformance, ListAtReachesBackBeyondAReopening) {
  if (!GetParam().durable) GTEST_SKIP() << "keeps nothing";
  Do({Create("a"), Update("a", "2"), Delete("a"), Create("b")});
  host().Reopen();
  const auto at2 = store().ListAt(kPods, 2);
  ASSERT_TRUE(at2.has_value()) << at2.error().ToString();
  EXPECT_EQ((*at2)->Find("default", "a")->bytes, Stored("a", "2", 2));
  EXPECT_EQ((*at2)->size(), 1U);
  EXPECT_EQ((*store().ListAt(kPods, 0))->size(), 0U);
}

}  // namespace nekoplane::store
