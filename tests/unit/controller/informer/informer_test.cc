#include "controller/informer/informer.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/store/memory_store.h"
#include "api/v1alpha1/browser_node.h"

namespace nekoplane::informer {
namespace {

using v1alpha1::BrowserNode;

store::Key KeyOf(const std::string& name) { return {BrowserNode::kResource, "", name}; }

std::string Body(const std::string& name, const std::string& address) {
  return R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserNode","metadata":{"name":")" +
         name + R"(","uid":"uid-)" + name + R"("},"spec":{"address":")" + address + R"("}})";
}

void Commit(store::Store& store, store::Write write) {
  store::Transaction transaction;
  transaction.writes.push_back(std::move(write));
  const auto committed = store.Commit({}, std::move(transaction));
  ASSERT_TRUE(committed.has_value()) << committed.error().ToString();
}

void Create(store::Store& store, const std::string& name, const std::string& address) {
  Commit(store, {store::Write::Op::kCreate, KeyOf(name), "uid-" + name, Body(name, address), {}});
}

void Update(store::Store& store, const std::string& name, const std::string& address) {
  Commit(store, {store::Write::Op::kUpdate, KeyOf(name), "", Body(name, address), {}});
}

void Delete(store::Store& store, const std::string& name) {
  Commit(store, {store::Write::Op::kDelete, KeyOf(name), "", "", {}});
}

// Forwards everything, and answers the first Watch with kExpired after `meanwhile` has run.
class ExpiringStore final : public store::Store {
 public:
  ExpiringStore(store::Store& inner, std::function<void()> meanwhile)
      : inner_(inner), meanwhile_(std::move(meanwhile)) {}

  store::ObjectPtr Get(const store::Key& key) const override { return inner_.Get(key); }

  store::SnapshotPtr List(std::string_view resource) const override {
    return inner_.List(resource);
  }

  Result<store::SnapshotPtr> ListAt(std::string_view resource,
                                    std::uint64_t version) const override {
    return inner_.ListAt(resource, version);
  }

  store::LedgerPtr Claims() const override { return inner_.Claims(); }

  std::uint64_t Version() const override { return inner_.Version(); }

  std::uint64_t LastChange(std::string_view resource) const override {
    return inner_.LastChange(resource);
  }

  Result<store::Committed> Commit(const Context& ctx, store::Transaction transaction) override {
    return inner_.Commit(ctx, std::move(transaction));
  }

  void CommitAsync(store::Transaction transaction, CommitDone done) override {
    inner_.CommitAsync(std::move(transaction), std::move(done));
  }

  Result<std::unique_ptr<Subscription>> Watch(std::string_view resource,
                                              std::uint64_t after_version,
                                              WatchCallback callback) override {
    if (meanwhile_) {
      std::exchange(meanwhile_, nullptr)();
      return MakeStatus(Code::kExpired, "Expired", "too old");
    }
    return inner_.Watch(resource, after_version, std::move(callback));
  }

 private:
  store::Store& inner_;
  std::function<void()> meanwhile_;
};

class InformerTest : public ::testing::Test {
 protected:
  // "+a" added, "~a" changed, "-a" deleted; "!" in front if it came with the first list.
  Informer<BrowserNode>::Handler Record() {
    return [this](const Change<BrowserNode>& change) {
      const auto& some = change.after ? change.after : change.before;
      const char* what = !change.before ? "+" : !change.after ? "-" : "~";
      seen_.push_back((change.initial ? "!" : "") + std::string(what) + some->metadata.name);
    };
  }

  store::MemoryStore store_{"test"};
  NullLogger log_;
  std::vector<std::string> seen_;
};

using Strings = std::vector<std::string>;

TEST_F(InformerTest, FirstListIsDeliveredInsideStartInOrder) {
  Create(store_, "b", "10.0.0.2");
  Create(store_, "a", "10.0.0.1");
  Informer<BrowserNode> informer(store_, log_);
  informer.AddHandler(Record());
  ASSERT_TRUE(informer.Start().has_value());
  EXPECT_EQ(seen_, (Strings{"!+a", "!+b"}));
  ASSERT_NE(informer.Get("", "a"), nullptr);
  EXPECT_EQ(informer.Get("", "a")->spec.address, "10.0.0.1");
  ASSERT_EQ(informer.List().size(), 2u);
  EXPECT_EQ(informer.List()[0]->metadata.name, "a");
}

