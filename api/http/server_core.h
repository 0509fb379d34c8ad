// What all connections of one server share: its options, its event loop and the list of
// connections. A connection keeps the core alive, so that a Responder that outlives the server does
// no harm.
//
// Thread safety: any thread may call.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "api/base/mutex.h"
#include "api/http/server.h"

namespace nekoplane::http {

class Connection;

// One address that is listened on, as its connections see it.
struct Endpoint {
  Handler handler;
  std::unique_ptr<boost::asio::ssl::context> tls;  // null = plain
  bool is_unix = false;
};

class ServerCore {
 public:
  ServerCore(ServerOptions opts, const Clock& clk, Logger& logger)
      : options(std::move(opts)), clock(clk), log(logger), io(options.threads) {}

  const ServerOptions options;
  const Clock& clock;
  Logger& log;
  boost::asio::io_context io;

  enum class Admission {
    kServe,
    kRefuse,  // to be answered 503
    kDrop,    // so many that not even that can be afforded
  };

  // Adds the connection to the list, unless the answer is kDrop.
  Admission Admit(const std::shared_ptr<Connection>& connection) EXCLUDES(mu_);
  void Remove(const Connection* connection) EXCLUDES(mu_);
  std::vector<std::shared_ptr<Connection>> Connections() const EXCLUDES(mu_);

  // True from the moment on at which no new request is to be read.
  bool draining() const { return draining_.load(std::memory_order_relaxed); }

  void StartDraining() EXCLUDES(mu_);
  // Waits until there is no connection, at most `timeout`. True if so.
  bool WaitUntilEmpty(Duration timeout) EXCLUDES(mu_);

 private:
  std::atomic<bool> draining_{false};

  mutable Mutex mu_;
  CondVar empty_;
  std::map<const Connection*, std::shared_ptr<Connection>> connections_ GUARDED_BY(mu_);
};

}  // namespace nekoplane::http
