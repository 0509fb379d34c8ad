#include "api/registry/registry.h"

#include <gtest/gtest.h>

#include "api/registry/namespaces.h"
#include "tests/unit/api/registry/fixture.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;
using testing::KindNamed;
using testing::Namespaces;
using testing::Parsed;
using testing::RegistryTest;
using testing::Secrets;
using testing::Session;
using testing::Sessions;

TEST_F(RegistryTest, CreateStoresAndAnswersWithTheVersion) {
  const auto reply = Create(Sessions(), Session("a"));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_TRUE(reply->created);
  const json object = Parsed(reply->object);
  EXPECT_EQ(object["metadata"]["resourceVersion"], std::to_string(store_.Version()));
  EXPECT_EQ(object, Read(Sessions(), "a"));
}

TEST_F(RegistryTest, CreateWritesOneVersionOnly) {
  const auto before = store_.Version();
  ASSERT_TRUE(Create(Sessions(), Session("a")));
  EXPECT_EQ(store_.Version(), before + 1) << "the check of the namespace must not write";
}

TEST_F(RegistryTest, TakenNameIsAlreadyExists) {
  ASSERT_TRUE(Create(Sessions(), Session("a")));
  const auto again = Create(Sessions(), Session("a"));
  ASSERT_TRUE(again.is(Code::kAlreadyExists));
  EXPECT_EQ(again.error().message, "browsersessions.nekoplane.dev \"a\" already exists");
}

TEST_F(RegistryTest, MissingNamespaceIsNotFound) {
  const auto reply = Create(Sessions(), Session("a"), {}, "nowhere");
  ASSERT_TRUE(reply.is(Code::kNotFound));
  EXPECT_EQ(reply.error().message, "namespaces \"nowhere\" not found");
}

TEST_F(RegistryTest, GeneratedNamesDiffer) {
  json body = Session("");
  body["metadata"] = {{"generateName", "browser-"}};
  const auto a = Create(Sessions(), body);
  const auto b = Create(Sessions(), body);
  ASSERT_TRUE(a);
  ASSERT_TRUE(b);
  EXPECT_NE(a->object->key.name, b->object->key.name);
  EXPECT_EQ(a->object->key.name.size(), std::string("browser-").size() + 5);
}

// Gives the same suffix over and over.
class StuckRandom final : public Random {
 public:
  std::uint64_t Next64() override { return 1ULL << 40; }
};

TEST_F(RegistryTest, GenerateNameGivesUpAfterEightTries) {
  StuckRandom stuck;
  Registry registry(store_, codec::KindTable::Builtin(), clock_, stuck);
  json body = Session("");
  body["metadata"] = {{"generateName", "browser-"}};
  const auto create = [&] {
    return Wait([&](Registry::Done done) {
      registry.Create(Sessions(), "default", body, {}, std::move(done));
    });
  };
  ASSERT_TRUE(create());
  const auto second = create();
  ASSERT_TRUE(second.is(Code::kAlreadyExists));
  EXPECT_EQ(second.error().retry_after, std::chrono::seconds(1));
}

TEST_F(RegistryTest, DryRunLeavesNoTrace) {
  const auto version = store_.Version();
  WriteOptions dry;
  dry.dry_run = true;
  const auto created = Create(Sessions(), Session("a"), dry);
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_TRUE(Parsed(created->object)["metadata"].contains("uid"));
  EXPECT_FALSE(registry_.Get(Sessions(), "default", "a"));

  ASSERT_TRUE(Create(Sessions(), Session("b")));
  const auto at = store_.Version();
  EXPECT_EQ(at, version + 1);
  EXPECT_TRUE(Create(Sessions(), Session("b"), dry).is(Code::kAlreadyExists));
  const auto patched = Patch(Sessions(), "b", {{"spec", {{"url", "https://z.org"}}}},
                             PatchType::kMerge, Subresource::kNone, dry);
  ASSERT_TRUE(patched);
  EXPECT_EQ(Parsed(patched->object)["spec"]["url"], "https://z.org");
  DeleteOptions dry_delete;
  dry_delete.dry_run = true;
  ASSERT_TRUE(Delete(Sessions(), "b", dry_delete));
  EXPECT_EQ(store_.Version(), at);
  EXPECT_FALSE(Read(Sessions(), "b")["metadata"].contains("deletionTimestamp"));
}

TEST_F(RegistryTest, NoOpUpdateKeepsTheVersion) {
  ASSERT_TRUE(Create(Sessions(), Session("a")));
  const auto version = store_.Version();
  const auto reply = Update(Sessions(), "a", Read(Sessions(), "a"));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(store_.Version(), version);
  EXPECT_EQ(reply->object->version, version);
}

