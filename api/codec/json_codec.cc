#include "api/codec/json_codec.h"

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/codec/json_parse.h"
#include "api/v1alpha1/lease.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;
using v1alpha1::StringMap;

template <class T>
struct IsOptional : std::false_type {};

template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsVector : std::false_type {};

template <class T>
struct IsVector<std::vector<T>> : std::true_type {};

template <class T>
constexpr bool kIsScalar = std::is_same_v<T, std::string> || std::is_same_v<T, bool> ||
                           std::is_same_v<T, std::int64_t> || std::is_enum_v<T>;
template <class T>
constexpr bool kIsStruct =
    !kIsScalar<T> && !IsOptional<T>::value && !IsVector<T>::value && !std::is_same_v<T, StringMap>;

// The structs that hold Kubernetes quantities, whose schema also admits integers ("cpu: 2").
template <class S>
constexpr bool kHasQuantities =
    std::is_same_v<S, v1alpha1::ResourceRequirements> ||
    std::is_same_v<S, v1alpha1::NodeResources> || std::is_same_v<S, v1alpha1::ClassVariant>;

// Fields of a condition that the schema requires, empty or not.
template <class S>
bool AlwaysWritten(std::string_view name) {
  if constexpr (std::is_same_v<S, v1alpha1::Condition>) {
    return name == "type" || name == "status" || name == "reason" || name == "message";
  }
  return false;
}

// ---- decoding ---------------------------------------------------------------------------------

class Reader {
 public:
  template <class S>
  bool Struct(const json& from, S& to) {
    if (!from.is_object()) return Wrong("an object", from);
    bool ok = true;
    S::Fields(to, [&](const char* name, auto& member) {
      if (!ok) return;
      const auto it = from.find(name);
      if (it == from.end() || it->is_null()) return;
      const std::size_t length = path_.size();
      if (!path_.empty()) path_ += '.';
      path_ += name;
      ok = Value<kHasQuantities<S>>(*it, member);
      path_.resize(length);
    });
    return ok;
  }

  Status TakeError() { return std::move(error_); }

 private:
  template <bool kQuantities, class T>
  bool Value(const json& from, T& to) {
    if constexpr (std::is_same_v<T, std::string>) {
      if (kQuantities && from.is_number_integer()) {
        to = from.dump();
        return true;
      }
      if (!from.is_string()) return Wrong("a string", from);
      to = from.get_ref<const std::string&>();
    } else if constexpr (std::is_same_v<T, bool>) {
      if (!from.is_boolean()) return Wrong("a boolean", from);
      to = from.get<bool>();
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return Integer(from, to);
    } else if constexpr (std::is_enum_v<T>) {
      if (!from.is_string()) return Wrong("a string", from);
      const auto value = v1alpha1::EnumFromName<T>(from.get_ref<const std::string&>());
      if (!value) return Fail("is not one of the known values: " + from.dump());
      to = *value;
    } else if constexpr (IsOptional<T>::value) {
      return Value<kQuantities>(from, to.emplace());
    } else if constexpr (IsVector<T>::value) {
      return List<kQuantities>(from, to);
    } else if constexpr (std::is_same_v<T, StringMap>) {
      return Map<kQuantities>(from, to);
    } else {
      return Struct(from, to);
    }
    return true;
  }

  bool Integer(const json& from, std::int64_t& to) {
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    if (from.is_number_unsigned()) {
      const auto value = from.get<std::uint64_t>();
      if (value > static_cast<std::uint64_t>(kMax)) return Fail("does not fit in 64 bits");
      to = static_cast<std::int64_t>(value);
      return true;
    }
    if (from.is_number_integer()) {
      to = from.get<std::int64_t>();
      return true;
    }
    if (from.is_number_float()) {
      // 2^63 is exact as a double; a whole number below it converts without loss.
      const double value = from.get<double>();
      if (std::trunc(value) == value && std::abs(value) < 9223372036854775808.0) {
        to = static_cast<std::int64_t>(value);
        return true;
      }
    }
    return Wrong("an integer", from);
  }

  template <bool kQuantities, class T>
  bool List(const json& from, std::vector<T>& to) {
    if (!from.is_array()) return Wrong("a list", from);
    to.clear();
    to.reserve(from.size());
    for (const json& item : from) {
      const std::size_t length = path_.size();
      path_ += "[" + std::to_string(to.size()) + "]";
      if (!Value<kQuantities>(item, to.emplace_back())) return false;
      path_.resize(length);
    }
    return true;
  }

