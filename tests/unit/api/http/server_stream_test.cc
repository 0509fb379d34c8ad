#include <future>
#include <thread>

#include "tests/unit/api/http/server_fixture.h"

namespace nekoplane::http {
namespace {

using std::chrono::milliseconds;

constexpr char kGet[] = "GET /watch HTTP/1.1\r\nHost: x\r\n\r\n";

std::shared_ptr<const std::string> Chunk(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// Each test runs over plain TCP and over TLS.
class ServerStreamTest : public ServerTest, public ::testing::WithParamInterface<bool> {
 protected:
  void StartStreaming() {
    StartServer(
        [this](const auto& request, const auto& responder) {
          if (request->path == "/still") return Echo(request, responder);
          streams_.set_value(responder->StartStream(200, {{"Content-Type", "application/json"}}));
        },
        QuickOptions(), GetParam() ? TestTls::Get().material() : nullptr);
    if (HasFatalFailure()) return;
    client_ = GetParam() ? std::make_unique<RawClient>(address_, TestTls::Get().Anonymous())
                         : std::make_unique<RawClient>(address_);
  }

  std::shared_ptr<Stream> Open(const std::string& request = kGet) {
    client_->Send(request);
    return streams_.get_future().get();
  }

  // Reads until `text` has arrived; what came so far.
  std::string ReceiveUntil(const std::string& text) {
    std::string all;
    while (all.find(text) == std::string::npos) {
      const std::string bytes = client_->Receive();
      if (bytes.empty()) break;
      all += bytes;
    }
    return all;
  }

  std::promise<std::shared_ptr<Stream>> streams_;
  std::unique_ptr<RawClient> client_;
};

// True once the callback has run.
class Flag {
 public:
  std::function<void()> Setter() {
    return [promise = promise_] { promise->set_value(); };
  }

  bool Wait() { return future_.wait_for(std::chrono::seconds(5)) == std::future_status::ready; }

 private:
  std::shared_ptr<std::promise<void>> promise_ = std::make_shared<std::promise<void>>();
  std::future<void> future_ = promise_->get_future();
};

TEST_P(ServerStreamTest, SendsEachChunkAtOnce) {
  StartStreaming();
  const auto stream = Open();
  const std::string head = ReceiveUntil("\r\n\r\n");
  EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_NE(head.find("Content-Type: application/json\r\n"), std::string::npos);
  ASSERT_TRUE(stream->Write(Chunk("{\"a\":1}\n")));
  EXPECT_EQ(ReceiveUntil("\n\r\n"), "8\r\n{\"a\":1}\n\r\n");
  ASSERT_TRUE(stream->Write(Chunk("")));  // must not end the response
  ASSERT_TRUE(stream->Write(Chunk(std::string(300, 'b'))));
  EXPECT_EQ(ReceiveUntil("b\r\n"), "12c\r\n" + std::string(300, 'b') + "\r\n");
}

TEST_P(ServerStreamTest, StaysOpenBeyondAllDeadlines) {
  StartStreaming();
  const auto stream = Open();
  ReceiveUntil("\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(900));
  ASSERT_TRUE(stream->Write(Chunk("late")));
  EXPECT_EQ(ReceiveUntil("late\r\n"), "4\r\nlate\r\n");
}

TEST_P(ServerStreamTest, CloseSendsWhatIsQueuedAndKeepsTheConnection) {
  StartStreaming();
  const auto stream = Open();
  Flag closed;
  stream->OnClosed(closed.Setter());
  std::string want;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream->Write(Chunk("x" + std::to_string(1000 + i))));
    want += "5\r\nx" + std::to_string(1000 + i) + "\r\n";
  }
  stream->Close();
  EXPECT_FALSE(stream->Write(Chunk("after")));
  const std::string all = ReceiveUntil("0\r\n\r\n");
  EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), want + "0\r\n\r\n");
  EXPECT_TRUE(closed.Wait());
  client_->Send("GET /still HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_->ReceiveResponse()->body, "GET /still 0");
}

TEST_P(ServerStreamTest, NoticesThatThePeerLeft) {
  StartStreaming();
  const auto stream = Open();
  Flag closed;
  stream->OnClosed(closed.Setter());
  ReceiveUntil("\r\n\r\n");
  client_->Reset();
  EXPECT_TRUE(closed.Wait());  // nothing was written meanwhile
  EXPECT_FALSE(stream->Write(Chunk("x")));
  Flag again;
  stream->OnClosed(again.Setter());
  EXPECT_TRUE(again.Wait());
}

TEST_P(ServerStreamTest, DropsAReaderThatIsTooSlow) {
  StartStreaming();
  client_->ShrinkReceiveBuffer();
  const auto stream = Open();
  Flag closed;
  stream->OnClosed(closed.Setter());
  const auto chunk = Chunk(std::string(64 * 1024, 'x'));
  int accepted = 0;
  while (stream->Write(chunk) && accepted < 10'000) ++accepted;
  EXPECT_GE(accepted, 15);  // about 1 MiB of ours and what the kernel takes
  EXPECT_LT(accepted, 1000);
  EXPECT_TRUE(closed.Wait());
}

TEST_P(ServerStreamTest, TakesOneChunkLargerThanTheBuffer) {
  StartStreaming();
  const auto stream = Open();
  const std::string large(3 << 20, 'x');
  ASSERT_TRUE(stream->Write(Chunk(large)));
  stream->Close();
  const std::string all = ReceiveUntil("0\r\n\r\n");
  EXPECT_NE(all.find("300000\r\n" + large), std::string::npos);
}

TEST_P(ServerStreamTest, ServesManyWritersAtOnce) {
  StartStreaming();
  const auto stream = Open();
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < 500; ++i) EXPECT_TRUE(stream->Write(Chunk("0123456789\n")));
    });
  }
  for (std::thread& writer : writers) writer.join();
  stream->Close();
  const std::string all = ReceiveUntil("0\r\n\r\n");
  std::size_t chunks = 0;
  for (std::size_t at = 0; (at = all.find("b\r\n0123456789\n\r\n", at)) != std::string::npos;
       ++at) {
    ++chunks;
  }
  EXPECT_EQ(chunks, 2000u);
}