TEST_F(RegistryTest, UpdateOfAMissingObjectIsNotFound) {
  const auto reply = Update(Sessions(), "ghost", Session("ghost"));
  ASSERT_TRUE(reply.is(Code::kNotFound));
  EXPECT_EQ(reply.error().message, "browsersessions.nekoplane.dev \"ghost\" not found");
}

// Commits something else to the same object just before the first commit reaches the store.
class RacingStore final : public store::Store {
 public:
  explicit RacingStore(store::Store& inner) : inner_(inner) {}

  std::function<void()> before_next_commit;

  store::ObjectPtr Get(const store::Key& key) const override { return inner_.Get(key); }

  store::SnapshotPtr List(std::string_view resource) const override {
    return inner_.List(resource);
  }

  Result<store::SnapshotPtr> ListAt(std::string_view resource, std::uint64_t v) const override {
    return inner_.ListAt(resource, v);
  }

  store::LedgerPtr Claims() const override { return inner_.Claims(); }

  std::uint64_t Version() const override { return inner_.Version(); }

  std::uint64_t LastChange(std::string_view resource) const override {
    return inner_.LastChange(resource);
  }

  Result<store::Committed> Commit(const Context& ctx, store::Transaction t) override {
    Race();
    return inner_.Commit(ctx, std::move(t));
  }

  void CommitAsync(store::Transaction t, CommitDone done) override {
    Race();
    inner_.CommitAsync(std::move(t), std::move(done));
  }

  Result<std::unique_ptr<Subscription>> Watch(std::string_view resource, std::uint64_t after,
                                              WatchCallback callback) override {
    return inner_.Watch(resource, after, std::move(callback));
  }

 private:
  void Race() {
    if (auto race = std::exchange(before_next_commit, nullptr)) race();
  }

  store::Store& inner_;
};

class RacedRegistryTest : public RegistryTest {
 protected:
  void SetUp() override {
    RegistryTest::SetUp();
    ASSERT_TRUE(Create(Sessions(), Session("a")));
    raced_store_.before_next_commit = [this] {
      ASSERT_TRUE(Patch(Sessions(), "a", {{"metadata", {{"labels", {{"other", "writer"}}}}}}));
    };
  }

  RacingStore raced_store_{store_};
  Registry raced_{raced_store_, codec::KindTable::Builtin(), clock_, random_};
};

TEST_F(RacedRegistryTest, PatchWithoutVersionLandsOnTheNewerObject) {
  const auto reply = Wait([&](Registry::Done done) {
    raced_.Patch(Sessions(), "default", "a", PatchType::kMerge,
                 {{"spec", {{"url", "https://p.org"}}}}, Subresource::kNone, {}, std::move(done));
  });
  ASSERT_TRUE(reply) << reply.error().message;
  const json object = Read(Sessions(), "a");
  EXPECT_EQ(object["spec"]["url"], "https://p.org");
  EXPECT_EQ(object["metadata"]["labels"]["other"], "writer");
}

TEST_F(RacedRegistryTest, UpdateWithVersionIsAConflict) {
  json body = Read(Sessions(), "a");
  body["spec"]["url"] = "https://p.org";
  const auto reply = Wait([&](Registry::Done done) {
    raced_.Update(Sessions(), "default", "a", body, Subresource::kNone, {}, std::move(done));
  });
  ASSERT_TRUE(reply.is(Code::kConflict));
  EXPECT_NE(reply.error().message.find("the object has been modified"), std::string::npos);
}

TEST_F(RacedRegistryTest, DeletionHitsTheNewerObject) {
  ASSERT_TRUE(Wait([&](Registry::Done done) {
    raced_.Delete(Sessions(), "default", "a", {}, std::move(done));
  }));
  EXPECT_TRUE(Read(Sessions(), "a")["metadata"].contains("deletionTimestamp"));
}

TEST_F(RegistryTest, DeletionWaitsForFinalizersAndEndsWithTheLast) {
  ASSERT_TRUE(Create(Sessions(), Session("a")));
  const auto marked = Delete(Sessions(), "a");
  ASSERT_TRUE(marked);
  EXPECT_FALSE(marked->gone);
  const auto version = store_.Version();
  ASSERT_TRUE(Delete(Sessions(), "a"));
  EXPECT_EQ(store_.Version(), version);
  const auto last = Patch(Sessions(), "a", {{"metadata", {{"finalizers", nullptr}}}});
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_TRUE(last->gone);
  EXPECT_FALSE(registry_.Get(Sessions(), "default", "a"));
}

