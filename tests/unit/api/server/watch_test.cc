#include <map>
#include <set>

#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server::testing {
namespace {

std::vector<std::string> Told(const RecordingStream& stream) {
  std::vector<std::string> out;
  for (const json& frame : stream.Frames()) {
    const json& object = frame["object"];
    const std::string name =
        object.contains("metadata") ? object["metadata"].value("name", "") : "";
    out.push_back(frame["type"].get<std::string>() + (name.empty() ? "" : " " + name));
  }
  return out;
}

using Strings = std::vector<std::string>;

class WatchTest : public ApiServerTest {
 protected:
  using ApiServerTest::ApiServerTest;

  std::string At(const std::string& query) {
    return std::string(kSessions) + "?watch=true" + query;
  }

  void Label(const std::string& name, const std::string& key, json value) {
    const json patch = {{"metadata", {{"labels", {{key, value}}}}}};
    AskJson("PATCH", std::string(kSessions) + "/" + name, 200,
            {{"Content-Type", "application/merge-patch+json"}}, patch.dump());
  }

  void Remove(const std::string& name) {
    Ask("DELETE", std::string(kSessions) + "/" + name);
    Ask("PATCH", std::string(kSessions) + "/" + name,
        {{"Content-Type", "application/merge-patch+json"}}, R"({"metadata":{"finalizers":null}})");
  }

  // A write that is none of the watched resource's business.
  void Elsewhere(const std::string& name) {
    Create({{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"name", name}}}},
           "/api/v1/namespaces/default/secrets");
  }
};

TEST_F(WatchTest, TellsWhatHappensAfterTheVersion) {
  Create(Session("a"));
  const std::string version = VersionOf(AskJson("GET", kSessions, 200));
  const auto stream = Watch(At("&resourceVersion=" + version));
  EXPECT_EQ(Told(*stream), Strings{});
  Create(Session("b"));
  Label("a", "x", "y");
  Remove("b");
  EXPECT_EQ(Told(*stream), (Strings{"ADDED b", "MODIFIED a", "MODIFIED b", "DELETED b"}));
  const json last = stream->Frames().back();
  EXPECT_EQ(VersionOf(last["object"]), std::to_string(store_.Version()))
      << "the deletion's version";
  EXPECT_EQ(last["object"]["kind"], "BrowserSession");
}

TEST_F(WatchTest, TheAnswerBeginsAtOnce) {
  const auto responder = Start("GET", At("&resourceVersion=1"));
  ASSERT_NE(responder->stream, nullptr);
  EXPECT_EQ(responder->stream_status, 200);
  EXPECT_EQ(http::FindHeader(responder->stream_headers, "Content-Type"), "application/json");
  EXPECT_FALSE(http::FindHeader(responder->stream_headers, "Audit-ID").empty());
}

TEST_F(WatchTest, AnOldVersionIsReplayedFromHistory) {
  const std::string version = VersionOf(Create(Session("a")));
  Create(Session("b"));
  Label("a", "x", "y");
  EXPECT_EQ(Told(*Watch(At("&resourceVersion=" + version))), (Strings{"ADDED b", "MODIFIED a"}));
}

TEST_F(WatchTest, WithoutAVersionWhatExistsComesFirst) {
  Create(Session("a"));
  Create(Session("b"));
  for (const char* query : {"", "&resourceVersion=", "&resourceVersion=0"}) {
    const auto stream = Watch(At(query));
    EXPECT_EQ(Told(*stream), (Strings{"ADDED a", "ADDED b"})) << query;
  }
  const auto stream = Watch(At(""));
  Create(Session("c"));
  EXPECT_EQ(Told(*stream), (Strings{"ADDED a", "ADDED b", "ADDED c"}));
}

