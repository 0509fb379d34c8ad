// Kubernetes' protobuf bodies.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "api/server/protobuf.h"
#include "api/server/wire_reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_shape.h"

namespace nekoplane {

NEKO_FUZZ(protobuf) {
  server::WireReader reader(input);
  while (!reader.done()) {
    const auto field = reader.Next();
    if (!field) break;
    NEKO_PROMISE(field->number > 0 && field->bytes.size() <= input.size());
  }
  const auto object = server::DecodeProtobuf(input);
  if (!object) {
    NEKO_PROMISE(fuzz::Explained(object.error()) && object.error().code == Code::kInvalid);
    return;
  }
  NEKO_PROMISE(object->is_object() && (*object)["kind"].is_string());
  NEKO_PROMISE(fuzz::Depth(*object) <= 6);  // the tables' depth
  const auto again = codec::ParseJson(object->dump());
  NEKO_PROMISE(again && *again == *object);
}

}  // namespace nekoplane
