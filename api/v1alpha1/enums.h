// Enumerations that know their names on the wire.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace nekoplane::v1alpha1 {

// Specialised next to each enum: `static constexpr std::array kNames{std::pair{E::kA, "A"}, ...}`.
template <class E>
struct EnumNames;

template <class E>
constexpr std::string_view EnumName(E value) {
  for (const auto& [v, name] : EnumNames<E>::kNames) {
    if (v == value) return name;
  }
  return "";
}

template <class E>
constexpr std::optional<E> EnumFromName(std::string_view name) {
  for (const auto& [v, n] : EnumNames<E>::kNames) {
    if (name == n) return v;
  }
  return std::nullopt;
}

}  // namespace nekoplane::v1alpha1