TEST_F(WatchTest, StreamingListsEndTheirInitialEventsWithABookmark) {
  Create(Session("a"));
  const auto stream = Watch(
      At("&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"));
  ASSERT_EQ(Told(*stream), (Strings{"ADDED a", "BOOKMARK"}));
  const json bookmark = stream->Frames().back()["object"];
  EXPECT_EQ(bookmark["kind"], "BrowserSession");
  EXPECT_EQ(bookmark["apiVersion"], "nekoplane.dev/v1alpha1");
  EXPECT_EQ(bookmark["metadata"]["annotations"]["k8s.io/initial-events-end"], "true");
  EXPECT_EQ(VersionOf(bookmark), std::to_string(store_.Version()));
  Create(Session("b"));
  EXPECT_EQ(Told(*stream).back(), "ADDED b");
}

TEST_F(WatchTest, InitialEventsCanBeDeclined) {
  Create(Session("a"));
  const auto stream = Watch(At("&sendInitialEvents=false&resourceVersionMatch=NotOlderThan"));
  Create(Session("b"));
  EXPECT_EQ(Told(*stream), (Strings{"ADDED b"}));
}

TEST_F(WatchTest, NonsenseIsRefusedBeforeTheStreamBegins) {
  EXPECT_EQ(Ask("GET", At("&sendInitialEvents=true")).status, 422);
  EXPECT_EQ(Ask("GET", At("&resourceVersion=abc")).status, 400);
  EXPECT_EQ(Ask("GET", At("&labelSelector=a b")).status, 400);
  EXPECT_EQ(Ask("GET", At("&fieldSelector=spec.url=x")).status, 400);
}

TEST_F(WatchTest, AVersionFromTheFutureIsAnErrorInTheStream) {
  const auto stream = Watch(At("&resourceVersion=999"));
  ASSERT_EQ(Told(*stream), (Strings{"ERROR"}));
  EXPECT_EQ(stream->Frames()[0]["object"]["code"], 504);
  EXPECT_TRUE(stream->closed);
}

class ShortWatchTest : public WatchTest {
 protected:
  static store::MemoryStoreOptions Options() {
    store::MemoryStoreOptions options;
    options.history.events = 2;
    return options;
  }

  ShortWatchTest() : WatchTest(Options()) {}
};

TEST_F(ShortWatchTest, AForgottenVersionIsGoneInTheStream) {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) Create(Session(name));
  const auto stream = Watch(At("&resourceVersion=1"));
  ASSERT_EQ(Told(*stream), (Strings{"ERROR"}));
  const json status = stream->Frames()[0]["object"];
  EXPECT_EQ(status["kind"], "Status");
  EXPECT_EQ(status["code"], 410);
  EXPECT_EQ(status["reason"], "Expired");
  EXPECT_EQ(status["message"],
            "too old resource version: 1 (" + std::to_string(store_.Version()) + ")");
  EXPECT_TRUE(stream->closed);
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(server_->watches(), 0u);
}

TEST_F(WatchTest, EnteringASelectionIsAddedLeavingItDeleted) {
  Create(Session("a", {{"app", "x"}}));
  Create(Session("b"));
  const auto stream =
      Watch(At("&labelSelector=app=x&resourceVersion=" + std::to_string(store_.Version())));
  Label("b", "app", "x");
  Label("b", "other", "1");
  Label("b", "app", nullptr);
  Label("b", "other", "2");
  Remove("b");
  Remove("a");
  EXPECT_EQ(Told(*stream),
            (Strings{"ADDED b", "MODIFIED b", "DELETED b", "MODIFIED a", "DELETED a"}));
  const json left = stream->Frames()[2]["object"];
  EXPECT_EQ(left["metadata"]["labels"]["app"], "x") << "the last state that was selected";
  EXPECT_GT(std::stoul(VersionOf(left)), std::stoul(VersionOf(stream->Frames()[1]["object"])))
      << "but the version of the change";
}

TEST_F(WatchTest, ANameSelectsOneObject) {
  Create(Session("a"));
  const auto stream = Watch(At("&fieldSelector=metadata.name=b"));
  Create(Session("b"));
  Label("a", "x", "y");
  EXPECT_EQ(Told(*stream), (Strings{"ADDED b"}));
}

