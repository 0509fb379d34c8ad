// Label and field selectors with Kubernetes' grammar.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/result.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::codec {

struct LabelRequirement {
  enum class Op { kExists, kNotExists, kIn, kNotIn, kGreater, kLess };
  std::string key;
  Op op = Op::kExists;
  std::vector<std::string> values;
};

class LabelSelector {
 public:
  // "" selects everything. Errors: kInvalid, message "unable to parse requirement: ...".
  static Result<LabelSelector> Parse(std::string_view text);
  bool Matches(const v1alpha1::StringMap& labels) const;

  bool empty() const { return requirements_.empty(); }

 private:
  std::vector<LabelRequirement> requirements_;
};

struct FieldTerm {
  std::string path, value;
  bool equal = true;
};

class FieldSelector {
 public:
  // Errors: kInvalid: syntax.
  static Result<FieldSelector> Parse(std::string_view text);

  const std::vector<FieldTerm>& terms() const { return terms_; }

  bool empty() const { return terms_.empty(); }

  // Absent fields are "".
  bool Matches(const nlohmann::json& object) const;

 private:
  std::vector<FieldTerm> terms_;
};

}  // namespace nekoplane::codec
