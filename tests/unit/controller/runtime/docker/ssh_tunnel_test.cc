// Calls through a program that stands in for ssh, to a server on a unix socket.
#include "controller/runtime/docker/ssh_tunnel.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "api/http/server.h"
#include "controller/runtime/docker/ssh_client.h"

namespace nekoplane::runtime::docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SshArgumentsTest, NeverAskAndNeverShare) {
  const auto argv = SshArguments(
      {.target = {"me", "pi", 2222, "/run/docker.sock"}, .local_socket = "/d/s.sock", .node = "w"});
  const std::string line = [&] {
    std::string joined;
    for (const auto& argument : argv) joined += argument + " ";
    return joined;
  }();
  EXPECT_TRUE(line.starts_with("ssh -N -T -o BatchMode=yes ")) << line;
  EXPECT_TRUE(line.ends_with("-p 2222 -l me -L /d/s.sock:/run/docker.sock -- pi ")) << line;
  for (const char* option : {"ExitOnForwardFailure=yes", "ServerAliveInterval=5",
                             "ControlMaster=no", "StreamLocalBindMask=0177"}) {
    EXPECT_NE(line.find(option), std::string::npos) << option;
  }
  const auto bare = SshArguments({.target = {"", "pi", 0, "/s"}, .local_socket = "/l"});
  EXPECT_EQ(std::count(bare.begin(), bare.end(), "-p"), 0);
  EXPECT_EQ(std::count(bare.begin(), bare.end(), "-l"), 0);
}

class SshTunnelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "neko-ssh-XXXXXX").string();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    options_ = {.target = {"me", "pi", 0, folder_ + "/engine.sock"},
                .local_socket = folder_ + "/run/1.sock",
                .node = "w",
                .program = NEKO_FAKE_SSH,
                .connect_timeout = seconds(20),
                .first_backoff = milliseconds(10),
                .max_backoff = milliseconds(50)};
    auto started =
        http::Server::Start({{"unix:" + options_.target.socket, nullptr,
                              [](const auto& request, const auto& responder) {
                                responder->Send({200, {}, request->path + " " + request->body});
                              }}},
                            {}, clock_, log_);
    ASSERT_TRUE(started) << started.error().ToString();
    server_ = *std::move(started);
  }

  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  Result<http::ClientResponse> Ask(http::Client& client, const std::string& method = "GET") {
    return client.Do(Context().WithTimeout(clock_, seconds(20)),
                     {.method = method, .url = "http://engine/x", .headers = {}, .body = "b"});
  }

  // Of the stand-in that runs now; 0 = none was started yet.
  pid_t Pid() const {
    pid_t pid = 0;
    std::ifstream(options_.local_socket + ".pid") >> pid;
    return pid;
  }

  template <class Done>
  static bool Soon(const Done& done) {
    for (int i = 0; i < 1000; ++i) {
      if (done()) return true;
      std::this_thread::sleep_for(milliseconds(10));
    }
    return false;
  }

  SystemClock clock_;
  NullLogger log_;
  std::string folder_;
  SshOptions options_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(SshTunnelTest, CarriesCallsAndStreamsAndLeavesNothingBehind) {
  auto client = MakeSshClient(clock_, log_, options_);
  const auto reply = Ask(*client, "POST");
  ASSERT_TRUE(reply) << reply.error().ToString();
  EXPECT_EQ(reply->body, "/x b");
  std::string streamed;
  const auto stream = client->Stream(Context().WithTimeout(clock_, seconds(20)),
                                     {.url = "http://engine/y"}, [&](std::string_view data) {
                                       streamed += data;
                                       return true;
                                     });
  ASSERT_TRUE(stream);
  EXPECT_EQ(streamed, "/y ");

  struct stat info {};

  ASSERT_EQ(::stat((folder_ + "/run").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700U);
  const pid_t pid = Pid();
  ASSERT_GT(pid, 0);
  client.reset();
  EXPECT_EQ(::kill(pid, 0), -1) << "it still runs";
  EXPECT_FALSE(std::filesystem::exists(options_.local_socket));
}

TEST_F(SshTunnelTest, AConnectionThatEndsIsMadeAgain) {
  const auto client = MakeSshClient(clock_, log_, options_);
  ASSERT_TRUE(Ask(*client));
  const pid_t first = Pid();
  ::kill(first, SIGKILL);
  EXPECT_TRUE(Soon([&] { return Pid() != first && Ask(*client).has_value(); }));
}

TEST_F(SshTunnelTest, ARefusalIsToldInTheWordsOfSsh) {
  options_.target.host = "refused";
  options_.first_backoff = options_.max_backoff = seconds(60);
  const auto client = MakeSshClient(clock_, log_, options_);
  const auto reply = Ask(*client);
  ASSERT_TRUE(reply.is(Code::kUnavailable));
  EXPECT_EQ(reply.error().reason, "SshFailed");
  EXPECT_EQ(reply.error().message,
            "ssh to refused ended: me@refused: Permission denied (publickey).");
}

TEST_F(SshTunnelTest, AMachineThatDoesNotAnswerIsGivenUp) {
  options_.target.host = "silent";
  options_.connect_timeout = milliseconds(300);
  options_.first_backoff = options_.max_backoff = seconds(60);
  const auto client = MakeSshClient(clock_, log_, options_);
  const auto reply = Ask(*client);
  ASSERT_TRUE(reply.is(Code::kUnavailable)) << reply.error().ToString();
  EXPECT_EQ(reply.error().message, "ssh to silent ended: no connection within 300ms");
}

TEST_F(SshTunnelTest, WaitingEndsWithItsContext) {
  options_.target.host = "silent";
  const auto client = MakeSshClient(clock_, log_, options_);
  const http::ClientRequest request{.url = "http://engine/x"};
  EXPECT_TRUE(
      client->Do(Context().WithTimeout(clock_, milliseconds(50)), request).is(Code::kTimeout));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(client->Do(Context(stop.get_token()), request).is(Code::kCancelled));
}

TEST_F(SshTunnelTest, AMachineWithoutSshIsToldSo) {
  options_.program = folder_ + "/no-such-program";
  options_.first_backoff = options_.max_backoff = seconds(60);
  const auto client = MakeSshClient(clock_, log_, options_);
  const auto reply = Ask(*client);
  ASSERT_TRUE(reply.is(Code::kUnavailable));
  EXPECT_EQ(reply.error().message, "ssh to pi ended: the program ssh cannot be run");
}

}  // namespace
}  // namespace nekoplane::runtime::docker