TEST_F(WatchTest, OtherNamespacesStaySilent) {
  const auto here = Watch(At(""));
  const auto everywhere = Watch("/apis/nekoplane.dev/v1alpha1/browsersessions?watch=true");
  AskJson("POST", "/api/v1/namespaces", 201, {},
          R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}})");
  Create(Session("x"), "/apis/nekoplane.dev/v1alpha1/namespaces/n/browsersessions");
  EXPECT_EQ(Told(*here), Strings{});
  EXPECT_EQ(Told(*everywhere), (Strings{"ADDED x"}));
}

TEST_F(WatchTest, BookmarksComeEveryMinuteForThoseWhoAsk) {
  Create(Session("a"));
  const std::string from = "&resourceVersion=" + std::to_string(store_.Version());
  const auto with = Watch(At(from + "&allowWatchBookmarks=true"));
  const auto without = Watch(At(from));
  Pass(std::chrono::seconds(59));
  EXPECT_EQ(Told(*with), Strings{});
  Pass(std::chrono::seconds(2));
  EXPECT_EQ(Told(*with), (Strings{"BOOKMARK"}));
  Pass(std::chrono::seconds(120));
  EXPECT_EQ(Told(*with).size(), 3u);
  EXPECT_EQ(Told(*without), Strings{});
}

TEST_F(WatchTest, ABookmarkOfAQuietResourceKeepsUpWithTheStore) {
  Create(Session("a"));
  const auto stream =
      Watch(At("&allowWatchBookmarks=true&resourceVersion=" + std::to_string(store_.Version())));
  Elsewhere("s1");
  Elsewhere("s2");
  Pass(std::chrono::seconds(60));
  ASSERT_EQ(Told(*stream), (Strings{"BOOKMARK"}));
  EXPECT_EQ(VersionOf(stream->Frames()[0]["object"]), std::to_string(store_.Version()));
}

TEST_F(WatchTest, TimeoutSecondsEndsTheWatchAfterALastBookmark) {
  Create(Session("a"));
  const auto stream = Watch(At("&timeoutSeconds=90&allowWatchBookmarks=true&resourceVersion=1"));
  Pass(std::chrono::seconds(89));
  EXPECT_FALSE(stream->closed);
  EXPECT_EQ(Told(*stream).back(), "BOOKMARK");
  Pass(std::chrono::seconds(2));
  EXPECT_TRUE(stream->closed);
  EXPECT_EQ(server_->watches(), 0u);
  EXPECT_EQ(open_watches_, 0);
}

TEST_F(WatchTest, WithoutATimeoutItLastsHalfAnHourToAnHour) {
  const auto stream = Watch(At(""));
  Pass(std::chrono::minutes(29));
  EXPECT_FALSE(stream->closed);
  Pass(std::chrono::minutes(32));
  EXPECT_TRUE(stream->closed);
}

TEST_F(WatchTest, AClientThatGoesAwayIsForgotten) {
  const auto stream = Watch(At(""));
  EXPECT_EQ(server_->watches(), 1u);
  EXPECT_EQ(open_watches_, 1);
  stream->End();
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(server_->watches(), 0u);
  EXPECT_EQ(open_watches_, 0);
  Create(Session("a"));
  EXPECT_EQ(Told(*stream), Strings{});
}

TEST_F(WatchTest, AClientThatDoesNotReadIsDropped) {
  const auto slow = Watch(At(""));
  const auto quick = Watch(At(""));
  slow->full = true;
  Create(Session("a"));
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(server_->watches(), 1u);
  EXPECT_TRUE(slow->closed);
  Create(Session("b"));
  EXPECT_EQ(Told(*quick), (Strings{"ADDED a", "ADDED b"}));
}

TEST_F(WatchTest, AClientThatReadsSlowlyGetsEverythingInTheEnd) {
  const auto stream = Watch(At(""));
  stream->unread = 1 << 20;
  for (const char* name : {"a", "b", "c"}) Create(Session(name));
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(Told(*stream), Strings{}) << "no more is piled up on what was not read";
  stream->unread = 0;
  Pass(std::chrono::seconds(1));
  EXPECT_EQ(Told(*stream), (Strings{"ADDED a", "ADDED b", "ADDED c"}));
}