TEST_F(RegistryTest, ObjectsWithoutFinalizersGoAtOnce) {
  ASSERT_TRUE(Create(Secrets(), {{"metadata", {{"name", "s"}}}, {"stringData", {{"k", "v"}}}}));
  EXPECT_EQ(Read(Secrets(), "s")["data"]["k"], "dg==");
  const auto reply = Delete(Secrets(), "s");
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->gone);
  EXPECT_TRUE(Delete(Secrets(), "s").is(Code::kNotFound));
}

TEST_F(RegistryTest, CoreKindsMayBeUpdatedWithoutVersion) {
  ASSERT_TRUE(Create(Secrets(), {{"metadata", {{"name", "s"}}}, {"stringData", {{"k", "v"}}}}));
  const auto reply =
      Update(Secrets(), "s", {{"metadata", {{"name", "s"}}}, {"stringData", {{"k", "w"}}}});
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(Read(Secrets(), "s")["data"]["k"], "dw==");
}

// ---- namespaces ----

TEST_F(RegistryTest, BootstrapMakesTheTwoNamespacesOnce) {
  const auto version = store_.Version();
  ASSERT_TRUE(registry_.Bootstrap(Context()));
  EXPECT_EQ(store_.Version(), version);
  for (const char* name : {kDefaultNamespace, kSystemNamespace}) {
    EXPECT_EQ(Read(Namespaces(), name)["status"]["phase"], "Active");
  }
}

TEST_F(RegistryTest, DefaultNamespaceMayNotBeDeleted) {
  for (const char* name : {kDefaultNamespace, kSystemNamespace}) {
    const auto reply = Delete(Namespaces(), name);
    ASSERT_TRUE(reply.is(Code::kForbidden));
    EXPECT_EQ(reply.error().message, "namespaces \"" + std::string(name) +
                                         "\" is forbidden: this namespace may not be deleted");
  }
}

TEST_F(RegistryTest, FullNamespaceIsKeptAndSaysWhatIsInside) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  ASSERT_TRUE(Create(Sessions(), Session("a"), {}, "team"));
  ASSERT_TRUE(Create(Sessions(), Session("b"), {}, "team"));
  const auto reply = Delete(Namespaces(), "team");
  ASSERT_TRUE(reply.is(Code::kConflict));
  EXPECT_NE(reply.error().message.find("2 browsersessions.nekoplane.dev"), std::string::npos)
      << reply.error().message;
  EXPECT_FALSE(Read(Namespaces(), "team")["metadata"].contains("deletionTimestamp"));
  EXPECT_TRUE(Create(Sessions(), Session("c"), {}, "team"));
}

TEST_F(RegistryTest, EmptyNamespaceGoesWithItsEvents) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  const codec::Kind& events = KindNamed("events");
  const auto event = Create(events,
                            {{"metadata", {{"name", "e"}}},
                             {"involvedObject", {{"namespace", "team"}, {"name", "x"}}},
                             {"reason", "R"},
                             {"message", "m"},
                             {"type", "Normal"}},
                            {}, "team");
  ASSERT_TRUE(event) << event.error().message;
  const auto reply = Delete(Namespaces(), "team");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_TRUE(reply->gone);
  EXPECT_FALSE(registry_.Get(Namespaces(), "", "team"));
  EXPECT_FALSE(registry_.Get(events, "team", "e"));
}

TEST_F(RegistryTest, ObjectThatSlipsInStopsTheDeletionOfItsNamespace) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  RacingStore raced_store(store_);
  Registry raced(raced_store, codec::KindTable::Builtin(), clock_, random_);
  // Between the look at the empty namespace and its mark.
  raced_store.before_next_commit = [&] {
    ASSERT_TRUE(Create(Sessions(), Session("a"), {}, "team"));
  };
  const auto reply = Wait(
      [&](Registry::Done done) { raced.Delete(Namespaces(), "", "team", {}, std::move(done)); });
  EXPECT_TRUE(reply.is(Code::kConflict));
  const json left = Read(Namespaces(), "team");
  EXPECT_EQ(left["status"]["phase"], "Active");
  EXPECT_FALSE(left["metadata"].contains("deletionTimestamp"));
}

TEST_F(RegistryTest, NamespaceThatChangedSinceIsNotDeleted) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  RacingStore raced_store(store_);
  Registry raced(raced_store, codec::KindTable::Builtin(), clock_, random_);
  const std::string seen = Read(Namespaces(), "team")["metadata"]["resourceVersion"];
  // Between the check of the precondition and the mark.
  raced_store.before_next_commit = [&] {
    ASSERT_TRUE(Patch(Namespaces(), "team", {{"metadata", {{"labels", {{"keep", "me"}}}}}}));
  };
  const auto reply = Wait([&](Registry::Done done) {
    raced.Delete(Namespaces(), "", "team", {.resource_version = seen}, std::move(done));
  });
  EXPECT_TRUE(reply.is(Code::kConflict));
  const json left = Read(Namespaces(), "team");
  EXPECT_EQ(left["metadata"]["labels"]["keep"], "me");
  EXPECT_FALSE(left["metadata"].contains("deletionTimestamp"));
}

