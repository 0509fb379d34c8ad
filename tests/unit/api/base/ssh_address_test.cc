#include "api/base/ssh_address.h"

#include <gtest/gtest.h>

namespace nekoplane {
namespace {

TEST(SshAddressTest, PartsAreTold) {
  const struct {
    const char* text;
    SshAddress address;
  } cases[] = {{"pi", {"", "pi", 0, ""}},
               {"pi/", {"", "pi", 0, ""}},
               {"me@pi.lan:2222", {"me", "pi.lan", 2222, ""}},
               {"10.0.0.7:1", {"", "10.0.0.7", 1, ""}},
               {"[fd00::7]", {"", "fd00::7", 0, ""}},
               {"[fe80::7%eth0]:22", {"", "fe80::7%eth0", 22, ""}},
               {"me@[fd00::7]:65535/run/user/1000/docker.sock",
                {"me", "fd00::7", 65535, "/run/user/1000/docker.sock"}}};

  for (const auto& c : cases) {
    const auto got = ParseSshAddress(c.text);
    ASSERT_TRUE(got) << c.text << ": " << got.error().message;
    EXPECT_EQ(*got, c.address) << c.text;
  }
}

TEST(SshAddressTest, NothingBecomesAnOptionOrMoreThanOneArgument) {
  for (const char* bad : {"",
                          "-oProxyCommand=x",
                          "-l@h",
                          "@h",
                          "me@",
                          "me@-h",
                          "me@@h",
                          "me:secret@h",
                          "h:",
                          "h:0",
                          "h:x",
                          "h:22x",
                          "h:65536",
                          "h:-1",
                          "h:1:2",
                          "h/a:b",
                          "h/a b",
                          "h;id",
                          "h$(id)",
                          "a,b",
                          "h -v",
                          "[fd00::7",
                          "[",
                          "[]",
                          "[pi]",
                          "[-::1]",
                          "[::1]x",
                          "[::1]:",
                          "[::1]:x",
                          "fd00::7",
                          "[fd00::7 x]",
                          "h\xc3\xa4",
                          "[a:b/c]"}) {
    EXPECT_TRUE(ParseSshAddress(bad).is(Code::kInvalid)) << bad;
  }
}

TEST(SshAddressTest, PathIsAsLongAsASocketsMayBe) {
  const std::string longest(kMaxSocketPath - 1, 'x');
  EXPECT_TRUE(ParseSshAddress("h/" + longest));
  EXPECT_TRUE(ParseSshAddress("h/" + longest + "x").is(Code::kInvalid));
}

}  // namespace
}  // namespace nekoplane