TEST_F(WatchTest, ABookmarkDoesNotOvertakeWhatWaits) {
  Create(Session("a"));
  const std::string version = std::to_string(store_.Version());
  const auto stream = Watch(At("&allowWatchBookmarks=true&resourceVersion=" + version));
  stream->unread = 1 << 20;
  Create(Session("b"));
  Pass(std::chrono::seconds(60));
  ASSERT_EQ(Told(*stream), (Strings{"BOOKMARK"}));
  EXPECT_EQ(VersionOf(stream->Frames()[0]["object"]), version);
}

// What came and went leaves no trace in the objects that there are.
TEST_F(WatchTest, ABookmarkDoesNotOvertakeALifeThatWaits) {
  Create(Session("a"));
  const std::string version = std::to_string(store_.Version());
  const auto stream = Watch(At("&allowWatchBookmarks=true&resourceVersion=" + version));
  stream->unread = 1 << 20;
  Create(Session("b"));
  Remove("b");
  Pass(std::chrono::seconds(60));
  ASSERT_EQ(Told(*stream), (Strings{"BOOKMARK"}));
  EXPECT_EQ(VersionOf(stream->Frames()[0]["object"]), version);
  stream->unread = 0;
  Pass(std::chrono::seconds(60));
  EXPECT_EQ(Told(*stream), (Strings{"BOOKMARK", "ADDED b", "MODIFIED b", "DELETED b", "BOOKMARK"}));
}

TEST_F(WatchTest, EndingAllWatchesClosesTheirStreams) {
  const auto stream = Watch(At(""));
  server_->EndWatches();
  EXPECT_TRUE(stream->closed);
  EXPECT_EQ(server_->watches(), 0u);
  const auto later = Watch(At(""));
  server_.reset();
  EXPECT_TRUE(later->closed);
}

TEST_F(WatchTest, WatchersShareTheBytesOfAFrame) {
  const auto one = Watch(At(""));
  const auto two = Watch(At(""));
  const auto table = Watch(At(""), {{"Accept", kTableAccept}});
  Create(Session("a"));
  ASSERT_EQ(one->chunks.size(), 1u);
  EXPECT_EQ(one->chunks[0], two->chunks[0]) << "the same buffer";
  EXPECT_NE(one->chunks[0], table->chunks[0]);
}

TEST_F(WatchTest, TableFramesHaveOneRowAndColumnsOnlyFirst) {
  Create(Session("a"));
  const auto stream =
      Watch(At("&resourceVersion=" + std::to_string(store_.Version())), {{"Accept", kTableAccept}});
  Label("a", "x", "1");
  Label("a", "x", "2");
  const auto frames = stream->Frames();
  ASSERT_EQ(frames.size(), 2u);
  for (const json& frame : frames) {
    EXPECT_EQ(frame["type"], "MODIFIED");
    EXPECT_EQ(frame["object"]["kind"], "Table");
    EXPECT_EQ(frame["object"]["rows"].size(), 1u);
    EXPECT_EQ(frame["object"]["rows"][0]["object"]["metadata"]["name"], "a");
  }
  EXPECT_FALSE(frames[0]["object"]["columnDefinitions"].empty());
  EXPECT_TRUE(frames[1]["object"]["columnDefinitions"].is_null());
}

TEST_F(WatchTest, TableWatchesStartWithColumnsToo) {
  Create(Session("a"));
  Create(Session("b"));
  const auto frames = Watch(At(""), {{"Accept", kTableAccept}})->Frames();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_FALSE(frames[0]["object"]["columnDefinitions"].is_null());
  EXPECT_TRUE(frames[1]["object"]["columnDefinitions"].is_null());
}