TEST_F(RegistryTest, NamespaceMadeAnewWhileTheOldOneIsDeletedStays) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  RacingStore raced_store(store_);
  Registry raced(raced_store, codec::KindTable::Builtin(), clock_, random_);
  // Between the mark and the removal.
  raced_store.before_next_commit = [&] {
    raced_store.before_next_commit = [&] {
      json anew = Read(Namespaces(), "team");
      anew["metadata"] = {{"name", "team"}, {"uid", "another"}};
      store::Write gone, made;
      gone.op = store::Write::Op::kDelete;
      gone.key = made.key = {"namespaces", "", "team"};
      made.uid = "another";
      made.body = anew.dump();
      ASSERT_TRUE(store_.Commit(Context(), {{gone, made}, {}, {}}));
    };
  };
  const std::string seen = Read(Namespaces(), "team")["metadata"]["resourceVersion"];
  const auto reply = Wait([&](Registry::Done done) {
    raced.Delete(Namespaces(), "", "team", {.resource_version = seen}, std::move(done));
  });
  EXPECT_TRUE(reply.is(Code::kConflict));
  const json left = Read(Namespaces(), "team");
  EXPECT_EQ(left["metadata"]["uid"], "another");
  EXPECT_FALSE(left["metadata"].contains("deletionTimestamp"));
}

TEST_F(RegistryTest, UpdateOfATerminatingNamespaceIsKeptAndDoesNotRemoveIt) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  RacingStore raced_store(store_);
  Registry raced(raced_store, codec::KindTable::Builtin(), clock_, random_);
  // An object before the mark, an update of the namespace behind it.
  raced_store.before_next_commit = [&] {
    ASSERT_TRUE(Create(Sessions(), Session("a"), {}, "team"));
    raced_store.before_next_commit = [&] {
      ASSERT_TRUE(Read(Namespaces(), "team")["metadata"].contains("deletionTimestamp"));
      registry_.Patch(Namespaces(), "", "team", PatchType::kMerge,
                      {{"metadata", {{"labels", {{"x", "y"}}}}}}, Subresource::kNone, {},
                      [](Result<WriteReply> reply) { EXPECT_TRUE(reply); });
    };
  };
  const auto reply = Wait(
      [&](Registry::Done done) { raced.Delete(Namespaces(), "", "team", {}, std::move(done)); });
  EXPECT_TRUE(reply.is(Code::kConflict));
  EXPECT_EQ(Read(Namespaces(), "team")["metadata"]["labels"]["x"], "y");
}

TEST_F(RegistryTest, NothingIsCreatedInATerminatingNamespace) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  RacingStore raced_store(store_);
  Registry raced(raced_store, codec::KindTable::Builtin(), clock_, random_);
  // The namespace is deleted between the check and the commit of the creation.
  raced_store.before_next_commit = [&] { ASSERT_TRUE(Delete(Namespaces(), "team")); };
  const auto reply = Wait([&](Registry::Done done) {
    raced.Create(Sessions(), "team", Session("a"), {}, std::move(done));
  });
  ASSERT_TRUE(reply.is(Code::kNotFound));
  EXPECT_EQ(reply.error().message, "namespaces \"team\" not found");
  EXPECT_FALSE(registry_.Get(Sessions(), "team", "a"));
}

TEST_F(RegistryTest, InterruptedDeletionOfANamespaceGoesOn) {
  ASSERT_TRUE(Create(Namespaces(), {{"metadata", {{"name", "team"}}}}));
  // What a crash after the first of the two commits leaves behind.
  json marked = Read(Namespaces(), "team");
  marked["metadata"].erase("resourceVersion");
  marked["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  store::Write write;
  write.op = store::Write::Op::kUpdate;
  write.key = {"namespaces", "", "team"};
  write.body = marked.dump();
  ASSERT_TRUE(store_.Commit(Context(), {{write}, {}, {}}));

  const auto create = Create(Sessions(), Session("a"), {}, "team");
  ASSERT_TRUE(create.is(Code::kForbidden));
  EXPECT_EQ(create.error().reason, "NamespaceTerminating");
  EXPECT_EQ(create.error().message,
            "browsersessions.nekoplane.dev \"a\" is forbidden: unable to create new content in "
            "namespace team because it is being terminated");
  const auto reply = Delete(Namespaces(), "team");
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_FALSE(registry_.Get(Namespaces(), "", "team"));
}

}  // namespace
}  // namespace nekoplane::registry
