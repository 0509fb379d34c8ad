// "METHOD TARGET": the URL of a request, its route, and the options in its query.
#include "api/http/ascii.h"
#include "api/http/target.h"
#include "api/server/options.h"
#include "api/server/router.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

std::string Escape(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

std::string Write(const http::Target& target) {
  std::string out = "/" + Escape(std::string_view(target.path).substr(1));
  char separator = '?';
  for (const auto& [name, value] : target.query) {
    out += separator + Escape(name) + "=" + Escape(value);
    separator = '&';
  }
  return out;
}

void CheckListOptions(const http::Request& request, bool watch) {
  const auto options = server::ParseListOptions(request, watch);
  if (!options) {
    NEKO_PROMISE(fuzz::Explained(options.error()));
    NEKO_PROMISE(options.error().code == Code::kInvalid);
    return;
  }
  NEKO_PROMISE(options->limit <= INT64_MAX);
  if (watch) return;
  NEKO_PROMISE(!options->send_initial_events);
  if (options->match != server::VersionMatch::kUnset) NEKO_PROMISE(options->version.has_value());
}

}  // namespace

NEKO_FUZZ(api_query) {
  const std::size_t space = input.find(' ');
  http::Request request;
  request.method = std::string(input.substr(0, space));
  request.target = space == std::string_view::npos ? "/" : std::string(input.substr(space + 1));
  auto target = http::ParseTarget(request.target);
  if (!target) {
    NEKO_PROMISE(fuzz::Explained(target.error()));
    return;
  }
  NEKO_PROMISE(target->path.starts_with('/') && http::IsUtf8(target->path));
  const auto again = http::ParseTarget(Write(*target));
  NEKO_PROMISE(again && again->path == target->path && again->query == target->query);
  request.path = std::move(target->path);
  request.query = std::move(target->query);

  const server::Route route = server::ParseRoute(request);
  if (route.target == server::Target::kResource) {
    NEKO_PROMISE(!route.version.empty() && !route.resource.empty());
    NEKO_PROMISE(route.namespaced_path != route.ns.empty());
    NEKO_PROMISE(route.subresource.empty() || !route.name.empty());
  }
  CheckListOptions(request, false);
  CheckListOptions(request, true);
  const auto write = server::ParseWriteOptions(request);
  if (!write) NEKO_PROMISE(fuzz::Explained(write.error()));
}

}  // namespace nekoplane