TEST_F(WatchTest, MetadataWatchesLeaveTheRestOut) {
  const auto stream =
      Watch(At(""), {{"Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}});
  Create(Session("a"));
  const json object = stream->Frames().at(0)["object"];
  EXPECT_EQ(object["kind"], "PartialObjectMetadata");
  EXPECT_EQ(object["metadata"]["name"], "a");
  EXPECT_FALSE(object.contains("spec"));
}

// The promise behind every informer: a list, and the events after its version, make up the present.
// Random writes, several watchers with selections, some that stop and resume from their last
// version.
class ReplayTest : public WatchTest, public ::testing::WithParamInterface<std::uint64_t> {};

class Informer {
 public:
  explicit Informer(std::string selection) : query(std::move(selection)) {}

  void Apply() {
    for (const json& frame : stream->Frames()) {
      const json& metadata = frame["object"]["metadata"];
      const std::uint64_t version = std::stoull(metadata["resourceVersion"].get<std::string>());
      EXPECT_GE(version, last) << "versions never go back";
      last = version;
      const std::string type = frame["type"];
      if (type == "BOOKMARK") continue;
      const std::string name = metadata["name"];
      EXPECT_EQ(type == "ADDED", objects.count(name) == 0) << type << " " << name;
      if (type == "DELETED") {
        objects.erase(name);
      } else {
        objects[name] = frame["object"];
      }
    }
    stream->text.clear();
  }

  const std::string query;
  std::shared_ptr<RecordingStream> stream;
  std::map<std::string, json> objects;
  std::uint64_t last = 0;
};

TEST_P(ReplayTest, ListAndWatchMakeUpThePresent) {
  SeededRandom dice(GetParam());
  std::vector<Informer> informers;
  for (const char* query :
       {"", "&labelSelector=app=x", "&labelSelector=app!=x", "&fieldSelector=metadata.name=s3",
        "&labelSelector=app", "&allowWatchBookmarks=true"}) {
    informers.emplace_back(query);
  }
  const auto list = [&](Informer& informer) {
    const json page = AskJson("GET", std::string(kSessions) + "?" + informer.query, 200);
    informer.objects.clear();
    for (const json& item : page["items"]) informer.objects[item["metadata"]["name"]] = item;
    informer.last = std::stoull(VersionOf(page));
    informer.stream =
        Watch(At("&resourceVersion=" + std::to_string(informer.last) + informer.query));
  };
  const auto resume = [&](Informer& informer) {
    informer.Apply();
    informer.stream =
        Watch(At("&resourceVersion=" + std::to_string(informer.last) + informer.query));
  };
  for (Informer& informer : informers) list(informer);
  for (int step = 0; step < 300; ++step) {
    const std::string name = "s" + std::to_string(dice.Below(6));
    switch (dice.Below(8)) {
      case 0:
      case 1:
        Ask("POST", kSessions, {},
            Session(name, dice.Below(2) ? json{{"app", "x"}} : json()).dump());
        break;
      case 2:
      case 3:
      case 4: {
        const json label = dice.Below(3) == 0 ? json() : json(dice.Below(2) ? "x" : "y");
        Ask("PATCH", std::string(kSessions) + "/" + name,
            {{"Content-Type", "application/merge-patch+json"}},
            json{{"metadata", {{"labels", {{"app", label}}}}}}.dump());
        break;
      }
      case 5:
        Remove(name);
        break;
      case 6:
        Ask("POST", "/api/v1/namespaces/default/secrets", {},
            json{{"apiVersion", "v1"}, {"kind", "Secret"}, {"metadata", {{"generateName", "x-"}}}}
                .dump());
        Pass(std::chrono::seconds(45));
        break;
      default: {
        Informer& informer = informers[dice.Below(informers.size())];
        informer.stream->End();
        if (dice.Below(4) == 0) list(informer);
      }
    }
    // Who was cut off, by itself or because its time was up, resumes where it was.
    for (Informer& informer : informers) {
      if (informer.stream->closed) resume(informer);
    }
  }
  for (Informer& informer : informers) {
    informer.Apply();
    std::map<std::string, json> want;
    const json page = AskJson("GET", std::string(kSessions) + "?" + informer.query, 200);
    for (const json& item : page["items"]) {
      want[item["metadata"]["name"]] = item;
    }
    EXPECT_EQ(informer.objects, want) << informer.query;
  }
}

INSTANTIATE_TEST_SUITE_P(Watch, ReplayTest, ::testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace nekoplane::server::testing
