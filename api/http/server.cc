#include "api/http/server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <thread>
#include <utility>

#include "api/http/connection.h"
#include "api/http/listener.h"
#include "api/http/server_core.h"

namespace nekoplane::http {
namespace {

// Looks through all connections for missed deadlines: one timer instead of one per connection.
class DeadlineScan {
 public:
  explicit DeadlineScan(ServerCore& core)
      : core_(core), timer_(boost::asio::make_strand(core.io)), period_(Period(core.options)) {}

  void Start() {
    timer_.expires_after(period_);
    timer_.async_wait([this](const boost::system::error_code& ec) {
      if (ec || stopped_) return;
      const MonoTime now = core_.clock.Now();
      for (const auto& connection : core_.Connections()) connection->CheckDeadline(now);
      Start();
    });
  }

  void Stop() {
    boost::asio::post(timer_.get_executor(), [this] {
      stopped_ = true;
      timer_.cancel();
    });
  }

 private:
  static std::chrono::nanoseconds Period(const ServerOptions& options) {
    const Deadlines& d = options.deadlines;
    const Duration shortest = std::min({d.handshake, d.header, d.body, d.write, d.idle, d.linger});
    return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(5),
                                std::chrono::seconds(1));
  }

  ServerCore& core_;
  boost::asio::steady_timer timer_;
  const std::chrono::nanoseconds period_;
  bool stopped_ = false;  // on the timer's strand
};

class ServerImpl final : public Server {
 public:
  ServerImpl(std::shared_ptr<ServerCore> core, std::vector<std::shared_ptr<Listener>> listeners)
      : core_(std::move(core)),
        listeners_(std::move(listeners)),
        work_(core_->io.get_executor()),
        scan_(*core_) {
    for (const auto& listener : listeners_) addresses_.push_back(listener->address());
    for (const auto& listener : listeners_) listener->Start();
    scan_.Start();
    for (int i = 0; i < std::max(1, core_->options.threads); ++i) {
      threads_.emplace_back([core = core_] { Run(*core); });
    }
  }

  ~ServerImpl() override { Stop(Duration::zero()); }

  std::string address(std::size_t index) const override { return addresses_.at(index); }

  void Stop(Duration grace) override {
    MutexLock lock(stop_mu_);
    if (threads_.empty()) return;
    for (const auto& listener : listeners_) listener->Close();
    core_->StartDraining();
    for (const auto& connection : core_->Connections()) connection->Drain();
    core_->WaitUntilEmpty(grace);
    for (const auto& connection : core_->Connections()) connection->Abort();
    scan_.Stop();
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    listeners_.clear();
  }

 private:
  static void Run(ServerCore& core) {
    for (;;) {
      try {
        core.io.run();
        return;
      } catch (const std::exception& e) {
        core.log.Error("HTTP server thread recovered from an exception", {{"error", e.what()}});
      }
    }
  }

  const std::shared_ptr<ServerCore> core_;
  std::vector<std::string> addresses_;
  Mutex stop_mu_;  // held for as long as stopping takes: a second caller waits for the first
  std::vector<std::shared_ptr<Listener>> listeners_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  DeadlineScan scan_;
  std::vector<std::thread> threads_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(std::vector<ListenOptions> listeners,
                                              ServerOptions options, const Clock& clock,
                                              Logger& log) {
  auto core = std::make_shared<ServerCore>(std::move(options), clock, log);
  std::vector<std::shared_ptr<Listener>> open;
  for (ListenOptions& listener : listeners) {
    NEKO_TRY(auto opened, Listener::Open(core, std::move(listener)));
    open.push_back(std::move(opened));
  }
  return std::unique_ptr<Server>(std::make_unique<ServerImpl>(std::move(core), std::move(open)));
}

}  // namespace nekoplane::http
