#include "controller/neko/viewers.h"

#include <gtest/gtest.h>

namespace nekoplane::neko {
namespace {

class Neko final : public http::Client {
 public:
  Result<http::ClientResponse> Do(const Context&, const http::ClientRequest& request) override {
    asked = request;
    return answer;
  }

  Result<http::ClientResponse> Stream(const Context&, const http::ClientRequest&,
                                      const std::function<bool(std::string_view)>&) override {
    return MakeStatus(Code::kInvalid, "StreamsNotSupported", "");
  }

  http::ClientRequest asked;
  Result<http::ClientResponse> answer = http::ClientResponse{.status = 200, .body = "[]"};
};

TEST(ViewersTest, CountsWhoIsConnected) {
  Neko neko;
  neko.answer->body = R"([{"id":"a","state":{"is_connected":true,"is_watching":false}},
                          {"id":"b","state":{"is_connected":false}},
                          {"id":"c","state":{"is_connected":true}}, {"id":"d"}])";
  EXPECT_EQ(CountViewers(neko, {}, "http://192.0.2.1:8800/", "token").value(), 2);
  EXPECT_EQ(neko.asked.url, "http://192.0.2.1:8800/api/sessions");
  EXPECT_EQ(neko.asked.headers, (http::Headers{{"Authorization", "Bearer token"}}));
}

TEST(ViewersTest, WhatNekoDoesNotSayIsNotKnown) {
  Neko neko;
  for (const char* body : {"", "{}", "[1]", "<html>", "[{]"}) {
    neko.answer->body = body;
    EXPECT_TRUE(CountViewers(neko, {}, "http://h/", "t").is(Code::kUnavailable)) << body;
  }
  neko.answer->status = 401;
  EXPECT_TRUE(CountViewers(neko, {}, "http://h/", "t").is(Code::kUnavailable));
  neko.answer = MakeStatus(Code::kTimeout, "Timeout", "");
  EXPECT_TRUE(CountViewers(neko, {}, "http://h/", "t").is(Code::kTimeout));
}

}  // namespace
}  // namespace nekoplane::neko
