// The bodies of a container engine's replies, good and bad.
#include <algorithm>

#include "controller/runtime/docker/engine_api.h"
#include "controller/runtime/docker/engine_errors.h"
#include "controller/runtime/docker/observed.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

using namespace runtime::docker;

// A reply that makes no sense is no answer, and never "it does not exist".
template <class T>
bool Read(const Result<T>& reply) {
  if (!reply) {
    NEKO_PROMISE(reply.error().code == Code::kUnavailable && reply.error().reason == "BadReply");
    NEKO_PROMISE(!reply.error().message.empty());
  }
  return reply.has_value();
}

void CheckContainer(const EngineContainer& container) {
  const auto port = [](int p) { return p >= 0 && p <= 65535; };
  NEKO_PROMISE(port(container.seen.http_port) && port(container.seen.media_port));
  NEKO_PROMISE(!IsOurs(container, "", container.seen.session_uid));
}

void CheckError(Ask ask, int status, std::string_view body) {
  const Status error = MapEngineError(ask, status, body);
  NEKO_PROMISE(fuzz::Explained(error));
  NEKO_PROMISE(error.code != Code::kNotFound || status == 404);
  NEKO_PROMISE(error.code != Code::kNotFound || (ask != Ask::kEngine && ask != Ask::kStart));
}

}  // namespace

NEKO_FUZZ(docker_reply) {
  const auto inspected = ParseInspect(input);
  if (Read(inspected)) CheckContainer(*inspected);
  const auto list = ParseList(input);
  if (Read(list)) std::for_each(list->begin(), list->end(), CheckContainer);
  const auto created = ParseCreated(input);
  if (Read(created)) NEKO_PROMISE(!created->empty());
  const auto image = ParseImage(input);
  if (Read(image)) NEKO_PROMISE(!image->empty());
  Read(ParseVolume(input));
  Read(ParseVolumes(input));
  Read(ParseInfo(input));
  const auto version = ParseVersion(input);
  if (Read(version)) NEKO_PROMISE(version->name == "docker" || version->name == "podman");

  const std::string said = EngineMessage(input);
  NEKO_PROMISE(said.size() <= 400);
  NEKO_PROMISE(std::none_of(said.begin(), said.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  }));
  for (const Ask ask : {Ask::kEngine, Ask::kContainer, Ask::kCreate, Ask::kStart, Ask::kRemove,
                        Ask::kVolume, Ask::kImage}) {
    CheckError(ask, 404, input);
  }
  for (const int status : {400, 409, 500}) CheckError(Ask::kCreate, status, input);
  NEKO_PROMISE(fuzz::Explained(MapPullError(input)));
  const auto negotiated = NegotiateApiVersion(input);
  if (!negotiated) NEKO_PROMISE(fuzz::Explained(negotiated.error()));
  if (negotiated) NEKO_PROMISE(!negotiated->empty() && negotiated->size() < 40);
}

}  // namespace nekoplane
