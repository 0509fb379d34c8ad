// The x-kubernetes-validations of our schemas, without a CEL interpreter: a real cluster evaluates
// the rules as they are written, we recognise the few forms that our schemas use.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

namespace nekoplane::codec {

// Whether `self` obeys the rule; nullopt if the rule is of no form we know. Forms:
//   has(self.a) != has(self.b)      exactly one of two fields
//   self.a <= self.b                integers
//   !(self in ['x', 'y'])           none of these texts
//   self.all(key, key in ['x'])     no other keys
std::optional<bool> ObeysRule(std::string_view rule, const nlohmann::json& self);

}  // namespace nekoplane::codec
