// JSON bodies: the limits hold, what was read can be written and read again, as JSON and as YAML.
#include <nlohmann/json.hpp>

#include "api/codec/json_parse.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_shape.h"

namespace nekoplane {

NEKO_FUZZ(json) {
  const codec::ParseLimits limits, tight{256, 4, 16};
  const auto strict = codec::ParseJson(input);
  std::vector<std::string> duplicates;
  const auto value = codec::ParseJson(input, limits, &duplicates);
  if (!strict) NEKO_PROMISE(fuzz::Explained(strict.error()));
  if (!value) {
    NEKO_PROMISE(!strict);
    return;
  }
  NEKO_PROMISE(strict.has_value() == duplicates.empty());
  if (strict) NEKO_PROMISE(*strict == *value);
  NEKO_PROMISE(fuzz::Depth(*value) <= static_cast<std::size_t>(limits.max_depth));

  const auto again = codec::ParseJson(value->dump());
  NEKO_PROMISE(again && *again == *value);
  if (!value->is_null()) {  // which is no document in YAML
    const auto yaml = codec::ParseYaml(codec::ToYaml(*value), "copy.yaml");
    NEKO_PROMISE(yaml && yaml->size() == 1 && *yaml->front().value == *value);
  }
  if (const auto small = codec::ParseJson(input, tight, &duplicates)) {
    NEKO_PROMISE(input.size() <= tight.max_bytes && *small == *value);
    NEKO_PROMISE(fuzz::Depth(*small) <= static_cast<std::size_t>(tight.max_depth));
    NEKO_PROMISE(fuzz::Count(*small) <= tight.max_nodes);
  }
}

}  // namespace nekoplane
