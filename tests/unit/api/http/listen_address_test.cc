#include "api/http/listen_address.h"

#include <gtest/gtest.h>

#include <utility>

namespace nekoplane::http {
namespace {

struct Case {
  const char* name;
  const char* text;
  const char* want;  // nullptr = refused
  bool loopback = false;
};

class ListenAddressTest : public ::testing::TestWithParam<Case> {};

TEST_P(ListenAddressTest, IsReadAsPeopleWriteIt) {
  const auto parsed = ParseListenAddress(GetParam().text);
  if (GetParam().want == nullptr) {
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Code::kInvalid);
    EXPECT_NE(parsed.error().message.find(GetParam().text), std::string::npos);
    return;
  }
  ASSERT_TRUE(parsed) << parsed.error().ToString();
  EXPECT_EQ(parsed->unix_path.empty() ? FormatSocketAddress(parsed->address) : parsed->unix_path,
            GetParam().want);
  EXPECT_EQ(IsLoopback(parsed->address), GetParam().loopback);
}

INSTANTIATE_TEST_SUITE_P(
    All, ListenAddressTest,
    ::testing::Values(
        Case{"V4", "127.0.0.1:7443", "127.0.0.1:7443", true},
        Case{"V4Any", "0.0.0.0:0", "0.0.0.0:0"},
        Case{"V4Other", "192.168.1.5:80", "192.168.1.5:80"},
        Case{"V6", "[::1]:7443", "[::1]:7443", true}, Case{"V6Any", "[::]:7443", "[::]:7443"},
        Case{"MappedV4", "[::ffff:127.0.0.2]:1", "127.0.0.2:1", true},
        Case{"Localhost", "localhost:80", "127.0.0.1:80", true},
        Case{"Unix", "unix:/run/x.sock", "/run/x.sock", true},
        Case{"UnixUrl", "unix:///run/x.sock", "/run/x.sock", true}, Case{"Empty", "", nullptr},
        Case{"NoPort", "127.0.0.1", nullptr}, Case{"NoHost", ":80", nullptr},
        Case{"BadPort", "127.0.0.1:x", nullptr}, Case{"PortTooLarge", "127.0.0.1:65536", nullptr},
        Case{"PortNegative", "127.0.0.1:-1", nullptr}, Case{"NoBrackets", "::1:80", nullptr},
        Case{"Name", "example.org:80", nullptr}, Case{"UnixEmpty", "unix:", nullptr}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace nekoplane::http