TEST_P(ServerStreamTest, Http10GetsTheBareBody) {
  StartStreaming();
  const auto stream = Open("GET /watch HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  stream->Write(Chunk("one "));
  stream->Write(Chunk("two"));
  stream->Close();
  const auto all = client_->ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_EQ(all->find("chunked"), std::string::npos);
  EXPECT_TRUE(all->ends_with("\r\n\r\none two")) << *all;
}

TEST_P(ServerStreamTest, HeadGetsNoStream) {
  StartStreaming();
  const auto stream = Open("HEAD /watch HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_->ReceiveResponse(/*head_only=*/true)->status, 200);
  Flag closed;
  stream->OnClosed(closed.Setter());
  EXPECT_TRUE(closed.Wait());
  client_->Send("GET /still HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client_->ReceiveResponse()->body, "GET /still 0");
}

TEST_P(ServerStreamTest, AClientThatTalksOutOfTurnLosesTheConnectionAtTheEnd) {
  StartStreaming();
  const auto stream = Open(std::string(kGet) + "GET /still HTTP/1.1\r\nHost: x\r\n\r\n");
  client_->Send("more");
  stream->Write(Chunk("x"));
  stream->Close();
  const auto all = client_->ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->ends_with("0\r\n\r\n")) << *all;
  EXPECT_EQ(all->find("still"), std::string::npos);
}

TEST_P(ServerStreamTest, StopEndsStreams) {
  StartStreaming();
  const auto stream = Open();
  Flag closed;
  stream->OnClosed(closed.Setter());
  stream->Write(Chunk("x"));
  std::thread stopper([&] { server_->Stop(std::chrono::seconds(5)); });
  const auto all = client_->ReceiveAll();
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->ends_with("1\r\nx\r\n0\r\n\r\n")) << *all;
  client_.reset();
  stopper.join();
  EXPECT_TRUE(closed.Wait());
  EXPECT_FALSE(stream->Write(Chunk("y")));
}

INSTANTIATE_TEST_SUITE_P(Transports, ServerStreamTest, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "Tls" : "Plain"; });

}  // namespace
}  // namespace nekoplane::http
