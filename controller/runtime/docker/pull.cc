#include "controller/runtime/docker/pull.h"

#include <algorithm>

#include "controller/runtime/docker/engine_json.h"

namespace nekoplane::runtime::docker {
namespace {

constexpr std::size_t kMaxLine = 1024 * 1024;
constexpr std::size_t kMaxLayers = 1000;

std::int64_t Count(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number_unsigned()) return 0;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(it->get<std::uint64_t>(), 1ull << 50));
}

std::string Megabytes(std::int64_t bytes) { return std::to_string((bytes + 999'999) / 1'000'000); }

}  // namespace

Result<ImageReference> ParseImageReference(std::string_view image) {
  const auto bad = [&] {
    return MakeStatus(Code::kInvalid, "InvalidImage",
                      "not an image reference: \"" + std::string(image.substr(0, 200)) + "\"");
  };
  for (const char c : image) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f)
      return bad();
  }
  ImageReference out;
  const std::size_t at = image.find('@');
  if (at != std::string_view::npos) {
    out = {std::string(image.substr(0, at)), std::string(image.substr(at + 1))};
  } else {
    // A colon before the last slash belongs to the registry's port.
    const std::size_t slash = image.rfind('/');
    const std::size_t colon = image.rfind(':');
    const bool tagged =
        colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash);
    out.repository = image.substr(0, tagged ? colon : image.size());
    out.tag = tagged ? image.substr(colon + 1) : "latest";
  }
  if (out.repository.empty() || out.tag.empty()) return bad();
  return out;
}

bool PullReader::Feed(std::string_view data) {
  rest_ += data;
  bool changed = false;
  std::size_t start = 0;
  for (std::size_t end; (end = rest_.find('\n', start)) != std::string::npos; start = end + 1) {
    changed = Line(std::string_view(rest_).substr(start, end - start)) || changed;
  }
  rest_.erase(0, start);
  if (rest_.size() > kMaxLine) rest_.clear();
  return changed;
}

// Progress is for people: lines that make no sense are skipped. Whether the image has come is asked
// of the engine afterwards.
bool PullReader::Line(std::string_view line) {
  const auto json = ParseJson(line, "pull");
  if (!json || !json->is_object()) return false;
  auto error = GetStringOr(*json, "error", "", "pull");
  if (error && !error->empty()) error_ = std::move(*error);
  const auto id = GetStringOr(*json, "id", "", "pull");
  const auto status = GetStringOr(*json, "status", "", "pull");
  if (!id || !status || id->empty()) return false;
  // The tag's own line has an id as well: "Pulling from m1k1o/neko".
  if (status->starts_with("Pulling from")) return false;
  if (!layers_.contains(*id) && layers_.size() >= kMaxLayers) return false;
  Layer& layer = layers_[*id];
  if (*status == "Pull complete" || *status == "Already exists") {
    layer.done = true;
    layer.current = layer.total;
  } else if (*status == "Downloading") {
    const auto detail = GetObject(*json, "progressDetail", "pull");
    if (!detail) return false;
    layer.current = Count(**detail, "current");
    layer.total = Count(**detail, "total");
  } else if (*status == "Download complete") {
    layer.current = layer.total;
  }
  return true;
}

PullProgress PullReader::progress() const {
  PullProgress out;
  std::size_t done = 0;
  for (const auto& [id, layer] : layers_) {
    out.current_bytes += layer.current;
    out.total_bytes += layer.total;
    done += layer.done ? 1 : 0;
  }
  out.text = std::to_string(done) + " of " + std::to_string(layers_.size()) + " layers, " +
             Megabytes(out.current_bytes) + " of " + Megabytes(out.total_bytes) + " MB";
  return out;
}

}  // namespace nekoplane::runtime::docker
