// Parsing JSON and YAML from outside, with limits and with the place of every mistake.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"

namespace nekoplane::codec {

struct ParseLimits {
  std::size_t max_bytes = 3 * 1024 * 1024;
  int max_depth = 64;
  std::size_t max_nodes = 100000;
};

// One JSON value. Names in `duplicates` (if given) the paths of repeated keys ("spec.url"), of
// which the last one wins; without it a repeated key is an error. Errors: kInvalid, reason
// MalformedJson / TooDeep / TooLarge / InvalidUtf8 / DuplicateField.
Result<nlohmann::json> ParseJson(std::string_view text, const ParseLimits& limits = {},
                                 std::vector<std::string>* duplicates = nullptr);

struct YamlDocument {
  // Never null: empty documents are skipped.
  std::shared_ptr<nlohmann::json> value;
  int line = 1;  // 1-based line where the document starts
};

// A stream of YAML documents (JSON is one of them), YAML 1.2 core schema: yes and 0x10 are text.
// Anchors with aliases, merge keys, unknown tags and repeated keys are refused.
// Errors: kInvalid; message is "file:line:column: what is wrong". `name` is the file's name.
Result<std::vector<YamlDocument>> ParseYaml(std::string_view text, std::string_view name,
                                            const ParseLimits& limits = {});

// Block-style YAML for people, keys in the order apiVersion, kind, metadata, spec, status.
std::string ToYaml(const nlohmann::json& value);

}  // namespace nekoplane::codec
