// YAML streams: mistakes have a place, documents survive being written and read again.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_shape.h"

namespace nekoplane {

NEKO_FUZZ(yaml) {
  const codec::ParseLimits limits;
  const auto documents = codec::ParseYaml(input, "in.yaml");
  if (!documents) {
    NEKO_PROMISE(fuzz::Explained(documents.error()));
    NEKO_PROMISE(documents.error().message.starts_with("in.yaml:"));
    return;
  }
  std::string stream;
  int line = 1;
  for (const codec::YamlDocument& document : *documents) {
    NEKO_PROMISE(document.value && !document.value->is_null());
    NEKO_PROMISE(document.line >= line);
    line = document.line;
    NEKO_PROMISE(fuzz::Depth(*document.value) <= static_cast<std::size_t>(limits.max_depth));
    const auto json = codec::ParseJson(document.value->dump());
    NEKO_PROMISE(json && *json == *document.value);
    stream += "---\n" + codec::ToYaml(*document.value);
  }
  const auto again = codec::ParseYaml(stream, "again.yaml");
  NEKO_PROMISE(again && again->size() == documents->size());
  if (!again) return;
  for (std::size_t i = 0; i < again->size(); ++i) {
    NEKO_PROMISE(*(*again)[i].value == *(*documents)[i].value);
  }
}

}  // namespace nekoplane
