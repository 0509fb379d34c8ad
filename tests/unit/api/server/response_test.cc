#include "api/server/response.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "api/registry/messages.h"
#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

const Subject kSubject{"nekoplane.dev", "browsersessions", "BrowserSession", "x", ""};

json BodyOf(const Status& status) { return json::parse(StatusBody(status, kSubject)); }

struct CodeCase {
  const char* name;
  Status status;
  int http;
  const char* reason;
};

class CodeTable : public ::testing::TestWithParam<CodeCase> {};

TEST_P(CodeTable, BecomesHttpNumberAndReason) {
  const CodeCase& c = GetParam();
  EXPECT_EQ(HttpCode(c.status), c.http);
  const json body = BodyOf(c.status);
  EXPECT_EQ(body["kind"], "Status");
  EXPECT_EQ(body["apiVersion"], "v1");
  EXPECT_EQ(body["metadata"], json::object());
  EXPECT_EQ(body["status"], "Failure");
  EXPECT_EQ(body["code"], c.http);
  EXPECT_EQ(body["reason"], c.reason);
  EXPECT_EQ(body["message"], c.status.message);
}

Status S(Code code, const char* reason) { return MakeStatus(code, reason, "because"); }

INSTANTIATE_TEST_SUITE_P(
    Response, CodeTable,
    ::testing::Values(
        CodeCase{"BadRequest", S(Code::kInvalid, kBadRequest), 400, "BadRequest"},
        CodeCase{"FieldValidation", S(Code::kInvalid, "FieldValidation"), 400, "BadRequest"},
        CodeCase{"Unauthorized", S(Code::kUnauthenticated, ""), 401, "Unauthorized"},
        CodeCase{"Forbidden", S(Code::kForbidden, ""), 403, "Forbidden"},
        CodeCase{"NotFound", S(Code::kNotFound, "NotFound"), 404, "NotFound"},
        CodeCase{"MethodNotAllowed", S(Code::kInvalid, kMethodNotAllowed), 405, "MethodNotAllowed"},
        CodeCase{"NotAcceptable", S(Code::kInvalid, kNotAcceptable), 406, "NotAcceptable"},
        CodeCase{"AlreadyExists", S(Code::kAlreadyExists, ""), 409, "AlreadyExists"},
        CodeCase{"Conflict", S(Code::kConflict, "ResourceVersion"), 409, "Conflict"},
        CodeCase{"Expired", S(Code::kExpired, ""), 410, "Expired"},
        CodeCase{"TooLarge", S(Code::kInvalid, kTooLarge), 413, "RequestEntityTooLarge"},
        CodeCase{"Media", S(Code::kInvalid, kUnsupportedMediaType), 415, "UnsupportedMediaType"},
        CodeCase{"Invalid", S(Code::kInvalid, kInvalidObject), 422, "Invalid"},
        CodeCase{"PatchFailed", S(Code::kInvalid, kPatchFailed), 422, "Invalid"},
        CodeCase{"TooMany", S(Code::kTooManyRequests, ""), 429, "TooManyRequests"},
        CodeCase{"Internal", S(Code::kInternal, ""), 500, "InternalError"},
        CodeCase{"Unavailable", S(Code::kUnavailable, ""), 503, "ServiceUnavailable"},
        CodeCase{"Timeout", S(Code::kTimeout, ""), 504, "Timeout"}),
    [](const auto& row) { return row.param.name; });

TEST(ResponseTest, NotFoundNamesTheObjectAsKubernetesDoes) {
  const json body = BodyOf(registry::NotFound("browsersessions.nekoplane.dev", "x"));
  EXPECT_EQ(body["message"], "browsersessions.nekoplane.dev \"x\" not found");
  EXPECT_EQ(body["details"],
            (json{{"name", "x"}, {"group", "nekoplane.dev"}, {"kind", "browsersessions"}}));
}

TEST(ResponseTest, MissingNamespaceIsNamedInsteadOfTheObject) {
  EXPECT_EQ(BodyOf(registry::NotFound("namespaces", "q"))["details"],
            (json{{"name", "q"}, {"kind", "namespaces"}}));
}

