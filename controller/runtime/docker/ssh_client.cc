#include "controller/runtime/docker/ssh_client.h"

#include <utility>

namespace nekoplane::runtime::docker {
namespace {

class SshClient final : public http::Client {
 public:
  SshClient(const Clock& clock, Logger& log, SshOptions options)
      : client_(http::MakeCurlClient(clock, {.unix_socket = options.local_socket})),
        tunnel_(clock, log, std::move(options)) {}

  Result<http::ClientResponse> Do(const Context& ctx, const http::ClientRequest& request) override {
    NEKO_RETURN_IF_ERROR(tunnel_.AwaitUp(ctx));
    return client_->Do(ctx, request);
  }

  Result<http::ClientResponse> Stream(
      const Context& ctx, const http::ClientRequest& request,
      const std::function<bool(std::string_view)>& on_data) override {
    NEKO_RETURN_IF_ERROR(tunnel_.AwaitUp(ctx));
    return client_->Stream(ctx, request, on_data);
  }

 private:
  const std::unique_ptr<http::Client> client_;
  SshTunnel tunnel_;
};

}  // namespace

std::unique_ptr<http::Client> MakeSshClient(const Clock& clock, Logger& log, SshOptions options) {
  return std::make_unique<SshClient>(clock, log, std::move(options));
}

}  // namespace nekoplane::runtime::docker
