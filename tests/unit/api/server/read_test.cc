// get, list and tables.
#include <algorithm>

#include "api/server/options.h"
#include "tests/unit/api/server/fixture.h"

namespace nekoplane::server::testing {
namespace {

using ReadTest = ApiServerTest;

std::vector<std::string> Names(const json& list) {
  std::vector<std::string> out;
  for (const json& item : list["items"]) out.push_back(item["metadata"]["name"]);
  return out;
}

std::string Path(const std::string& name) { return std::string(kSessions) + "/" + name; }

TEST_F(ReadTest, GetServesTheStoredBytes) {
  const json made = Create(Session("a"));
  const http::Response response = Ask("GET", Path("a"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(json::parse(response.body), made);
  EXPECT_EQ(Ask("HEAD", Path("a")).status, 200);
  EXPECT_EQ(AskJson("GET", Path("b"), 404)["message"],
            "browsersessions.nekoplane.dev \"b\" not found");
}

TEST_F(ReadTest, GetKnowsVersionsThatDoNotExistYet) {
  Create(Session("a"));
  EXPECT_EQ(Ask("GET", Path("a") + "?resourceVersion=0").status, 200);
  EXPECT_EQ(Ask("GET", Path("a") + "?resourceVersion=1").status, 200);
  EXPECT_EQ(Ask("GET", Path("a") + "?resourceVersion=x").status, 400);
  const json body = AskJson("GET", Path("a") + "?resourceVersion=999", 504);
  EXPECT_EQ(body["reason"], "Timeout");
  EXPECT_EQ(body["details"]["causes"][0]["reason"], "ResourceVersionTooLarge");
  EXPECT_EQ(body["details"]["retryAfterSeconds"], 1);
}

TEST_F(ReadTest, YamlAndIndentedJsonOnRequest) {
  Create(Session("a"));
  EXPECT_NE(
      Ask("GET", Path("a"), {{"Accept", "application/yaml"}}).body.find("kind: BrowserSession\n"),
      std::string::npos);
  EXPECT_NE(Ask("GET", Path("a"), {{"User-Agent", "curl/7.88"}})
                .body.find("\n  \"kind\": \"BrowserSession\""),
            std::string::npos);
  EXPECT_EQ(Ask("GET", Path("a"), {{"Accept", "text/html"}}).status, 406);
}

TEST_F(ReadTest, ListIsOrderedAndCarriesItsVersion) {
  for (const char* name : {"b", "a", "c"}) Create(Session(name));
  const json list = AskJson("GET", kSessions, 200);
  EXPECT_EQ(list["kind"], "BrowserSessionList");
  EXPECT_EQ(list["apiVersion"], "nekoplane.dev/v1alpha1");
  EXPECT_EQ(VersionOf(list), std::to_string(store_.Version()));
  EXPECT_EQ(Names(list), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(list["items"][0]["kind"], "BrowserSession");
}

TEST_F(ReadTest, AnEmptyListIsAnEmptyArray) {
  EXPECT_EQ(AskJson("GET", kSessions, 200)["items"], json::array());
}

TEST_F(ReadTest, ListsStayWithinTheirNamespaceOrSpanAll) {
  AskJson("POST", "/api/v1/namespaces", 201, {},
          R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"abc"}})");
  const std::string other = "/apis/nekoplane.dev/v1alpha1/namespaces/abc/browsersessions";
  Create(Session("x"), other);
  Create(Session("a"));
  EXPECT_EQ(Names(AskJson("GET", kSessions, 200)), (std::vector<std::string>{"a"}));
  EXPECT_EQ(Names(AskJson("GET", other, 200)), (std::vector<std::string>{"x"}));
  const std::string all = "/apis/nekoplane.dev/v1alpha1/browsersessions";
  EXPECT_EQ(Names(AskJson("GET", all, 200)), (std::vector<std::string>{"x", "a"}));
  EXPECT_EQ(Names(AskJson("GET", all + "?fieldSelector=metadata.namespace=default", 200)),
            (std::vector<std::string>{"a"}));
  EXPECT_EQ(Names(AskJson("GET", all + "?limit=1", 200)), (std::vector<std::string>{"x"}));
}

TEST_F(ReadTest, LabelsSelect) {
  Create(Session("a", {{"app", "one"}}));
  Create(Session("b", {{"app", "two"}, {"metadata", "x"}}));
  Create(Session("c"));
  const auto select = [&](const std::string& selector) {
    return Names(AskJson("GET", std::string(kSessions) + "?labelSelector=" + selector, 200));
  };
  EXPECT_EQ(select("app=one"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(select("app"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(select("!app"), (std::vector<std::string>{"c"}));
  EXPECT_EQ(select("app!=one"), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(select("app in (one,two),metadata=x"), (std::vector<std::string>{"b"}));
  EXPECT_EQ(Ask("GET", std::string(kSessions) + "?labelSelector=a b").status, 400);
}

TEST_F(ReadTest, FieldsSelect) {
  Create(Session("a"));
  Create(Session("b"));
  const auto select = [&](const std::string& selector) {
    return Names(AskJson("GET", std::string(kSessions) + "?fieldSelector=" + selector, 200));
  };
  EXPECT_EQ(select("metadata.name=a"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(select("metadata.name=zzz"), (std::vector<std::string>{}));
  EXPECT_EQ(select("metadata.name!=a"), (std::vector<std::string>{"b"}));
  EXPECT_EQ(select("metadata.name=a,metadata.namespace=other"), (std::vector<std::string>{}));
  EXPECT_EQ(AskJson("GET", std::string(kSessions) + "?fieldSelector=spec.url=x", 400)["message"],
            "field label not supported: spec.url");
}

TEST_F(ReadTest, EventsAreFoundByTheirObject) {
  const auto event = [](const std::string& name, const std::string& about, const std::string& ns) {
    return json{
        {"apiVersion", "v1"},
        {"kind", "Event"},
        {"metadata", {{"name", name}}},
        {"involvedObject", {{"kind", "BrowserSession"}, {"name", about}, {"namespace", ns}}},
        {"reason", "Started"},
        {"source", {{"component", "nekoplane"}}},
        {"type", "Normal"}};
  };
  const std::string events = "/api/v1/namespaces/default/events";
  Create(event("e1", "a", "default"), events);
  Create(event("e2", "b", "default"), events);
  EXPECT_EQ(
      Names(AskJson(
          "GET", events + "?fieldSelector=involvedObject.name=b,involvedObject.kind=BrowserSession",
          200)),
      (std::vector<std::string>{"e2"}));
  EXPECT_EQ(Names(AskJson("GET", events + "?fieldSelector=source=nekoplane,reason!=Failed", 200)),
            (std::vector<std::string>{"e1", "e2"}));
  EXPECT_EQ(Names(AskJson("GET", "/api/v1/events?fieldSelector=involvedObject.uid=", 200)).size(),
            2u)
      << "an absent field is empty";
}

TEST_F(ReadTest, PagesShowOneMomentWhateverHappensInBetween) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Create(Session(name));
  const json first = AskJson("GET", std::string(kSessions) + "?limit=2", 200);
  EXPECT_EQ(Names(first), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(first["metadata"]["remainingItemCount"], 3);
  Create(Session("bb"));
  registry_.Delete(*codec::KindTable::Builtin().FindByResource("browsersessions.nekoplane.dev"),
                   "default", "d", {}, [](const auto&) {});
  const json second = AskJson("GET",
                              std::string(kSessions) + "?limit=2&continue=" +
                                  first["metadata"]["continue"].get<std::string>(),
                              200);
  EXPECT_EQ(Names(second), (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(VersionOf(second), VersionOf(first));
  const json third = AskJson("GET",
                             std::string(kSessions) + "?limit=2&continue=" +
                                 second["metadata"]["continue"].get<std::string>(),
                             200);
  EXPECT_EQ(Names(third), (std::vector<std::string>{"e"}));
  EXPECT_FALSE(third["metadata"].contains("continue"));
}

TEST_F(ReadTest, PagesOfASelectionDoNotCountTheRest) {
  for (const char* name : {"a", "b", "c"}) Create(Session(name, {{"x", "y"}}));
  const json page = AskJson("GET", std::string(kSessions) + "?limit=2&labelSelector=x=y", 200);
  EXPECT_EQ(Names(page).size(), 2u);
  EXPECT_TRUE(page["metadata"].contains("continue"));
  EXPECT_FALSE(page["metadata"].contains("remainingItemCount"));
}

TEST_F(ReadTest, AListAtAnExactVersionShowsThatMoment) {
  const std::string before = VersionOf(Create(Session("a")));
  Create(Session("b"));
  const std::string at = std::string(kSessions) + "?resourceVersion=" + before;
  EXPECT_EQ(Names(AskJson("GET", at + "&resourceVersionMatch=Exact", 200)),
            (std::vector<std::string>{"a"}));
  EXPECT_EQ(Names(AskJson("GET", at + "&limit=10", 200)), (std::vector<std::string>{"a"}))
      << "legacy meaning";
  EXPECT_EQ(Names(AskJson("GET", at, 200)).size(), 2u) << "not older than";
  EXPECT_EQ(Names(AskJson("GET", at + "&resourceVersionMatch=NotOlderThan", 200)).size(), 2u);
  EXPECT_EQ(Ask("GET", std::string(kSessions) + "?resourceVersion=999").status, 504);
}

class ShortHistoryTest : public ApiServerTest {
 protected:
  static store::MemoryStoreOptions Options() {
    store::MemoryStoreOptions options;
    options.history.events = 2;
    return options;
  }

  ShortHistoryTest() : ApiServerTest(Options()) {}
};

TEST_F(ShortHistoryTest, AnExpiredTokenOffersAnInconsistentRest) {
  for (const char* name : {"a", "b", "c"}) Create(Session(name));
  const json first = AskJson("GET", std::string(kSessions) + "?limit=1", 200);
  for (const char* name : {"d", "e", "f", "g"}) Create(Session(name));
  const json expired = AskJson("GET",
                               std::string(kSessions) + "?limit=9&continue=" +
                                   first["metadata"]["continue"].get<std::string>(),
                               410);
  EXPECT_EQ(expired["reason"], "Expired");
  const std::string token = expired["metadata"]["continue"];
  EXPECT_EQ(Names(AskJson("GET", std::string(kSessions) + "?limit=9&continue=" + token, 200)),
            (std::vector<std::string>{"b", "c", "d", "e", "f", "g"}));
}

TEST_F(ReadTest, ABrokenTokenIsABadRequest) {
  EXPECT_EQ(AskJson("GET", std::string(kSessions) + "?continue=garbage", 400)["message"],
            "invalid continue token");
}

TEST_F(ReadTest, TableHasColumnsRowsAndMetadata) {
  Create(Session("a", {{"app", "x"}}));
  clock_.Advance(std::chrono::minutes(5));
  const json table = AskJson("GET", kSessions, 200, {{"Accept", kTableAccept}});
  EXPECT_EQ(table["kind"], "Table");
  EXPECT_EQ(table["apiVersion"], "meta.k8s.io/v1");
  EXPECT_EQ(VersionOf(table), std::to_string(store_.Version()));
  ASSERT_EQ(table["rows"].size(), 1u);
  const json& columns = table["columnDefinitions"];
  EXPECT_EQ(columns[0]["name"], "Name");
  EXPECT_EQ(columns[0]["format"], "name");
  EXPECT_EQ(table["rows"][0]["cells"].size(), columns.size());
  bool wide = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    wide |= columns[i]["priority"] > 0;
    if (columns[i]["name"] == "Name") {
      EXPECT_EQ(table["rows"][0]["cells"][i], "a");
    }
    if (columns[i]["name"] == "Age") {
      EXPECT_EQ(table["rows"][0]["cells"][i], "5m") << "computed here";
    }
    if (columns[i]["name"] == "Phase") {
      EXPECT_EQ(table["rows"][0]["cells"][i], nullptr);
    }
  }
  EXPECT_TRUE(wide);
  const json& object = table["rows"][0]["object"];
  EXPECT_EQ(object["kind"], "PartialObjectMetadata");
  EXPECT_EQ(object["metadata"]["labels"]["app"], "x");
  EXPECT_FALSE(object.contains("spec"));
}

TEST_F(ReadTest, TableRowsIncludeWhatIsAsked) {
  Create(Session("a"));
  const auto row = [&](const std::string& include) {
    return AskJson("GET", std::string(kSessions) + "?includeObject=" + include, 200,
                   {{"Accept", kTableAccept}})["rows"][0];
  };
  EXPECT_FALSE(row("None").contains("object"));
  EXPECT_EQ(row("Object")["object"]["kind"], "BrowserSession");
  EXPECT_EQ(row("Metadata")["object"]["kind"], "PartialObjectMetadata");
}

TEST_F(ReadTest, ASingleObjectIsATableOfOneRow) {
  Create(Session("a"));
  EXPECT_EQ(AskJson("GET", Path("a"), 200, {{"Accept", kTableAccept}})["rows"].size(), 1u);
  EXPECT_EQ(AskJson("GET", Path("zzz"), 404, {{"Accept", kTableAccept}})["kind"], "Status");
}

TEST_F(ReadTest, OldClientsGetOldTables) {
  Create(Session("a"));
  const json table = AskJson("GET", kSessions, 200,
                             {{"Accept", "application/json;as=Table;v=v1beta1;g=meta.k8s.io"}});
  EXPECT_EQ(table["apiVersion"], "meta.k8s.io/v1beta1");
  EXPECT_EQ(table["rows"][0]["object"]["apiVersion"], "meta.k8s.io/v1beta1");
}

TEST_F(ReadTest, ASecretsTableShowsHowManyKeysButNoValue) {
  Create({{"apiVersion", "v1"},
          {"kind", "Secret"},
          {"metadata", {{"name", "s"}}},
          {"stringData", {{"a", "hush"}, {"b", "c"}}}},
         "/api/v1/namespaces/default/secrets");
  const http::Response response =
      Ask("GET", "/api/v1/namespaces/default/secrets", {{"Accept", kTableAccept}});
  const json table = json::parse(response.body);
  for (std::size_t i = 0; i < table["columnDefinitions"].size(); ++i) {
    if (table["columnDefinitions"][i]["name"] == "Data") {
      EXPECT_EQ(table["rows"][0]["cells"][i], 2);
    }
  }
  EXPECT_EQ(response.body.find("aHVzaA"), std::string::npos);
}

TEST_F(ReadTest, EventTablesShowWhenTheyWereSeen) {
  Create({{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata", {{"name", "e"}}},
          {"involvedObject", {{"kind", "BrowserSession"}, {"name", "a"}, {"namespace", "default"}}},
          {"reason", "Started"},
          {"message", "up"},
          {"type", "Normal"},
          {"lastTimestamp", "2026-01-01T00:00:00Z"}},
         "/api/v1/namespaces/default/events");
  clock_.Advance(std::chrono::seconds(90));
  const json table =
      AskJson("GET", "/api/v1/namespaces/default/events", 200, {{"Accept", kTableAccept}});
  const json& cells = table["rows"][0]["cells"];
  EXPECT_EQ(table["columnDefinitions"][0]["name"], "Last Seen");
  EXPECT_EQ(cells[0], "90s");
  EXPECT_EQ(cells[3], "browsersession/a");
}

TEST_F(ReadTest, PartialMetadataListsLeaveTheRestOut) {
  Create(Session("a"));
  const json list =
      AskJson("GET", kSessions, 200,
              {{"Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}});
  EXPECT_EQ(list["kind"], "PartialObjectMetadataList");
  EXPECT_EQ(list["apiVersion"], "meta.k8s.io/v1");
  EXPECT_EQ(list["items"][0]["kind"], "PartialObjectMetadata");
  EXPECT_FALSE(list["items"][0].contains("spec"));
}

TEST_F(ReadTest, TheAuthorizerIsAskedAboutTheRightThing) {
  Ask("GET", Path("a") + "/status");
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].verb, "get");
  EXPECT_EQ(asked_[0].group, "nekoplane.dev");
  EXPECT_EQ(asked_[0].resource, "browsersessions");
  EXPECT_EQ(asked_[0].subresource, "status");
  EXPECT_EQ(asked_[0].ns, "default");
  EXPECT_EQ(asked_[0].name, "a");
}

TEST_F(ReadTest, ARefusalSaysWhoMayNotDoWhat) {
  allowed_ = false;
  EXPECT_EQ(AskJson("DELETE", Path("x"), 403)["message"],
            "browsersessions.nekoplane.dev \"x\" is forbidden: User \"ann\" cannot delete resource "
            "\"browsersessions\" in API group \"nekoplane.dev\" in the namespace \"default\"");
  EXPECT_EQ(AskJson("GET", "/apis/nekoplane.dev/v1alpha1/browsernodes", 403)["message"],
            "browsernodes.nekoplane.dev is forbidden: User \"ann\" cannot list resource "
            "\"browsernodes\" in API "
            "group \"nekoplane.dev\" at the cluster scope");
}

}  // namespace
}  // namespace nekoplane::server::testing
