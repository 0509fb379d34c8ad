// Fills and compares any struct that describes itself with Fields().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "api/base/random.h"
#include "api/v1alpha1/enums.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::testing {

template <class T>
void FillAny(Random& random, T& value);

// Each text is empty, ordinary or awkward.
inline void FillAny(Random& random, std::string& value) {
  static const char* const kTexts[] = {"",      "a",  "10m",      "true", "null",
                                       "\"q\"", "\n", "\xC3\xA9", "0"};
  value = kTexts[random.Below(std::size(kTexts))];
}

inline void FillAny(Random& random, std::int64_t& value) {
  static const std::int64_t kNumbers[] = {0, 1, -1, 8800, INT64_MAX, INT64_MIN};
  value = kNumbers[random.Below(std::size(kNumbers))];
}

inline void FillAny(Random& random, bool& value) { value = random.Below(2) == 1; }

template <class T>
void FillAny(Random& random, std::optional<T>& value) {
  value.reset();
  if (random.Below(2) == 1) FillAny(random, value.emplace());
}

template <class T>
void FillAny(Random& random, std::vector<T>& value) {
  value.clear();
  for (std::uint64_t n = random.Below(3); n > 0; --n) FillAny(random, value.emplace_back());
}

inline void FillAny(Random& random, v1alpha1::StringMap& value) {
  value.clear();
  for (std::uint64_t n = random.Below(3); n > 0; --n) {
    std::string key;
    FillAny(random, key);
    FillAny(random, value[key]);
  }
}

template <class T>
void FillAny(Random& random, T& value) {
  if constexpr (std::is_enum_v<T>) {
    const auto& names = v1alpha1::EnumNames<T>::kNames;
    value = names[random.Below(names.size())].first;
  } else {
    T::Fields(value, [&](const char*, auto& member) { FillAny(random, member); });
  }
}

template <class T>
bool SameValue(const T& a, const T& b);

template <class T>
bool SameValue(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || SameValue(*a, *b));
}

template <class T>
bool SameValue(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!SameValue(a[i], b[i])) return false;
  }
  return true;
}

template <class T>
bool SameValue(const T& a, const T& b) {
  if constexpr (requires { T::Fields(a, [](const char*, const auto&) {}); }) {
    std::vector<const void*> others;
    T::Fields(b, [&](const char*, const auto& member) { others.push_back(&member); });
    bool same = true;
    std::size_t at = 0;
    T::Fields(a, [&](const char*, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      same = SameValue(member, *static_cast<const Member*>(others[at++])) && same;
    });
    return same;
  } else {
    return a == b;
  }
}

}  // namespace nekoplane::testing
