// How deep and how large a JSON value is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>

namespace nekoplane::fuzz {

// 0 for what is no list or map.
inline std::size_t Depth(const nlohmann::json& value) {
  if (!value.is_structured()) return 0;
  std::size_t deepest = 0;
  for (const nlohmann::json& child : value) deepest = std::max(deepest, Depth(child));
  return deepest + 1;
}

inline std::size_t Count(const nlohmann::json& value) {
  std::size_t count = 1;
  if (value.is_structured()) {
    for (const nlohmann::json& child : value) count += Count(child);
  }
  return count;
}

}  // namespace nekoplane::fuzz
