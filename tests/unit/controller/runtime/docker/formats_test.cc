// The small formats: tar archives, log frames, pull progress, image references, endpoints,
// versions.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "controller/runtime/docker/archive.h"
#include "controller/runtime/docker/endpoint.h"
#include "controller/runtime/docker/engine_api.h"
#include "controller/runtime/docker/log_frames.h"
#include "controller/runtime/docker/pull.h"

namespace nekoplane::runtime::docker {
namespace {

constexpr WallTime kTime{std::chrono::seconds(1767323045)};

// What the system's tar says about an archive.
std::string TarList(const std::string& archive) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("nekoplane-archive-" + std::to_string(::getpid()) + ".tar");
  std::ofstream(path, std::ios::binary) << archive;
  const std::string command =
      "TZ=UTC tar --numeric-owner --full-time -tvf " + path.string() + " 2>&1";
  std::string out;
  FILE* const pipe = popen(command.c_str(), "r");
  char buffer[512];
  while (pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
  const int status = pipe != nullptr ? pclose(pipe) : -1;
  std::filesystem::remove(path);
  return status == 0 ? out : "tar failed: " + out;
}

TEST(ArchiveTest, IsReadByTarWithOwnersAndModes) {
  const auto archive = MakeArchive({{"/etc/neko/a.conf", "hello", 0644},
                                    {"/home/neko/.config/x/b", std::string(513, 'b'), 0600},
                                    {"/home/neko/.config/c", "", 0755}},
                                   kTime);
  ASSERT_TRUE(archive);
  EXPECT_EQ(archive->size() % 512, 0u);
  EXPECT_EQ(TarList(*archive),
            "-rw-r--r-- 0/0               5 2026-01-02 03:04:05 etc/neko/a.conf\n"
            "drwxr-xr-x 1000/1000         0 2026-01-02 03:04:05 home/neko/.config/\n"
            "drwxr-xr-x 1000/1000         0 2026-01-02 03:04:05 home/neko/.config/x/\n"
            "-rw------- 1000/1000       513 2026-01-02 03:04:05 home/neko/.config/x/b\n"
            "-rwxr-xr-x 1000/1000         0 2026-01-02 03:04:05 home/neko/.config/c\n");
}

TEST(ArchiveTest, LongPathsAreSplitAndTooLongOnesRefused) {
  const std::string longish = "/opt/" + std::string(90, 'a') + "/" + std::string(90, 'b');
  const auto archive = MakeArchive({{longish, "x", 0644}}, kTime);
  ASSERT_TRUE(archive);
  EXPECT_NE(TarList(*archive).find(longish.substr(1)), std::string::npos);
  EXPECT_TRUE(MakeArchive({{"/" + std::string(101, 'a'), "x", 0644}}, kTime).is(Code::kInvalid));
}

TEST(ArchiveTest, UncleanPathsAreRefused) {
  for (const char* path : {"", "/", "etc/x", "/etc/", "/etc/../x", "/.."}) {
    EXPECT_TRUE(MakeArchive({{path, "", 0644}}, kTime).is(Code::kInvalid)) << path;
  }
}

std::string Frame(char stream, const std::string& text) {
  std::string out = {stream,
                     0,
                     0,
                     0,
                     0,
                     0,
                     static_cast<char>(text.size() >> 8),
                     static_cast<char>(text.size() & 255)};
  return out + text;
}

TEST(LogFramesTest, AreJoined) {
  EXPECT_EQ(JoinLogFrames(Frame(1, "a\n") + Frame(2, std::string(300, 'b')) + Frame(1, "")),
            "a\n" + std::string(300, 'b'));
  EXPECT_EQ(JoinLogFrames(""), "");
}

TEST(LogFramesTest, UnframedAndCutTextsAreKept) {
  EXPECT_EQ(JoinLogFrames("plain text of a terminal"), "plain text of a terminal");
  EXPECT_EQ(JoinLogFrames(Frame(1, "abc").substr(0, 10)), "ab");
  EXPECT_EQ(JoinLogFrames(Frame(1, "abc") + "\x01"), "abc");
}

TEST(PullReaderTest, AddsUpLayersAcrossPieces) {
  PullReader reader;
  const std::string lines =
      R"({"status":"Pulling from m1k1o/neko","id":"chromium"})"
      "\n"
      R"({"status":"Pulling fs layer","progressDetail":{},"id":"aa"})"
      "\n"
      R"({"status":"Downloading","progressDetail":{"current":1000000,"total":4000000},"id":"aa"})"
      "\n"
      R"({"status":"Already exists","progressDetail":{},"id":"bb"})"
      "\n";
  for (const char c : lines) reader.Feed(std::string_view(&c, 1));
  EXPECT_EQ(reader.progress().text, "1 of 2 layers, 1 of 4 MB");
  EXPECT_EQ(reader.progress().total_bytes, 4000000);
  EXPECT_TRUE(reader.Feed(R"({"status":"Pull complete","id":"aa"})"
                          "\n"));
  EXPECT_EQ(reader.progress().text, "2 of 2 layers, 4 of 4 MB");
  EXPECT_FALSE(reader.error());
}

TEST(PullReaderTest, FindsTheErrorAndSkipsRubbish) {
  PullReader reader;
  EXPECT_FALSE(reader.Feed("rubbish\n[1]\n{\"id\":7}\n"));
  EXPECT_FALSE(reader.Feed(R"({"id":"a","status":"Downloading","progressDetail":"x"})"
                           "\n"));
  reader.Feed(R"({"errorDetail":{"message":"m"},"error":"manifest unknown"})"
              "\n");
  EXPECT_EQ(reader.error(), "manifest unknown");
}

TEST(ImageReferenceTest, IsSplit) {
  const struct {
    const char *image, *repository, *tag;
  } cases[] = {{"ghcr.io/m1k1o/neko/chromium:3.1", "ghcr.io/m1k1o/neko/chromium", "3.1"},
               {"neko", "neko", "latest"},
               {"localhost:5000/neko", "localhost:5000/neko", "latest"},
               {"localhost:5000/neko:x", "localhost:5000/neko", "x"},
               {"a/b@sha256:00ff", "a/b", "sha256:00ff"}};

  for (const auto& c : cases) {
    const auto got = ParseImageReference(c.image);
    ASSERT_TRUE(got) << c.image;
    EXPECT_EQ(got->repository, c.repository);
    EXPECT_EQ(got->tag, c.tag);
  }
  for (const char* bad : {"", ":x", "a:", "a b", "a\nb", "@sha256:1"}) {
    EXPECT_TRUE(ParseImageReference(bad).is(Code::kInvalid)) << bad;
  }
}

TEST(EndpointTest, IsUnderstood) {
  const struct {
    const char* docker_host;
    bool tls;
    const char *socket, *url, *host;
  } cases[] = {
      {"unix:///var/run/docker.sock", false, "/var/run/docker.sock", "http://engine", "127.0.0.1"},
      {"/run/podman/podman.sock", false, "/run/podman/podman.sock", "http://engine", "127.0.0.1"},
      {"tcp://w1:2375", false, "", "http://w1:2375", "w1"},
      {"tcp://w1:2376/", true, "", "https://w1:2376", "w1"},
      {"https://[::1]:2376", false, "", "https://[::1]:2376", "[::1]"}};

  for (const auto& c : cases) {
    const auto got = ParseEndpoint(c.docker_host, c.tls);
    ASSERT_TRUE(got) << c.docker_host;
    EXPECT_EQ(got->unix_socket, c.socket);
    EXPECT_EQ(got->base_url, c.url);
    EXPECT_EQ(got->host, c.host);
  }
  for (const char* bad : {"", "docker", "unix://relative", "tcp://", "tcp://h", "tcp://h:x",
                          "tcp://h:1/path", "tcp://u@h:1"}) {
    EXPECT_TRUE(ParseEndpoint(bad, false).is(Code::kInvalid)) << bad;
  }
  EXPECT_TRUE(ParseEndpoint("unix:///" + std::string(200, 'x'), false).is(Code::kInvalid));
  // Certificates that would not be used are a mistake that somebody should hear of.
  for (const char* bare : {"unix:///s", "http://h:1", "ssh://h"}) {
    EXPECT_TRUE(ParseEndpoint(bare, true).is(Code::kInvalid)) << bare;
  }
}

TEST(EndpointTest, SshIsUnderstood) {
  const struct {
    const char* text;
    SshTarget target;
  } cases[] = {{"ssh://pi", {"", "pi", 0, "/var/run/docker.sock"}},
               {"ssh://me@pi.lan:2222", {"me", "pi.lan", 2222, "/var/run/docker.sock"}},
               {"ssh://me@pi/", {"me", "pi", 0, "/var/run/docker.sock"}},
               {"ssh://me@[fd00::7]:22/run/user/1000/docker.sock",
                {"me", "fd00::7", 22, "/run/user/1000/docker.sock"}},
               {"ssh://[fd00::7]", {"", "fd00::7", 0, "/var/run/docker.sock"}}};

  for (const auto& c : cases) {
    const auto got = ParseEndpoint(c.text, false);
    ASSERT_TRUE(got) << c.text << ": " << got.error().message;
    EXPECT_EQ(got->ssh, c.target) << c.text;
    EXPECT_EQ(got->base_url, "http://engine");
    EXPECT_EQ(got->host, "");
  }
  // What ssh could take for an option, or for more than one argument.
  for (const char* bad :
       {"ssh://", "ssh://-oProxyCommand=x", "ssh://-l@h", "ssh://me@-h", "ssh://h:0", "ssh://h:x",
        "ssh://h:65536", "ssh://me@@h", "ssh://h/a:b", "ssh://h/a b", "ssh://h;id", "ssh://h$(id)",
        "ssh://me:secret@h", "ssh://[fd00::7", "ssh://[pi]", "ssh://a,b"}) {
    EXPECT_TRUE(ParseEndpoint(bad, false).is(Code::kInvalid)) << bad;
  }
}

TEST(EndpointTest, TellsWhatIsOpenToTheNetwork) {
  const struct {
    const char* text;
    bool tls, open;
  } cases[] = {{"tcp://10.0.0.7:2375", false, true},
               {"http://pi:2375", false, true},
               {"https://pi:2376", false, true},
               {"tcp://10.0.0.7:2376", true, false},
               {"tcp://127.0.0.1:2375", false, false},
               {"tcp://localhost:2375", false, false},
               {"tcp://[::1]:2375", false, false},
               {"unix:///s", false, false},
               {"ssh://pi", false, false}};

  for (const auto& c : cases) {
    EXPECT_EQ(ParseEndpoint(c.text, c.tls)->OpenToTheNetwork(c.tls), c.open) << c.text;
  }
}

TEST(ApiVersionTest, IsTheSmallerOfBoth) {
  EXPECT_EQ(*NegotiateApiVersion("1.41"), "1.41");
  EXPECT_EQ(*NegotiateApiVersion("1.52"), "1.47");
  EXPECT_EQ(*NegotiateApiVersion("2.0"), "1.47");
  EXPECT_EQ(*NegotiateApiVersion("1.00041"), "1.41");
  EXPECT_EQ(*NegotiateApiVersion(""), "1.24");
  EXPECT_EQ(NegotiateApiVersion("1.23").error().reason, "EngineTooOld");
  for (const char* bad : {"x", "1", "1.x", "1.-1", "1.99999999999", ".", "1.41 "}) {
    EXPECT_EQ(NegotiateApiVersion(bad).error().reason, "BadReply") << bad;
  }
}

}  // namespace
}  // namespace nekoplane::runtime::docker