  template <bool kQuantities>
  bool Map(const json& from, StringMap& to) {
    if (!from.is_object()) return Wrong("a map", from);
    to.clear();
    for (const auto& [key, value] : from.items()) {
      if (value.is_null()) continue;
      const std::size_t length = path_.size();
      path_ += "." + key;
      if (!Value<kQuantities>(value, to[key])) return false;
      path_.resize(length);
    }
    return true;
  }

  bool Wrong(std::string_view wanted, const json& got) {
    return Fail("must be " + std::string(wanted) + ", not " + got.type_name());
  }

  bool Fail(const std::string& what) {
    error_ = MakeStatus(Code::kInvalid, "WrongType",
                        (path_.empty() ? std::string("the object") : path_) + " " + what);
    return false;
  }

  std::string path_;
  Status error_;
};

// ---- encoding ---------------------------------------------------------------------------------

template <class T>
bool IsEmpty(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return !value;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return value == 0;
  } else if constexpr (std::is_enum_v<T>) {
    return false;
  } else {
    return value.empty();
  }
}

template <class S>
json WriteStruct(const S& object, const S& absent);

template <class T>
json Write(const T& value) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(v1alpha1::EnumName(value));
  } else if constexpr (IsVector<T>::value) {
    json out = json::array();
    for (const auto& item : value) out.push_back(Write(item));
    return out;
  } else if constexpr (kIsStruct<T>) {
    return WriteStruct(value, T{});
  } else {
    return value;
  }
}

// `absent` is what a reader has in the member's place when the field is not there.
template <class T>
void WriteField(json& out, const char* name, const T& value, const T& absent, bool always) {
  if constexpr (IsOptional<T>::value) {
    if (value) out[name] = Write(*value);
  } else if constexpr (kIsStruct<T>) {
    json child = WriteStruct(value, absent);
    if (!child.empty()) out[name] = std::move(child);
  } else {
    if (always || !IsEmpty(value) || !IsEmpty(absent)) out[name] = Write(value);
  }
}

template <class S>
json WriteStruct(const S& object, const S& absent) {
  constexpr std::size_t kMaxFields = 32;
  std::array<const void*, kMaxFields> initial{};
  std::size_t count = 0;
  S::Fields(absent, [&](const char*, const auto& member) {
    NEKO_CHECK(count < kMaxFields);
    initial[count++] = &member;
  });

  json out = json::object();
  std::size_t at = 0;
  S::Fields(object, [&](const char* name, const auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    WriteField(out, name, member, *static_cast<const Member*>(initial[at++]),
               AlwaysWritten<S>(name));
  });
  return out;
}

template <class T>
constexpr std::string_view ApiVersionOf() {
  constexpr std::string_view resource = T::kResource;
  if constexpr (std::is_same_v<T, v1alpha1::Lease>) return T::kLeaseApiVersion;
  return resource.ends_with(".nekoplane.dev") ? v1alpha1::kApiVersion : "v1";
}

}  // namespace

template <class T>
Result<T> Decode(const json& from) {
  if (from.is_object()) {
    const auto kind = from.find("kind");
    if (kind != from.end() && kind->is_string() && *kind != T::kKind) {
      return MakeStatus(Code::kInvalid, "WrongKind",
                        "the object is a " + kind->get<std::string>() + ", not a " + T::kKind);
    }
  }
  T object;
  Reader reader;
  if (!reader.Struct(from, object)) return reader.TakeError();
  return object;
}

template <class T>
Result<T> Decode(std::string_view text) {
  NEKO_TRY(const json value, ParseJson(text));
  return Decode<T>(value);
}

template <class T>
json Encode(const T& object) {
  json out = WriteStruct(object, T{});
  out["apiVersion"] = ApiVersionOf<T>();
  out["kind"] = T::kKind;
  return out;
}

template <class T>
std::string EncodeText(const T& object) {
  return Encode(object).dump(-1, ' ', false, json::error_handler_t::replace);
}

#define NEKO_INSTANTIATE_CODEC(T)                 \
  template Result<T> Decode<T>(std::string_view); \
  template Result<T> Decode<T>(const json&);      \
  template json Encode<T>(const T&);              \
  template std::string EncodeText<T>(const T&)

NEKO_INSTANTIATE_CODEC(v1alpha1::BrowserSession);
NEKO_INSTANTIATE_CODEC(v1alpha1::BrowserNode);
NEKO_INSTANTIATE_CODEC(v1alpha1::BrowserClass);
NEKO_INSTANTIATE_CODEC(v1alpha1::BrowserProfile);
NEKO_INSTANTIATE_CODEC(v1alpha1::Secret);
NEKO_INSTANTIATE_CODEC(v1alpha1::ObjectEvent);
NEKO_INSTANTIATE_CODEC(v1alpha1::Lease);

#undef NEKO_INSTANTIATE_CODEC

}  // namespace nekoplane::codec
