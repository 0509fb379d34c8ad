#include "controller/cmd/nekoplane/network.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace nekoplane {

std::string DetectAddress() {
  // Connecting a datagram socket only asks the routing table.
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return "127.0.0.1";
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  inet_pton(AF_INET, "192.0.2.1", &target.sin_addr);  // TEST-NET-1 of RFC 5737
  sockaddr_in own{};
  socklen_t size = sizeof(own);
  std::array<char, INET_ADDRSTRLEN> text{};
  const bool known = connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                     own.sin_addr.s_addr != htonl(INADDR_ANY) &&
                     inet_ntop(AF_INET, &own.sin_addr, text.data(), text.size()) != nullptr;
  close(fd);
  return known ? text.data() : "127.0.0.1";
}

}  // namespace nekoplane
