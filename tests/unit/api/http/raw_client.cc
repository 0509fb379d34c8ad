#include "tests/unit/api/http/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

namespace nekoplane::http {
namespace {

int Connect(const std::string& address) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address.starts_with("unix:")) {
    auto* un = reinterpret_cast<sockaddr_un*>(&storage);
    un->sun_family = AF_UNIX;
    std::strncpy(un->sun_path, address.c_str() + 5, sizeof(un->sun_path) - 1);
    size = sizeof(sockaddr_un);
  } else {
    const auto port =
        static_cast<std::uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1));
    if (address.starts_with('[')) {
      auto* in6 = reinterpret_cast<sockaddr_in6*>(&storage);
      in6->sin6_family = AF_INET6;
      in6->sin6_addr = in6addr_loopback;
      in6->sin6_port = htons(port);
      size = sizeof(sockaddr_in6);
    } else {
      auto* in = reinterpret_cast<sockaddr_in*>(&storage);
      in->sin_family = AF_INET;
      in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      in->sin_port = htons(port);
      size = sizeof(sockaddr_in);
    }
  }
  const int fd = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&storage), size), 0)
      << address << ": " << std::strerror(errno);
  return fd;
}

X509* ParseCertificate(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* cert = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return cert;
}

EVP_PKEY* ParseKey(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  return key;
}

}  // namespace

void UseIdentity(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  X509* parsed_certificate = ParseCertificate(certificate);
  EVP_PKEY* parsed_key = ParseKey(key);
  SSL_CTX_use_certificate(context, parsed_certificate);
  SSL_CTX_use_PrivateKey(context, parsed_key);
  X509_free(parsed_certificate);
  EVP_PKEY_free(parsed_key);
}

struct RawClient::Impl {
  int fd = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  bool connected = true;
  bool ended = false;
  std::string buffered;
};

RawClient::RawClient(const std::string& address) : impl_(std::make_unique<Impl>()) {
  impl_->fd = Connect(address);
}

RawClient::RawClient(const std::string& address, const RawTls& tls) : RawClient(address) {
  ::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  impl_->context = SSL_CTX_new(TLS_client_method());
  X509* ca = ParseCertificate(tls.ca);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(impl_->context), ca);
  X509_free(ca);
  SSL_CTX_set_verify(impl_->context, SSL_VERIFY_PEER, nullptr);
  if (!tls.certificate.empty()) UseIdentity(impl_->context, tls.certificate, tls.key);
  impl_->ssl = SSL_new(impl_->context);
  SSL_set_fd(impl_->ssl, impl_->fd);
  impl_->connected = SSL_connect(impl_->ssl) == 1;
  ERR_clear_error();
}

RawClient::~RawClient() {
  SSL_free(impl_->ssl);
  SSL_CTX_free(impl_->context);
  if (impl_->fd >= 0) ::close(impl_->fd);
}

bool RawClient::connected() const { return impl_->connected; }

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = impl_->ssl ? SSL_write(impl_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(impl_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void RawClient::ShutdownSend() { ::shutdown(impl_->fd, SHUT_WR); }

void RawClient::Reset() {
  const linger now{1, 0};
  ::setsockopt(impl_->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(std::exchange(impl_->fd, -1));
}

void RawClient::ShrinkReceiveBuffer() {
  const int size = 4096;
  ::setsockopt(impl_->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

std::string RawClient::Receive(std::chrono::milliseconds timeout) {
  if (!impl_->buffered.empty()) return std::exchange(impl_->buffered, {});
  if (impl_->ended) return {};
  if (impl_->ssl == nullptr || SSL_pending(impl_->ssl) == 0) {
    pollfd entry{impl_->fd, POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(timeout.count())) <= 0) return {};
  }
  std::string bytes(16 * 1024, '\0');
  const auto n = impl_->ssl ? SSL_read(impl_->ssl, bytes.data(), static_cast<int>(bytes.size()))
                            : ::recv(impl_->fd, bytes.data(), bytes.size(), 0);
  if (n <= 0) impl_->ended = true;
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

std::optional<std::string> RawClient::ReceiveAll(std::chrono::milliseconds timeout) {
  const auto give_up = std::chrono::steady_clock::now() + timeout;
  std::string all;
  while (!impl_->ended) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        give_up - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    all += Receive(left);
  }
  return all;
}

std::optional<RawResponse> RawClient::ReceiveResponse(bool head_only) {
  std::string text;
  const auto more = [&] {
    const std::string bytes = Receive();
    text += bytes;
    return !bytes.empty();
  };
  std::size_t end = std::string::npos;
  while ((end = text.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  RawResponse response;
  response.head = text.substr(0, end + 2);
  response.status = std::atoi(text.c_str() + text.find(' ') + 1);
  std::size_t length = 0;
  const std::size_t field = response.head.find("Content-Length: ");
  if (field != std::string::npos && !head_only) {
    length = static_cast<std::size_t>(std::atoll(response.head.c_str() + field + 16));
  }
  while (text.size() < end + 4 + length) {
    if (!more()) return std::nullopt;
  }
  response.body = text.substr(end + 4, length);
  impl_->buffered = text.substr(end + 4 + length);
  return response;
}

bool RawClient::ClosedByPeer(std::chrono::milliseconds timeout) {
  const auto rest = ReceiveAll(timeout);
  return rest && rest->empty();
}

}  // namespace nekoplane::http
