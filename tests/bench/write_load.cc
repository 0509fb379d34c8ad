// The write benchmark's two halves, so that both are timed by the same code in the same run:
//   write_load api HOST PORT TOKEN CLIENTS SECONDS   acknowledged creates over keep-alive TLS
//   write_load sqlite FOLDER SECONDS                 one-row commits, WAL, synchronous=FULL
// Prints one line: writes per second, median and 99th percentile in microseconds.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Samples {
  std::vector<double> micros;
  double seconds = 0;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "write_load: %s\n", what.c_str());
  std::exit(1);
}

void Report(Samples samples) {
  if (samples.micros.empty()) Die("not one write succeeded");
  std::sort(samples.micros.begin(), samples.micros.end());
  const auto at = [&](double share) {
    return samples
        .micros[static_cast<std::size_t>(share * static_cast<double>(samples.micros.size() - 1))];
  };
  std::printf("%.0f %.0f %.0f\n", static_cast<double>(samples.micros.size()) / samples.seconds,
              at(0.5), at(0.99));
}

std::string Body(const std::string& name) {
  return R"({"apiVersion":"nekoplane.dev/v1alpha1","kind":"BrowserClass","metadata":{"name":")" +
         name +
         R"(","labels":{"bench":"writes"}},"spec":{"browser":"chromium","variants":[)"
         R"({"name":"software","match":{"arch":["amd64","arm64"]},"image":"ghcr.io/m1k1o/neko/chromium:3.1.5",)"
         R"("encode":"software","shmSize":"2Gi","resources":{"requests":{"memory":"1536Mi","cpu":"1"}}}]}})";
}

// One keep-alive TLS connection, driven by one blocking thread.
class Connection {
 public:
  Connection(SSL_CTX* context, const char* host, int port) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, host, &address.sin_addr);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
      Die("connect failed");
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) Die("TLS handshake failed");
  }

  ~Connection() {
    SSL_free(ssl_);
    close(fd_);
  }

  // The HTTP status.
  int Post(const std::string& request) {
    if (SSL_write(ssl_, request.data(), static_cast<int>(request.size())) <= 0) Die("write failed");
    std::string reply;
    std::size_t head_end = std::string::npos, need = 0;
    char buffer[16384];
    for (;;) {
      const int n = SSL_read(ssl_, buffer, sizeof(buffer));
      if (n <= 0) Die("the server closed the connection");
      reply.append(buffer, static_cast<std::size_t>(n));
      if (head_end == std::string::npos) {
        head_end = reply.find("\r\n\r\n");
        if (head_end == std::string::npos) continue;
        const std::size_t length = reply.find("Content-Length: ");
        need =
            head_end + 4 +
            (length == std::string::npos ? 0
                                         : std::strtoul(reply.c_str() + length + 16, nullptr, 10));
      }
      if (reply.size() >= need) return std::atoi(reply.c_str() + 9);
    }
  }

 private:
  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

Samples Api(const char* host, int port, const std::string& token, int clients, double seconds) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  std::atomic<bool> go = false;
  std::vector<Samples> per_client(static_cast<std::size_t>(clients));
  std::vector<std::thread> threads;
  const std::string run = std::to_string(getpid()) + "-" + std::to_string(clients);
  std::atomic<int> ready = 0;
  for (int i = 0; i < clients; ++i) {
    threads.emplace_back([&, i] {
      Connection connection(context, host, port);
      ++ready;
      while (!go) std::this_thread::yield();
      const auto end = Clock::now() + std::chrono::duration<double>(seconds);
      Samples& mine = per_client[static_cast<std::size_t>(i)];
      for (int n = 0; Clock::now() < end; ++n) {
        const std::string body =
            Body("b" + run + "-" + std::to_string(i) + "-" + std::to_string(n));
        const std::string request =
            "POST /apis/nekoplane.dev/v1alpha1/browserclasses HTTP/1.1\r\nHost: "
            "bench\r\nAuthorization: Bearer " +
            token +
            "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body;
        const auto start = Clock::now();
        const int status = connection.Post(request);
        if (status != 201) Die("a create was answered " + std::to_string(status));
        mine.micros.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - start).count());
      }
    });
  }
  while (ready < clients) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const auto start = Clock::now();
  go = true;
  for (auto& thread : threads) thread.join();
  Samples all;
  all.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  for (const auto& one : per_client)
    all.micros.insert(all.micros.end(), one.micros.begin(), one.micros.end());
  SSL_CTX_free(context);
  return all;
}

void Exec(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) Die(sqlite3_errmsg(db));
}

Samples Sqlite(const std::string& folder, double seconds) {
  sqlite3* db = nullptr;
  if (sqlite3_open((folder + "/baseline.db").c_str(), &db) != SQLITE_OK)
    Die("cannot open the baseline database");
  Exec(db, "PRAGMA journal_mode=WAL");
  Exec(db, "PRAGMA synchronous=FULL");
  Exec(db, "CREATE TABLE kv(key TEXT PRIMARY KEY, rv INTEGER NOT NULL, value BLOB NOT NULL)");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO kv VALUES(?,?,?)", -1, &insert, nullptr);
  Samples out;
  const auto start = Clock::now();
  for (int n = 0; Clock::now() - start < std::chrono::duration<double>(seconds); ++n) {
    const std::string key = "key-" + std::to_string(n), value = Body(key);
    const auto before = Clock::now();
    sqlite3_bind_text(insert, 1, key.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(insert, 2, n);
    sqlite3_bind_blob(insert, 3, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    if (sqlite3_step(insert) != SQLITE_DONE) Die(sqlite3_errmsg(db));
    sqlite3_reset(insert);
    out.micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - before).count());
  }
  out.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 7 && std::strcmp(argv[1], "api") == 0) {
    Report(Api(argv[2], std::atoi(argv[3]), argv[4], std::atoi(argv[5]), std::atof(argv[6])));
  } else if (argc == 4 && std::strcmp(argv[1], "sqlite") == 0) {
    Report(Sqlite(argv[2], std::atof(argv[3])));
  } else {
    Die("usage: write_load api HOST PORT TOKEN CLIENTS SECONDS | write_load sqlite FOLDER SECONDS");
  }
}
