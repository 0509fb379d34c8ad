// Typed objects to and from JSON, driven by each struct's Fields().
//
// Decoding is for objects that already passed the schema (defaults applied, pruned): a field of the
// wrong JSON type is kInvalid with its path; unknown fields are ignored, null counts as absent.
// Encoding writes apiVersion, kind and every field that decoding could not restore from its
// absence: empty strings, lists and maps, zeros, and structs of nothing else are left out, unless
// the struct's own initial value is something else ("" where the initial value is "5m" is written).
// Optionals that hold a value, enumerations and a condition's type, status, reason and message are
// always written. So Decode(Encode(x)) equals x, for every x.
//
// Thread safety: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "api/base/result.h"
#include "api/v1alpha1/browser_class.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"
#include "api/v1alpha1/core.h"

namespace nekoplane::codec {

// Defined for BrowserSession, BrowserNode, BrowserClass, BrowserProfile, Secret, ObjectEvent.
// Errors: kInvalid, reason MalformedJson and those of ParseJson, or WrongType (message starts with
// the path), or WrongKind: the object says that it is something else than T.
template <class T>
Result<T> Decode(std::string_view json);
template <class T>
Result<T> Decode(const nlohmann::json& json);

// Without these a string could silently become a JSON string value.
template <class T>
Result<T> Decode(const std::string& json) {
  return Decode<T>(std::string_view(json));
}

template <class T>
Result<T> Decode(const char* json) {
  return Decode<T>(std::string_view(json));
}
template <class T>
nlohmann::json Encode(const T& object);
// Encode as compact text. Bytes that are not UTF-8 become U+FFFD.
template <class T>
std::string EncodeText(const T& object);

}  // namespace nekoplane::codec
