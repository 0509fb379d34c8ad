// Whatever is sent to the socket gets a defined answer or a closed connection, and the server goes
// on.
#include <future>
#include <thread>

#include "api/base/random.h"
#include "tests/unit/api/http/server_fixture.h"

namespace nekoplane::http {
namespace {

using std::chrono::milliseconds;
using namespace std::string_literals;  // some requests contain NUL

constexpr int kJustCloses = 0;  // no answer, the connection ends

struct Case {
  const char* name;
  std::string bytes;
  int status;  // of the first answer; the connection is closed behind it
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

std::string Post(const std::string& fields, const std::string& body) {
  return "POST /a HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body;
}

std::string Chunked(const std::string& body) {
  return Post("Transfer-Encoding: chunked\r\n", body);
}

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

std::string WithField(const std::string& field) {
  return "GET /a HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n";
}

std::string ManyFields(int n) {
  std::string fields;
  for (int i = 0; i < n; ++i) fields += "X-" + std::to_string(i) + ": y\r\n";
  return fields;
}

class RefusedTest : public ServerTest, public ::testing::WithParamInterface<Case> {};

TEST_P(RefusedTest, AndTheServerGoesOn) {
  StartServer(Echo, QuickOptions());
  {
    RawClient client(address_);
    client.Send(GetParam().bytes);
    const auto all = client.ReceiveAll();
    ASSERT_TRUE(all) << "the connection was not closed";
    if (GetParam().status == kJustCloses) {
      EXPECT_EQ(*all, "");
    } else {
      EXPECT_EQ(all->substr(0, 13), "HTTP/1.1 " + std::to_string(GetParam().status) + " ") << *all;
      EXPECT_EQ(all->find("HTTP/1.1", 9), std::string::npos) << "two answers: " << *all;
      EXPECT_NE(all->find("Connection: close\r\n"), std::string::npos);
    }
  }
  ExpectServes();
}

TEST_P(RefusedTest, AlsoWhenItArrivesByteByByte) {
  if (GetParam().bytes.size() > 2000) GTEST_SKIP() << "covered by the whole request";
  StartServer(Echo, QuickOptions());
  {
    RawClient client(address_);
    for (const char c : GetParam().bytes) {
      if (!client.Send({&c, 1})) break;
    }
    const auto all = client.ReceiveAll();
    ASSERT_TRUE(all) << "the connection was not closed";
    if (GetParam().status == kJustCloses) {
      EXPECT_EQ(*all, "");
    } else {
      // The parser looks at an incomplete header once; what it missed then it finds at the
      // deadline.
      const std::string status = all->substr(9, 3);
      EXPECT_TRUE(status == std::to_string(GetParam().status) || status == "408") << *all;
    }
  }
  ExpectServes();
}

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedTest,
    ::testing::Values(
        Case{"Garbage", "\x01\x02\x03\xff\xfe garbage\r\n\r\n", 400},
        Case{"NulBytes", std::string(64, '\0'), 400},
        Case{"TlsHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, 400},
        Case{"EmptyLine", "\r\n\r\n", 400}, Case{"NoVersion", "GET /\r\n\r\n", 400},
        Case{"Http09", "GET /a HTTP/0.9\r\nHost: x\r\n\r\n", 400},
        Case{"Http2", "GET /a HTTP/2.0\r\nHost: x\r\n\r\n", 400},
        Case{"Http99", "GET /a HTTP/9.9\r\nHost: x\r\n\r\n", 400},
        Case{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        Case{"NoSpaces", "GET/aHTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"TwoSpaces", "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"SpaceInTarget", Get("/a b"), 400},
        Case{"BareLf", "GET /a HTTP/1.1\nHost: x\n\n", 400},
        Case{"LowerCaseMethod", "get /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        Case{"LongMethod", std::string(200, 'A') + " /a HTTP/1.1\r\nHost: x\r\n\r\n", 501},
        Case{"Trace", "TRACE /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer s\r\n\r\n", 405},
        Case{"Connect", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405},
        Case{"LongTarget", Get("/" + std::string(20'000, 'a')), 431},
        Case{"EndlessTarget", "GET /" + std::string(100'000, 'a'), 431},
        Case{"Asterisk", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Case{"RelativeTarget", Get("a/b"), 400}, Case{"OtherScheme", Get("ftp://x/a"), 400},
        Case{"Fragment", Get("/a#b"), 400}, Case{"BadEscape", Get("/%zz"), 400},
        Case{"CutEscape", Get("/a%2"), 400}, Case{"LonePercent", Get("/%"), 400},
        Case{"EscapedNul", Get("/a%00b"), 400}, Case{"EscapedNewline", Get("/a%0ab"), 400},
        Case{"EscapedNulInQuery", Get("/a?b=%00"), 400},
        Case{"BadEscapeInQuery", Get("/a?b=%g1"), 400}, Case{"NotUtf8", Get("/%ff%fe"), 400},
        Case{"OverlongUtf8", Get("/%c0%af"), 400},
        Case{"SurrogateInQuery", Get("/a?x=%ed%a0%80"), 400},
        Case{"RawHighBytes", Get("/\xc3\xa9"), 400}, Case{"DotDot", Get("/a/../b"), 400},
        Case{"EscapedDotDot", Get("/a/%2e%2E/b"), 400}, Case{"EndsInDotDot", Get("/a/.."), 400},
        Case{"EscapedSlashDotDot", Get("/a%2f..%2fb"), 400}, Case{"Dot", Get("/./a"), 400}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Headers, RefusedTest,
    ::testing::Values(Case{"NoHost", "GET /a HTTP/1.1\r\n\r\n", 400},
                      Case{"TwoHosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
                      Case{"HostWithPath", "GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
                      Case{"HostWithSpace", "GET /a HTTP/1.1\r\nHost: x y\r\n\r\n", 400},
                      Case{"HostWithUser", "GET /a HTTP/1.1\r\nHost: u@x\r\n\r\n", 400},
                      Case{"NoColon", WithField("X-A"), 400},
                      Case{"SpaceBeforeColon", WithField("X-A : v"), 400},
                      Case{"EmptyName", WithField(": v"), 400},
                      Case{"NulInValue", WithField("X-A: a\0b"s), 400},
                      Case{"NulInName", WithField("X\0A: b"s), 400},
                      Case{"ControlInValue",
                           WithField("X-A: a\x01"
                                     "b"),
                           400},
                      Case{"BareCrInValue", WithField("X-A: a\rb"), 400},
                      Case{"ValueNotUtf8", WithField("User-Agent: \xff\xfe"), 400},
                      Case{"GiantValue", WithField("X-A: " + std::string(20'000, 'a')), 431},
                      Case{"EndlessValue",
                           "GET /a HTTP/1.1\r\nHost: x\r\nX-A: " + std::string(100'000, 'a'), 431},
                      Case{"ManyFields", WithField(ManyFields(5'000)), 431},
                      Case{"EndlessFields", "GET /a HTTP/1.1\r\n" + ManyFields(20'000), 431},
                      Case{"UnknownExpectation", WithField("Expect: a-pony"), 417},
                      Case{"BadConnection", WithField("Connection: \"x"), 400}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Bodies, RefusedTest,
    ::testing::Values(
        Case{"NegativeChunk", Chunked("-2\r\n"), 400},
        Case{"ChunkOf2Gb", Chunked("7fffffff\r\n"), 413},
        Case{"ChunkOf4Gb", Chunked("ffffffff\r\n"), 413},
        Case{"ChunkOf1Tb", Chunked("ffffffffff\r\n"), 413},
        Case{"ChunkOf2To63", Chunked("7fffffffffffffff\r\n"), 413},
        Case{"ChunkOf2To64Less1", Chunked("ffffffffffffffff\r\n"), 413},
        Case{"ChunkBeyond64Bits", Chunked("ffffffffffffffffff\r\n"), 400},
        Case{"ChunkNotHex", Chunked("xyz\r\n"), 400},
        Case{"ChunkEmptySize", Chunked("\r\n\r\n"), 400},
        Case{"ChunkWith0x", Chunked("0x5\r\nhello\r\n\r\n"), 400},
        Case{"ChunkWithoutEnd", Chunked("3\r\nabcdef\r\n0\r\n\r\n"), 400},
        Case{"ChunkBareLf", Chunked("3\nabc\n0\n\n"), 408},
        Case{"EndlessChunkSize", Chunked(std::string(100'000, '0')), 400},
        Case{"EndlessChunkExtension", Chunked("1;" + std::string(100'000, 'a')), 400},
        Case{"EndlessTrailers", Chunked("0\r\n" + ManyFields(20'000)), 400},
        Case{"TrailerWithLength", Chunked("0\r\nContent-Length: 5\r\n\r\n"), 400},
        Case{"ManyChunksTooMuch",
             [] {
               std::string body;
               for (int i = 0; i < 60; ++i)
                 body += "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
               return Chunked(body + "0\r\n\r\n");
             }(),
             413},
        Case{"LengthTooLarge", Post("Content-Length: 3145729\r\n", ""), 413},
        Case{"LengthHuge", Post("Content-Length: 18446744073709551615\r\n", ""), 413},
        Case{"LengthBeyond64Bits", Post("Content-Length: 99999999999999999999\r\n", ""), 400},
        Case{"LengthNegative", Post("Content-Length: -1\r\n", ""), 400},
        Case{"LengthPlus", Post("Content-Length: +1\r\n", "a"), 400},
        Case{"LengthText", Post("Content-Length: abc\r\n", ""), 400},
        Case{"LengthHex", Post("Content-Length: 0x3\r\n", "abc"), 400},
        Case{"LengthEmpty", Post("Content-Length:\r\n", ""), 400},
        Case{"TwoLengths", Post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400},
        Case{"TwoLengthsInOne", Post("Content-Length: 3, 4\r\n", "abcd"), 400},
        Case{"LengthAndChunked",
             Post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Case{"ChunkedAndLength",
             Post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400},
        Case{"ChunkedTwice",
             Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
             400},
        Case{"ChunkedChunked", Post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
        Case{"Gzip", Post("Transfer-Encoding: gzip\r\n", Get("/smuggled")), 501},
        Case{"GzipChunked", Post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
        Case{"ChunkedGzip", Post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501},
        Case{"XChunked", Post("Transfer-Encoding: xchunked\r\n", Get("/smuggled")), 501},
        Case{"EmptyCoding", Post("Transfer-Encoding:\r\n", Get("/smuggled")), 501},
        Case{"Http10Chunked", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             400}),
    [](const auto& row) { return row.param.name; });

// A peer that goes silent: (bytes, answer when its deadline passes).
class SilentTest : public ServerTest, public ::testing::WithParamInterface<Case> {};

TEST_P(SilentTest, IsClosedAtItsDeadline) {
  StartServer(Echo, QuickOptions());
  RawClient client(address_);
  client.Send(GetParam().bytes);
  const auto all = client.ReceiveAll();
  ASSERT_TRUE(all) << "the connection was not closed";
  if (GetParam().status == kJustCloses) {
    EXPECT_EQ(*all, "");
  } else {
    EXPECT_NE(all->find("HTTP/1.1 " + std::to_string(GetParam().status)), std::string::npos)
        << *all;
  }
  ExpectServes();
}

INSTANTIATE_TEST_SUITE_P(
    Deadlines, SilentTest,
    ::testing::Values(Case{"AfterConnecting", "", kJustCloses}, Case{"InRequestLine", "GE", 408},
                      Case{"InHeader", "GET /a HTTP/1.1\r\nHost: x\r\nX-", 408},
                      Case{"InBody", Post("Content-Length: 5\r\n", "ab"), 408},
                      Case{"InChunk", Chunked("5\r\nab"), 408},
                      Case{"InChunkSize", Chunked("5"), 408},
                      Case{"AfterContinue",
                           Post("Expect: 100-continue\r\nContent-Length: 5\r\n", ""), 408},
                      Case{"BetweenRequests", Get("/a"), 200}),
    [](const auto& row) { return row.param.name; });

TEST_F(ServerTest, SlowLorisIsClosedThoughItKeepsSending) {
  StartServer(Echo, QuickOptions());
  std::vector<std::unique_ptr<RawClient>> loris;
  for (int i = 0; i < 20; ++i) {
    loris.push_back(std::make_unique<RawClient>(address_));
    loris.back()->Send("GET /a HTTP/1.1\r\nHost: x\r\n");
  }
  const auto begin = std::chrono::steady_clock::now();
  std::size_t alive = loris.size();
  while (alive > 0 && std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)) {
    alive = 0;
    for (auto& client : loris) alive += client->Send("X-A: b\r\n") ? 1 : 0;
    ExpectServes();
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(alive, 0u);
}

TEST_F(ServerTest, AClientThatDoesNotReadIsClosed) {
  const std::string body(30'000'000, 'x');
  std::promise<std::size_t> given_up;
  ServerOptions options = QuickOptions();
  options.on_request = [&](const Request& request, int, Duration, std::size_t bytes) {
    if (request.path == "/a") given_up.set_value(bytes);
  };
  StartServer(
      [&](const auto& request, const auto& responder) {
        if (request->path == "/still") return Echo(request, responder);
        responder->Send({200, {}, body});
      },
      options);
  RawClient client(address_);
  client.Send(Get("/a"));
  auto sent = given_up.get_future();
  ASSERT_EQ(sent.wait_for(std::chrono::seconds(5)), std::future_status::ready);
  EXPECT_LT(sent.get(), body.size());
  ExpectServes();
}

TEST_F(ServerTest, ClientsThatLeaveAtAnyPointDoNoHarm) {
  StartServer(Echo);
  const std::string request =
      Post("Content-Length: 3\r\n", "abc") + Chunked("3\r\nabc\r\n0\r\n\r\n");
  for (std::size_t i = 0; i <= request.size(); ++i) {
    RawClient polite(address_), rude(address_);
    polite.Send(request.substr(0, i));
    rude.Send(request.substr(0, i));
    rude.Reset();
  }
  ExpectServes();
}

// Every prefix, byte flip, insertion and repetition that a seed makes of valid requests.
TEST_F(ServerTest, SurvivesMutatedRequests) {
  StartServer(Echo);
  SeededRandom random(4711);
  const std::vector<std::string> seeds = {
      Get("/a%20b?c=d&e=%41"), Post("Content-Length: 5\r\n", "hello"),
      Chunked("5;x=\"y\"\r\nhello\r\n0\r\nTrailer: x\r\n\r\n"),
      WithField("Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\nX-Fold: a\r\n b"),
      Post("Expect: 100-continue\r\nContent-Length: 3\r\n", "abc")};
  for (int i = 0; i < 1500; ++i) {
    std::string bytes = seeds[random.Below(seeds.size())] + seeds[random.Below(seeds.size())];
    for (std::uint64_t n = 1 + random.Below(4); n > 0; --n) {
      const std::size_t at = random.Below(bytes.size());
      switch (random.Below(4)) {
        case 0:
          bytes[at] = static_cast<char>(random.Next64());
          break;
        case 1:
          bytes.insert(at, 1, "\r\n :;,%\0\xff-0"[random.Below(11)]);
          break;
        case 2:
          bytes.erase(at, 1 + random.Below(8));
          break;
        default:
          bytes.insert(at, bytes.substr(random.Below(bytes.size()), random.Below(64)));
      }
      if (bytes.empty()) bytes = "x";
    }
    RawClient client(address_);
    const std::size_t cut = random.Below(bytes.size() + 1);
    client.Send(bytes.substr(0, cut));
    client.Send(bytes.substr(cut));
    if (random.Below(2) == 0) client.Receive(milliseconds(1));
  }
  ExpectServes();
}

}  // namespace
}  // namespace nekoplane::http
