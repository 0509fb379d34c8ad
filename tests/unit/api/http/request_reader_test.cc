#include "api/http/request_reader.h"

#include <gtest/gtest.h>

#include "api/base/random.h"

namespace nekoplane::http {
namespace {

using State = RequestReader::State;

constexpr RequestReader::Limits kLimits{1024, 4096};

TEST(RequestReaderTest, LeavesThePipelinedRequestToTheCaller) {
  RequestReader reader(kLimits);
  const std::string first = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  EXPECT_EQ(reader.Feed(first + "GET /b"), first.size());
  ASSERT_EQ(reader.state(), State::kDone);
  EXPECT_TRUE(reader.keep_alive());
  EXPECT_EQ(reader.Take().body, "hi");
  reader.Reset();
  EXPECT_EQ(reader.state(), State::kHeader);
}

TEST(RequestReaderTest, TrailersAreNotHeaders) {
  RequestReader reader(kLimits);
  reader.Feed(
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;ext=1\r\nhi\r\n0\r\nAuthorization: Bearer x\r\n\r\n");
  ASSERT_EQ(reader.state(), State::kDone);
  const Request request = reader.Take();
  EXPECT_EQ(request.body, "hi");
  EXPECT_EQ(request.header("Authorization"), "");
}

TEST(RequestReaderTest, WaitsForALastChunkThatComesInPieces) {
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string body : {"0\r\n\r\n", "0;x\r\nA: b\r\n\r\n", "1\r\nz\r\n0\r\n\r\n"}) {
    RequestReader reader(kLimits);
    std::string unread = head;
    for (const char c : body) {
      unread.erase(0, reader.Feed(unread));
      ASSERT_EQ(reader.state(), State::kBody) << body;
      unread += c;
    }
    EXPECT_EQ(reader.Feed(unread), unread.size());
    EXPECT_EQ(reader.state(), State::kDone) << body;
  }
}

TEST(RequestReaderTest, TakesAbsoluteTargets) {
  RequestReader reader(kLimits);
  reader.Feed("GET http://h:1?x=y HTTP/1.1\r\nHost: h:1\r\n\r\n");
  ASSERT_EQ(reader.state(), State::kDone);
  const Request request = reader.Take();
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(*request.param("x"), "y");
}

TEST(RequestReaderTest, AcceptsEqualContentLengthsAsOne) {
  RequestReader reader(kLimits);
  reader.Feed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2, 2\r\n\r\nhi");
  EXPECT_EQ(reader.state(), State::kDone);
}

struct Limit {
  const char* name;
  std::size_t header, body;
  State want;
};

class RequestReaderLimitTest : public ::testing::TestWithParam<Limit> {};

TEST_P(RequestReaderLimitTest, HoldsHoweverTheBytesArrive) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1 << 20}}) {
    std::string bytes =
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(GetParam().body) +
        "\r\nX-Fill: ";
    bytes += std::string(GetParam().header - bytes.size() - 4, 'x') + "\r\n\r\n";
    bytes += std::string(GetParam().body, 'b');
    RequestReader reader(kLimits);
    std::string unread;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      unread += bytes.substr(at, step);
      unread.erase(0, reader.Feed(unread));
      if (reader.state() == State::kDone || reader.state() == State::kFailed) break;
    }
    EXPECT_EQ(reader.state(), GetParam().want) << "in steps of " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(All, RequestReaderLimitTest,
                         ::testing::Values(Limit{"JustFits", 1024, 4096, State::kDone},
                                           Limit{"BodyTooLarge", 1024, 4097, State::kFailed},
                                           Limit{"HeaderTooLarge", 1026, 10, State::kFailed}),
                         [](const auto& row) { return row.param.name; });

// However mutated, and however cut into pieces, the bytes lead to a request or to a refusal, the
// limits hold, and the way they were cut makes no difference to what is accepted.
TEST(RequestReaderTest, AnyBytesLeadToADefinedState) {
  SeededRandom random(42);
  const std::vector<std::string> seeds = {
      "GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n3\r\n"
      "abc\r\n0\r\nTrailer: x\r\n\r\n",
      "PUT / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n"};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seeds[random.Below(seeds.size())];
    for (std::uint64_t n = random.Below(5); n > 0; --n) {
      const std::size_t at = random.Below(bytes.size());
      const std::uint64_t kind = random.Below(4);
      if (kind == 0) bytes[at] = static_cast<char>(random.Next64());
      if (kind == 1) bytes.insert(at, 1, "\r\n :;,%\0\xff-0"[random.Below(11)]);
      if (kind == 2) bytes.erase(at, random.Below(6));
      if (kind == 3) bytes.insert(at, bytes.substr(random.Below(bytes.size()), random.Below(40)));
      if (bytes.empty()) bytes = "G";
    }
    RequestReader whole(kLimits), pieces(kLimits);
    whole.Feed(bytes);
    std::string unread;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t step = 1 + random.Below(20);
      unread += bytes.substr(at, step);
      at += step;
      unread.erase(0, pieces.Feed(unread));
      if (pieces.state() == State::kDone || pieces.state() == State::kFailed) break;
    }
    ASSERT_EQ(whole.state() == State::kDone, pieces.state() == State::kDone) << bytes;
    // In pieces a fault may go unnoticed until the header is complete, but none is invented.
    if (pieces.state() == State::kFailed) {
      ASSERT_EQ(whole.state(), State::kFailed) << bytes;
    }
    if (whole.state() != State::kDone) continue;
    const Request a = whole.Take(), b = pieces.Take();
    ASSERT_EQ(a.path, b.path);
    ASSERT_EQ(a.body, b.body);
    ASSERT_EQ(a.headers, b.headers);
    ASSERT_LE(a.body.size(), kLimits.body_bytes);
    ASSERT_TRUE(a.path.starts_with('/'));
  }
}

}  // namespace
}  // namespace nekoplane::http
