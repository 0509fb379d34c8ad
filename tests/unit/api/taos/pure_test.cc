// The parts of the wrapper that need no store: callers, routes, URLs, tokens, words, rows.
#include <gtest/gtest.h>

#include "api/taos/callers.h"
#include "api/taos/create_request.h"
#include "api/taos/neko_url.h"
#include "api/taos/nodes_view.h"
#include "api/taos/replies.h"
#include "api/taos/router.h"
#include "api/taos/session_view.h"
#include "api/taos/stream_token.h"
#include "tests/unit/api/taos/fixture.h"

namespace nekoplane::taos {
namespace {

using nlohmann::json;
using testing::FakeAuthenticator;

// ---- callers ----

struct CallerCase {
  const char* name;
  http::Headers headers;
  bool loopback;
  const char* single_user;
  const char* user;  // "" = refused with `code`
  Code code;
  bool trusted;
};

void PrintTo(const CallerCase& c, std::ostream* os) { *os << c.name; }

class CallerTest : public ::testing::TestWithParam<CallerCase> {};

TEST_P(CallerTest, IsKnownOrRefused) {
  const CallerCase& c = GetParam();
  http::Request request;
  request.headers = c.headers;
  request.headers.emplace_back("Host", "localhost:7080");  // unless the case has another
  request.remote_is_loopback = c.loopback;
  const auto caller = ResolveCaller(request, FakeAuthenticator(), c.single_user);
  if (*c.user == '\0') {
    ASSERT_FALSE(caller);
    EXPECT_EQ(caller.error().code, c.code);
    return;
  }
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->user, c.user);
  EXPECT_EQ(caller->trusted_host, c.trusted);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CallerTest,
    ::testing::Values(
        CallerCase{"Nobody", {}, true, "", "", Code::kUnauthenticated, false},
        CallerCase{"Service",
                   {{"Authorization", "Bearer service"}, {"Impersonate-User", "ann"}},
                   false,
                   "",
                   "ann",
                   {},
                   true},
        CallerCase{"ServiceForNobody",
                   {{"Authorization", "Bearer service"}},
                   false,
                   "",
                   "",
                   Code::kUnauthenticated,
                   false},
        CallerCase{"ServiceForNonsense",
                   {{"Authorization", "Bearer service"}, {"Impersonate-User", "a b"}},
                   false,
                   "",
                   "",
                   Code::kUnauthenticated,
                   false},
        CallerCase{"User", {{"Authorization", "Bearer me"}}, false, "", "me", {}, false},
        CallerCase{"UserAsAnother",
                   {{"Authorization", "Bearer me"}, {"Impersonate-User", "ann"}},
                   false,
                   "",
                   "",
                   Code::kForbidden,
                   false},
        CallerCase{"UserAsHimself",
                   {{"Authorization", "Bearer me"}, {"Impersonate-User", "me"}},
                   false,
                   "",
                   "me",
                   {},
                   false},
        CallerCase{"BadToken",
                   {{"Authorization", "Bearer x"}},
                   true,
                   "solo",
                   "",
                   Code::kUnauthenticated,
                   false},
        CallerCase{"SingleUser", {}, true, "solo", "solo", {}, true},
        CallerCase{"SingleUserFromElsewhere", {}, false, "solo", "", Code::kUnauthenticated, false},
        CallerCase{"SingleUserAsAnother",
                   {{"Impersonate-User", "ann"}},
                   true,
                   "solo",
                   "",
                   Code::kForbidden,
                   false},
        CallerCase{"ForeignPage",
                   {{"Sec-Fetch-Site", "cross-site"}},
                   true,
                   "solo",
                   "",
                   Code::kForbidden,
                   false},
        CallerCase{"ForeignPageOfThisMachine",
                   {{"Sec-Fetch-Site", "same-site"}},
                   true,
                   "solo",
                   "",
                   Code::kForbidden,
                   false},
        CallerCase{"OwnPage", {{"Sec-Fetch-Site", "same-origin"}}, true, "solo", "solo", {}, true},
        CallerCase{"TypedIn", {{"Sec-Fetch-Site", "none"}}, true, "solo", "solo", {}, true},
        CallerCase{"ReboundName",
                   {{"Host", "evil.example:7080"}, {"Sec-Fetch-Site", "same-origin"}},
                   true,
                   "solo",
                   "",
                   Code::kForbidden,
                   false},
        CallerCase{"ReboundNameWithToken",
                   {{"Host", "nas.local"},
                    {"Authorization", "Bearer service"},
                    {"Impersonate-User", "ann"}},
                   true,
                   "solo",
                   "ann",
                   {},
                   true},
        CallerCase{"SingleUserWithServiceToken",
                   {{"Authorization", "Bearer service"}, {"Impersonate-User", "ann"}},
                   true,
                   "solo",
                   "ann",
                   {},
                   true}),
    [](const auto& i) { return i.param.name; });

struct SingleUserHostCase {
  const char* name;
  const char* host;
  bool of_this_machine;
};

void PrintTo(const SingleUserHostCase& c, std::ostream* os) { *os << c.name; }

class SingleUserHostTest : public ::testing::TestWithParam<SingleUserHostCase> {};

TEST_P(SingleUserHostTest, IsLocalhostOrALoopbackAddress) {
  http::Request request;
  request.headers = {{"Host", GetParam().host}};
  request.remote_is_loopback = true;
  const auto single_user = IsSingleUser(request, "solo");
  ASSERT_EQ(single_user.has_value(), GetParam().of_this_machine);
  if (single_user) {
    EXPECT_TRUE(*single_user);
  } else {
    EXPECT_EQ(single_user.error().reason, "ForeignHost");
    const auto reply = CallerErrorReply(single_user.error());
    EXPECT_EQ(reply.status, 403);
    EXPECT_EQ(testing::BodyOf(reply)["error"], "foreign_host");
  }
  request.remote_is_loopback = false;
  EXPECT_FALSE(*IsSingleUser(request, "solo"));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SingleUserHostTest,
    ::testing::Values(SingleUserHostCase{"Localhost", "localhost", true},
                      SingleUserHostCase{"LocalhostPort", "LocalHost:7080", true},
                      SingleUserHostCase{"V4", "127.0.0.1:7080", true},
                      SingleUserHostCase{"V4Other", "127.1.2.3", true},
                      SingleUserHostCase{"V6", "[::1]", true},
                      SingleUserHostCase{"V6Port", "[::1]:7080", true},
                      SingleUserHostCase{"None", "", false},
                      SingleUserHostCase{"Name", "evil.example:7080", false},
                      SingleUserHostCase{"NameBelow", "localhost.evil.example", false},
                      SingleUserHostCase{"NameOfDigits", "127.0.0.1.evil.example", false},
                      SingleUserHostCase{"Lan", "192.168.1.5:7080", false},
                      SingleUserHostCase{"Any", "0.0.0.0:7080", false},
                      SingleUserHostCase{"LanV6", "[fd00::1]:7080", false},
                      SingleUserHostCase{"BadPort", "localhost:x", false}),
    [](const auto& i) { return i.param.name; });

// ---- routes ----

struct RouteCase {
  const char* name;
  const char* method;
  const char* path;
  std::optional<Route> route;
  const char* id;
  const char* allow;
};

void PrintTo(const RouteCase& c, std::ostream* os) { *os << c.name; }

class RouteTest : public ::testing::TestWithParam<RouteCase> {};

TEST_P(RouteTest, IsMatched) {
  const RouteMatch match = MatchRoute(GetParam().method, GetParam().path);
  EXPECT_EQ(match.route, GetParam().route);
  EXPECT_EQ(match.id, GetParam().id);
  EXPECT_EQ(match.allow, GetParam().allow);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RouteTest,
    ::testing::Values(
        RouteCase{"List", "GET", "/api/browser/sessions", Route::kListSessions, "", "GET, POST"},
        RouteCase{"Create", "POST", "/api/browser/sessions", Route::kCreateSession, "",
                  "GET, POST"},
        RouteCase{"Explain", "POST", "/api/browser/nodes/explain", Route::kExplain, "", "POST"},
        RouteCase{"GetExplain", "GET", "/api/browser/nodes/explain", {}, "", "POST"},
        RouteCase{"Put", "PUT", "/api/browser/sessions", {}, "", "GET, POST"},
        RouteCase{"One", "GET", "/api/browser/sessions/ab", Route::kGetSession, "ab", "GET"},
        RouteCase{"DeleteOne", "DELETE", "/api/browser/sessions/ab", {}, "ab", "GET"},
        RouteCase{"Terminate", "POST", "/api/browser/sessions/ab/terminate",
                  Route::kTerminateSession, "ab", "POST"},
        RouteCase{"GetTerminate", "GET", "/api/browser/sessions/ab/terminate", {}, "ab", "POST"},
        RouteCase{"Deeper", "GET", "/api/browser/sessions/ab/cd", {}, "", ""},
        RouteCase{"NoId", "GET", "/api/browser/sessions/", {}, "", ""},
        RouteCase{"NoIdTerminate", "POST", "/api/browser/sessions//terminate", {}, "", ""},
        RouteCase{"Nodes", "GET", "/api/browser/nodes", Route::kListNodes, "", "GET"},
        RouteCase{"Other", "GET", "/api/browser/sessionsx", {}, "", ""}),
    [](const auto& i) { return i.param.name; });

// ---- URLs ----

struct HostCase {
  const char* name;
  const char* header;
  const char* host;  // "" = none
};

void PrintTo(const HostCase& c, std::ostream* os) { *os << c.header; }

class HostPartTest : public ::testing::TestWithParam<HostCase> {};

TEST_P(HostPartTest, IsTaken) {
  EXPECT_EQ(HostPart(GetParam().header).value_or(""), GetParam().host);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, HostPartTest,
    ::testing::Values(HostCase{"Name", "nas.local", "nas.local"},
                      HostCase{"Port", "nas.local:6969", "nas.local"},
                      HostCase{"V4", "10.0.0.1:80", "10.0.0.1"}, HostCase{"V6", "[::1]", "[::1]"},
                      HostCase{"V6Port", "[fe80::1]:6969", "[fe80::1]"},
                      HostCase{"List", "a.org, b.org", "a.org"}, HostCase{"Empty", "", ""},
                      HostCase{"BareV6", "::1", ""}, HostCase{"OpenBracket", "[::1", ""},
                      HostCase{"NotV6", "[evil]", ""}, HostCase{"BadPort", "a:b", ""},
                      HostCase{"Path", "a/b", ""}, HostCase{"User", "x@a.org", ""},
                      HostCase{"Space", "a b", ""}, HostCase{"V6Tail", "[::1]x", ""}),
    [](const auto& i) { return i.param.name; });

TEST(NekoUrlTest, ComposesAndEscapes) {
  EXPECT_EQ(NekoUrl("nas.local", 8801, "aZ-_9"), "http://nas.local:8801/?usr=neko&pwd=aZ-_9");
  EXPECT_EQ(NekoUrl(UrlHost("fd00::7"), 8801, "a&b"), "http://[fd00::7]:8801/?usr=neko&pwd=a%26b");
  EXPECT_EQ(UrlHost("10.0.0.1"), "10.0.0.1");
}

// ---- token ----

TEST(StreamTokenTest, MatchesTaosVector) {
  EXPECT_EQ(
      MintStreamToken(std::string(32, 'k'),
                      {"s1", "u1", 1760000060, "00000000000000000000000000000000"}),
      "eyJzZXNzaW9uX2lkIjoiczEiLCJ1c2VyX2lkIjoidTEiLCJleHAiOjE3NjAwMDAwNjAsImp0aSI6IjAwMDAwMDAw"
      "MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwIn0uyP9Zxcxjxl0p8_ALTl8NZNCp_n7q3qA4MFM5YJBjicA=");
}

// ---- words ----

struct WordCase {
  const char* name;
  const char* type;
  const char* status;
  const char* reason;
  bool deleting;
  const char* word;
};

void PrintTo(const WordCase& c, std::ostream* os) { *os << c.name; }

class StatusWordTest : public ::testing::TestWithParam<WordCase> {};

TEST_P(StatusWordTest, ComesFromConditions) {
  const WordCase& c = GetParam();
  v1alpha1::BrowserSession session;
  session.status.phase = "Running";  // no logic reads it
  v1alpha1::Condition condition;
  condition.type = c.type;
  condition.status = c.status;
  condition.reason = c.reason;
  session.status.conditions = {condition};
  if (c.deleting) session.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  EXPECT_EQ(StatusWord(session), c.word);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, StatusWordTest,
    ::testing::Values(WordCase{"New", "Ready", "Unknown", "Pending", false, "pending"},
                      WordCase{"Ready", "Ready", "True", "Ready", false, "running"},
                      WordCase{"Unhealthy", "Ready", "False", "Unhealthy", false, "pending"},
                      WordCase{"Suspended", "Suspended", "True", "Suspended", false, "idle"},
                      WordCase{"Full", "Scheduled", "False", "Unschedulable", false, "pending"},
                      WordCase{"Nowhere", "Scheduled", "False", "NoCapableNode", false, "error"},
                      WordCase{"NoClass", "Scheduled", "False", "ClassNotFound", false, "error"},
                      WordCase{"BackOff", "Started", "False", "CrashLoopBackOff", false, "pending"},
                      WordCase{"Stalled", "Stalled", "True", "Whatever", false, "error"},
                      WordCase{"Deleting", "Ready", "True", "Ready", true, "stopped"}),
    [](const auto& i) { return i.param.name; });

TEST(SessionIdTest, IsTheUidWithoutDashes) {
  const std::string uid = "0a1b2c3d-4e5f-4a6b-8c7d-0123456789ab";
  EXPECT_EQ(IdOfUid(uid), "0a1b2c3d4e5f4a6b8c7d0123456789ab");
  EXPECT_EQ(UidOfId(IdOfUid(uid)), uid);
  EXPECT_EQ(UidOfId("mine"), "");
  EXPECT_EQ(UidOfId(std::string(32, 'G')), "");
}

TEST(OwnerLabelTest, IsAlwaysAValidLabel) {
  EXPECT_EQ(OwnerLabel("ann"), "ann");
  EXPECT_EQ(OwnerLabel("ann@home.org"), "ann_home.org");
  EXPECT_EQ(OwnerLabel("@@"), "");
  EXPECT_EQ(OwnerLabel(std::string(100, 'a')), std::string(63, 'a'));
}

// ---- nodes ----

TEST(CapableWorkersTest, GpuFirstThenLoadAndNeverTheHost) {
  const auto node = [](const char* name, bool gpu, const char* cpu) {
    auto n = nekoplane::testing::MakeNode(name);
    if (gpu) n.status.hardware.gpu = v1alpha1::NodeGpu{"nvidia", "x", 1};
    n.status.allocated.cpu = cpu;
    return n;
  };
  auto offline = node("offline", true, "0");
  offline.status.conditions[0].status = "Unknown";
  auto weak = node("weak", true, "0");
  weak.status.conditions[1].status = "False";
  auto cordoned = node("cordoned", true, "0");
  cordoned.spec.schedulingPolicy = v1alpha1::SchedulingPolicy::kUnschedulable;
  auto board = node("board", false, "0");  // its GPU has no memory of its own
  board.status.hardware.gpu = v1alpha1::NodeGpu{"intel", "x", 1};
  const auto rows = CapableWorkers({node("host", true, "0"), offline, weak, cordoned, board,
                                    node("busy", false, "6400m"), node("gpu", true, "4"),
                                    node("calm", false, "800m"), node("also-calm", false, "800m")});
  std::string names;
  for (const NodeRow& row : rows) names += row.name + " ";
  EXPECT_EQ(names, "gpu board also-calm calm busy ");
  EXPECT_TRUE(rows[0].gpu);
  EXPECT_FALSE(rows[1].gpu);
  EXPECT_DOUBLE_EQ(rows[0].load, 0.5);
  EXPECT_EQ(rows[0].ram_mb, 16384);
  EXPECT_EQ(rows[0].cores, 8);
}

// ---- bodies ----

struct BodyCase {
  const char* name;
  const char* body;
  const char* content_type;
  const char* type;  // of the first error; "" = accepted
  json loc;
};

void PrintTo(const BodyCase& c, std::ostream* os) { *os << c.body; }

class CreateBodyTest : public ::testing::TestWithParam<BodyCase> {};

TEST_P(CreateBodyTest, IsCheckedAsFastApiDoes) {
  const BodyCase& c = GetParam();
  http::Request request;
  request.body = c.body;
  if (*c.content_type != '\0') request.headers = {{"Content-Type", c.content_type}};
  const auto parsed = ParseCreateRequest(request);
  const auto* errors = std::get_if<std::vector<ValidationError>>(&parsed);
  if (*c.type == '\0') {
    ASSERT_EQ(errors, nullptr) << errors->at(0).msg;
    return;
  }
  ASSERT_NE(errors, nullptr);
  EXPECT_EQ(errors->at(0).type, c.type);
  EXPECT_EQ(json(errors->at(0).loc), c.loc);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CreateBodyTest,
    ::testing::Values(
        BodyCase{"Plain", R"({"url":"https://a.org"})", "application/json", "", {}},
        BodyCase{"Charset", R"({"url":"x"})", "application/json; charset=utf-8", "", {}},
        BodyCase{"NoType", R"({"url":"x"})", "", "", {}},
        BodyCase{"EmptyUrl", R"({"url":""})", "", "", {}},
        BodyCase{"Nulls", R"({"url":"x","profile":null,"node":null})", "", "", {}},
        BodyCase{"Unknown", R"({"url":"x","device":"mobile"})", "", "", {}},
        BodyCase{"NoUrl", "{}", "", "missing", {"body", "url"}},
        BodyCase{"NullUrl", R"({"url":null})", "", "string_type", {"body", "url"}},
        BodyCase{"NumberUrl", R"({"url":1})", "", "string_type", {"body", "url"}},
        BodyCase{"NumberNode", R"({"url":"x","node":1})", "", "string_type", {"body", "node"}},
        BodyCase{
            "BadProfile", R"({"url":"x","profile":"A b"})", "", "value_error", {"body", "profile"}},
        BodyCase{"Empty", "", "", "missing", json::array({"body"})},
        BodyCase{"NotJson", "{", "", "json_invalid", json::array({"body"})},
        BodyCase{"List", "[]", "", "model_attributes_type", json::array({"body"})},
        BodyCase{"Form", R"({"url":"x"})", "text/plain", "model_attributes_type",
                 json::array({"body"})}),
    [](const auto& i) { return i.param.name; });

}  // namespace
}  // namespace nekoplane::taos