TEST(ResponseTest, UnknownPathHasEmptyDetails) {
  const json body = BodyOf(UnknownPathError());
  EXPECT_EQ(body["message"], "the server could not find the requested resource");
  EXPECT_EQ(body["details"], json::object());
}

TEST(ResponseTest, InvalidListsItsCauses) {
  codec::Kind kind;
  kind.group = "nekoplane.dev";
  kind.kind = "BrowserSession";
  const json body =
      BodyOf(registry::Invalid(kind, "q",
                               {{"FieldValueInvalid", "Invalid value: 700: no", "spec.a"},
                                {"FieldValueRequired", "Required value", "spec.b"}}));
  EXPECT_EQ(body["message"],
            "BrowserSession.nekoplane.dev \"q\" is invalid: [spec.a: Invalid value: 700: no, "
            "spec.b: Required value]");
  EXPECT_EQ(body["details"]["kind"], "BrowserSession");
  EXPECT_EQ(body["details"]["name"], "q");
  EXPECT_EQ(body["details"]["group"], "nekoplane.dev");
  EXPECT_EQ(
      body["details"]["causes"][1],
      (json{{"reason", "FieldValueRequired"}, {"message", "Required value"}, {"field", "spec.b"}}));
}

TEST(ResponseTest, WordsInvalidOptionsItself) {
  const json body = BodyOf(UnsupportedValueError("dryRun", "x", {"All"}));
  EXPECT_EQ(body["message"],
            "BrowserSession.nekoplane.dev \"x\" is invalid: dryRun: Unsupported value: \"x\": "
            "supported values: \"All\"");
  EXPECT_EQ(body["code"], 422);
}

TEST(ResponseTest, AFailedPatchNamesNothingSoThatKubectlPrintsItsMessage) {
  EXPECT_EQ(BodyOf(MakeStatus(Code::kInvalid, kPatchFailed, "test failed"))["details"],
            json::object());
}

TEST(ResponseTest, ConflictNamesTheObject) {
  const json body = BodyOf(registry::ObjectModified("browsersessions.nekoplane.dev", "x"));
  EXPECT_EQ(body["details"]["name"], "x");
  EXPECT_EQ(body["details"]["kind"], "browsersessions");
}

TEST(ResponseTest, RetryAfterIsHeaderAndDetail) {
  Status status = MakeStatus(Code::kTooManyRequests, "Busy", "slow down");
  status.retry_after = std::chrono::milliseconds(1200);
  const http::Response response = ErrorResponse(status, kSubject, Encoding::kJson);
  EXPECT_EQ(http::FindHeader(response.headers, "Retry-After"), "2");
  EXPECT_EQ(json::parse(response.body)["details"]["retryAfterSeconds"], 2);
}

TEST(ResponseTest, BytesThatAreNoTextStillMakeAStatus) {
  EXPECT_FALSE(BodyOf(BadRequest("broken \xff\xfe text")).is_null());
}

TEST(ResponseTest, WarningsAreQuotedOnceEachAndBounded) {
  http::Headers headers;
  AddWarnings({"unknown field \"spec.x\"", "unknown field \"spec.x\"", "line\nbreak"}, headers);
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers[0].second, "299 - \"unknown field \\\"spec.x\\\"\"");
  EXPECT_EQ(headers[1].second, "299 - \"linebreak\"");
  headers.clear();
  AddWarnings(std::vector<std::string>(1, std::string(5000, 'a')), headers);
  ASSERT_EQ(headers.size(), 1u);
  EXPECT_LT(headers[0].second.size(), 300u);
}

TEST(ResponseTest, YamlAndIndentedJsonAreOtherWritingsOfTheSame) {
  const http::Response yaml = JsonResponse(200, "{\"kind\":\"A\",\"num\":1}", Encoding::kYaml);
  EXPECT_EQ(yaml.body, "kind: A\nnum: 1\n");
  EXPECT_EQ(http::FindHeader(yaml.headers, "content-type"), "application/yaml");
  EXPECT_EQ(JsonResponse(200, "{\"kind\":\"A\"}", Encoding::kPrettyJson).body,
            "{\n  \"kind\": \"A\"\n}\n");
}

}  // namespace
}  // namespace nekoplane::server
