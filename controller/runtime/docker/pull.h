// Reading the progress of an image pull. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime::docker {

struct ImageReference {
  std::string repository, tag;  // tag: a tag or a digest ("sha256:...")
};

// "ghcr.io:443/a/b:3" -> {"ghcr.io:443/a/b", "3"}; without a tag, "latest". Errors: kInvalid.
Result<ImageReference> ParseImageReference(std::string_view image);

// Collects the lines of POST /images/create.
class PullReader {
 public:
  // Feeds the next piece of the stream; true if the progress changed.
  bool Feed(std::string_view data);

  PullProgress progress() const;

  // What the engine reported as the reason of failure, if it did.
  const std::optional<std::string>& error() const { return error_; }

 private:
  struct Layer {
    std::int64_t current = 0, total = 0;
    bool done = false;
  };

  bool Line(std::string_view line);

  std::map<std::string, Layer> layers_;
  std::optional<std::string> error_;
  std::string rest_;
};

}  // namespace nekoplane::runtime::docker
