#include "tests/support/image_registry.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <nlohmann/json.hpp>

namespace nekoplane::testing {
namespace {

using nlohmann::json;

constexpr char kManifestType[] = "application/vnd.docker.distribution.manifest.v2+json";

std::string Digest(const std::string& bytes) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash);
  std::string text = "sha256:";
  for (const unsigned char byte : hash) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

ImageRegistry::ImageRegistry(const Clock& clock, Logger& log, const std::string& content)
    : layer_(1024, '\0') {  // an empty tar
  layer_digest_ = Digest(layer_);
  const json config = {{"architecture", "amd64"},
                       {"os", "linux"},
                       {"config", {{"Labels", {{"content", content}}}}},
                       {"rootfs", {{"type", "layers"}, {"diff_ids", {layer_digest_}}}}};
  config_ = config.dump();
  config_digest_ = Digest(config_);
  const json manifest = {{"schemaVersion", 2},
                         {"mediaType", kManifestType},
                         {"config",
                          {{"mediaType", "application/vnd.docker.container.image.v1+json"},
                           {"size", config_.size()},
                           {"digest", config_digest_}}},
                         {"layers",
                          {{{"mediaType", "application/vnd.docker.image.rootfs.diff.tar.gzip"},
                            {"size", layer_.size()},
                            {"digest", layer_digest_}}}}};
  manifest_ = manifest.dump();
  manifest_digest_ = Digest(manifest_);
  auto started = http::Server::Start(
      {{.address = "127.0.0.1:0",
        .tls = nullptr,
        .handler = [this](auto request, auto responder) { responder->Send(Answer(*request)); }}},
      {}, clock, log);
  EXPECT_TRUE(started.has_value());
  if (!started) return;
  server_ = *std::move(started);
  image_ = server_->address(0) + "/browser:1";
}

http::Response ImageRegistry::Answer(const http::Request& request) {
  const auto blob = [&](const std::string& type, const std::string& digest,
                        const std::string& bytes) {
    return http::Response{.status = 200,
                          .headers = {{"Content-Type", type}, {"Docker-Content-Digest", digest}},
                          .body = bytes};
  };
  const std::string& path = request.path;
  if (path == "/v2/") return blob("application/json", "", "{}");
  if (path.starts_with("/v2/browser/manifests/")) {
    ++asked_;
    if (offered_) return blob(kManifestType, manifest_digest_, manifest_);
  }
  if (offered_ && path == "/v2/browser/blobs/" + config_digest_) {
    return blob("application/octet-stream", config_digest_, config_);
  }
  if (offered_ && path == "/v2/browser/blobs/" + layer_digest_) {
    ++layers_sent_;
    return blob("application/octet-stream", layer_digest_, layer_);
  }
  return {.status = 404,
          .headers = {{"Content-Type", "application/json"}},
          .body = R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]})"};
}

}  // namespace nekoplane::testing