TEST_F(InformerTest, ChangesArriveWithBeforeAndAfter) {
  Informer<BrowserNode> informer(store_, log_);
  std::vector<std::pair<std::string, std::string>> addresses;
  informer.AddHandler(Record());
  informer.AddHandler([&](const Change<BrowserNode>& change) {
    addresses.emplace_back(change.before ? change.before->spec.address : "",
                           change.after ? change.after->spec.address : "");
  });
  ASSERT_TRUE(informer.Start().has_value());
  Create(store_, "a", "10.0.0.1");
  Update(store_, "a", "10.0.0.9");
  Delete(store_, "a");
  EXPECT_EQ(seen_, (Strings{"+a", "~a", "-a"}));
  EXPECT_EQ(addresses, (std::vector<std::pair<std::string, std::string>>{
                           {"", "10.0.0.1"}, {"10.0.0.1", "10.0.0.9"}, {"10.0.0.9", ""}}));
  EXPECT_EQ(informer.Get("", "a"), nullptr);
}

TEST_F(InformerTest, HandlersSeeTheCacheAsItIsAfterTheChange) {
  Informer<BrowserNode> informer(store_, log_);
  std::string cached;
  informer.AddHandler([&](const Change<BrowserNode>& change) {
    cached = informer.Get("", change.after->metadata.name)->spec.address;
  });
  ASSERT_TRUE(informer.Start().has_value());
  Create(store_, "a", "10.0.0.1");
  EXPECT_EQ(cached, "10.0.0.1");
}

TEST_F(InformerTest, OtherKindsAreNotSeen) {
  Informer<BrowserNode> informer(store_, log_);
  informer.AddHandler(Record());
  ASSERT_TRUE(informer.Start().has_value());
  Commit(store_, {store::Write::Op::kCreate,
                  {"browserclasses.nekoplane.dev", "", "chromium"},
                  "uid-c",
                  R"({"metadata":{"name":"chromium","uid":"uid-c"}})",
                  {}});
  EXPECT_TRUE(seen_.empty());
}

TEST_F(InformerTest, ExpiredHistoryIsListedAgainAndTheDifferenceReported) {
  Create(store_, "gone", "10.0.0.1");
  Create(store_, "changed", "10.0.0.1");
  Create(store_, "same", "10.0.0.1");
  ExpiringStore expiring(store_, [&] {
    Delete(store_, "gone");
    Update(store_, "changed", "10.0.0.9");
    Create(store_, "new", "10.0.0.1");
  });
  Informer<BrowserNode> informer(expiring, log_);
  informer.AddHandler(Record());
  ASSERT_TRUE(informer.Start().has_value());
  EXPECT_EQ(seen_, (Strings{"!+changed", "!+gone", "!+same", "-gone", "~changed", "+new"}));
  seen_.clear();
  Update(store_, "same", "10.0.0.9");
  EXPECT_EQ(seen_, (Strings{"~same"})) << "the watch goes on after the second list";
}

TEST_F(InformerTest, ObjectThatDoesNotDecodeIsIgnoredAndTheLastGoodStateStays) {
  Create(store_, "a", "10.0.0.1");
  Informer<BrowserNode> informer(store_, log_);
  informer.AddHandler(Record());
  ASSERT_TRUE(informer.Start().has_value());
  seen_.clear();
  Commit(store_, {store::Write::Op::kUpdate,
                  KeyOf("a"),
                  "",
                  R"({"metadata":{"name":"a","uid":"uid-a"},"spec":{"address":5}})",
                  {}});
  EXPECT_TRUE(seen_.empty());
  EXPECT_EQ(informer.Get("", "a")->spec.address, "10.0.0.1");
  Delete(store_, "a");
  EXPECT_EQ(seen_, (Strings{"-a"}));
}

TEST_F(InformerTest, NothingArrivesAfterStop) {
  Informer<BrowserNode> informer(store_, log_);
  informer.AddHandler(Record());
  ASSERT_TRUE(informer.Start().has_value());
  informer.Stop();
  Create(store_, "a", "10.0.0.1");
  EXPECT_TRUE(seen_.empty());
}

}  // namespace
}  // namespace nekoplane::informer
