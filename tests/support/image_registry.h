// An image registry on 127.0.0.1, just large enough for an engine to pull from (engines speak plain
// HTTP to loopback registries): one image, which is there or not.
//
// Thread safety: any thread may call. Lifetime: `clock` and `log` outlive it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "api/base/clock.h"
#include "api/base/log.h"
#include "api/http/server.h"

namespace nekoplane::testing {

class ImageRegistry {
 public:
  // Fails the test if it cannot listen. `content`: makes the image another one, and so its
  // layer.
  ImageRegistry(const Clock& clock, Logger& log, const std::string& content);

  // "127.0.0.1:4711/browser:1".
  const std::string& image() const { return image_; }

  // The digest under which an engine has it.
  const std::string& id() const { return config_digest_; }

  void Offer(bool offered) { offered_ = offered; }

  // How often an engine fetched the layer: once per pull that was needed.
  int layers_sent() const { return layers_sent_; }

  // How often somebody asked what the image is made of.
  int asked() const { return asked_; }

 private:
  http::Response Answer(const http::Request& request);

  std::string layer_, config_, manifest_;
  std::string layer_digest_, config_digest_, manifest_digest_;
  std::string image_;
  std::atomic<bool> offered_{false};
  std::atomic<int> layers_sent_{0}, asked_{0};
  std::unique_ptr<http::Server> server_;  // last: its threads use the above
};

}  // namespace nekoplane::testing
