#include "tests/support/image_registry.h"

#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <nlohmann/json.hpp>
#include <string_view>

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

// A tar with the one file /content.
std::string TarOf(const std::string& content) {
  constexpr std::size_t kBlock = 512, kChecksum = 148;
  std::string tar(kBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view field) {
    tar.replace(at, field.size(), field);
  };
  const auto number = [&](std::size_t at, int digits, std::size_t value) {
    for (int i = digits; i-- > 0; value /= 8) tar[at + i] = static_cast<char>('0' + value % 8);
  };
  put(0, "content");
  number(100, 7, 0644);
  number(108, 7, 0);  // owner
  number(116, 7, 0);  // group
  number(124, 11, content.size());
  number(136, 11, 0);  // last change
  put(156, "0");       // a regular file
  put(257, "ustar");
  put(263, "00");
  put(kChecksum, "        ");  // counts as blank
  std::size_t sum = 0;
  for (const char c : tar) sum += static_cast<unsigned char>(c);
  put(kChecksum, std::string_view("\0\0\0\0\0\0\0 ", 8));
  number(kChecksum, 6, sum);
  tar += content;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock + 2 * kBlock);  // two empty ones end it
  return tar;
}

}  // namespace

ImageRegistry::ImageRegistry(const Clock& clock, Logger& log, const std::string& content)
    : layer_(TarOf(content)) {
  layer_digest_ = Digest(layer_);
  const json config = {{"architecture", "amd64"},
                       {"os", "linux"},
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
