#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <unordered_map>

#include "api/base/clock.h"
#include "api/codec/builtin.h"
#include "api/codec/pattern.h"
#include "api/codec/rules.h"
#include "api/codec/schema.h"
#include "api/codec/schema_node.h"

namespace nekoplane::codec {
namespace {

using nlohmann::json;

// Compiling a pattern costs more than matching it, and a handful of them guard every write.
// Per thread, so that nothing is shared; a pure memo, so that nobody can tell.
bool Matches(const std::string& pattern, std::string_view text) {
  constexpr std::size_t kMaxRemembered = 256;
  thread_local std::unordered_map<std::string, Result<Pattern>> compiled;
  auto it = compiled.find(pattern);
  if (it == compiled.end()) {
    if (compiled.size() >= kMaxRemembered) compiled.clear();
    it = compiled.emplace(pattern, Pattern::Compile(pattern)).first;
  }
  // A pattern of a schema that we cannot read lets nothing through: better loud than open.
  return it->second.has_value() && it->second->Search(text);
}

bool IsWhole(const json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>();
}

std::string TypeOf(const json& value) {
  if (value.is_number()) return value.is_number_integer() ? "integer" : "number";
  return value.type_name();
}

std::string Show(const json& value) {
  if (value.is_structured()) return "\"" + TypeOf(value) + "\"";
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::int64_t CodePoints(const std::string& text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

class Validator {
 public:
  std::vector<FieldCause> Take() { return std::move(causes_); }

  void Root(const json& schema, const json& object) {
    Node(schema, object);
    // The schema of a CRD says of metadata only that it is an object.
    const json* const metadata = object.is_object() ? Keyword(object, "metadata") : nullptr;
    if (metadata != nullptr && metadata->is_object()) {
      const PathScope scope(path_, "metadata");
      Node(ObjectMetaSchema(), *metadata);
    }
  }

 private:
  static constexpr std::size_t kMaxCauses = 100;

  void Add(const char* reason, std::string message) {
    if (causes_.size() < kMaxCauses) causes_.push_back({reason, std::move(message), path_});
  }

  void Invalid(const json& value, const std::string& why) {
    Add("FieldValueInvalid", "Invalid value: " + Show(value) + ": " + why);
  }

  // "spec.url in body should ...": the words of the library that Kubernetes uses.
  void InBody(const json& value, const std::string& why) {
    Invalid(value, path_ + " in body " + why);
  }

  void Node(const json& schema, const json& value) {
    if (value.is_null() && Flag(schema, "nullable")) return;
    if (!CheckType(schema, value)) return;
    CheckEnum(schema, value);
    if (value.is_string()) {
      CheckString(schema, value.get_ref<const std::string&>(), value);
    } else if (value.is_number()) {
      CheckNumber(schema, value);
    } else if (value.is_array()) {
      CheckArray(schema, value);
    } else if (value.is_object()) {
      CheckObject(schema, value);
    }
    CheckRules(schema, value);
  }

  // False if looking further makes no sense.
  bool CheckType(const json& schema, const json& value) {
    std::string wanted;
    bool fits = true;
    if (Flag(schema, "x-kubernetes-int-or-string")) {
      wanted = "integer or string";
      fits = value.is_number_integer() || value.is_string();
    } else if (const json* const type = Keyword(schema, "type")) {
      wanted = type->get<std::string>();
      fits = wanted == "integer"  ? IsWhole(value)
             : wanted == "number" ? value.is_number()
                                  : TypeOf(value) == wanted;
    }
    if (fits) return true;
    const std::string got = "\"" + TypeOf(value) + "\"";
    Add("FieldValueTypeInvalid",
        "Invalid value: " + got + ": " + path_ + " in body must be of type " + wanted + ": " + got);
    return false;
  }

  void CheckEnum(const json& schema, const json& value) {
    const json* const allowed = Keyword(schema, "enum");
    if (allowed == nullptr ||
        std::find(allowed->begin(), allowed->end(), value) != allowed->end()) {
      return;
    }
    std::string list;
    for (const json& choice : *allowed) list += (list.empty() ? "" : ", ") + Show(choice);
    Add("FieldValueNotSupported",
        "Unsupported value: " + Show(value) + ": supported values: " + list);
  }

  void CheckString(const json& schema, const std::string& text, const json& value) {
    const std::int64_t length = CodePoints(text);
    if (const json* const max = Keyword(schema, "maxLength"); max != nullptr && length > *max) {
      Add("FieldValueTooLong", "Too long: may not be more than " + max->dump() + " bytes");
      return;  // patterns are for texts of sane length
    }
    if (const json* const min = Keyword(schema, "minLength"); min != nullptr && length < *min) {
      InBody(value, "should be at least " + min->dump() + " chars long");
    }
    if (const json* const pattern = Keyword(schema, "pattern")) {
      const auto& expression = pattern->get_ref<const std::string&>();
      if (!Matches(expression, text)) InBody(value, "should match '" + expression + "'");
    }
    const json* const format = Keyword(schema, "format");
    if (format != nullptr && *format == "date-time" && !ParseTime(text)) {
      InBody(value, "must be of type date-time: " + Show(value));
    }
  }

  void CheckNumber(const json& schema, const json& value) {
    if (const json* const min = Keyword(schema, "minimum"); min != nullptr && value < *min) {
      InBody(value, "should be greater than or equal to " + min->dump());
    }
    if (const json* const max = Keyword(schema, "maximum"); max != nullptr && value > *max) {
      InBody(value, "should be less than or equal to " + max->dump());
    }
    const json* const format = Keyword(schema, "format");
    if (format == nullptr || !format->is_string()) return;
    const bool fits = *format == "int32"   ? value >= INT32_MIN && value <= INT32_MAX
                      : *format == "int64" ? FitsInt64(value)
                                           : true;
    if (!fits) InBody(value, "must be of type " + format->get<std::string>() + ": " + Show(value));
  }

  static bool FitsInt64(const json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= INT64_MAX;
    return value.is_number_integer() || std::abs(value.get<double>()) < 9223372036854775808.0;
  }

  bool CheckCount(const json& schema, const json& value, const char* min_name,
                  const char* max_name) {
    const json* const max = Keyword(schema, max_name);
    if (max != nullptr && value.size() > max->get<std::size_t>()) {
      Add("FieldValueTooMany", "Too many: " + std::to_string(value.size()) +
                                   ": must have at most " + max->dump() + " items");
      return false;
    }
    const json* const min = Keyword(schema, min_name);
    if (min != nullptr && value.size() < min->get<std::size_t>()) {
      InBody(json(value.size()), "should have at least " + min->dump() + " items");
    }
    return true;
  }

  void CheckArray(const json& schema, const json& value) {
    if (!CheckCount(schema, value, "minItems", "maxItems")) return;
    if (const json* const items = Keyword(schema, "items")) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        const PathScope scope(path_, i);
        Node(*items, value[i]);
      }
    }
    CheckUnique(schema, value);
  }

  void CheckUnique(const json& schema, const json& value) {
    const json* const type = Keyword(schema, "x-kubernetes-list-type");
    if (type == nullptr || *type == "atomic") return;
    const json* const keys = Keyword(schema, "x-kubernetes-list-map-keys");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < value.size(); ++i) {
      json identity = value[i];
      if (*type == "map") {
        if (keys == nullptr || !value[i].is_object()) continue;
        identity = json::object();
        for (const json& key : *keys) {
          const auto& name = key.get_ref<const std::string&>();
          if (value[i].contains(name)) identity[name] = value[i][name];
        }
      }
      std::string text = identity.dump(-1, ' ', false, json::error_handler_t::replace);
      if (seen.insert(text).second) continue;
      const PathScope scope(path_, i);
      Add("FieldValueDuplicate", "Duplicate value: " + text);
    }
  }

  void CheckObject(const json& schema, const json& value) {
    if (!CheckCount(schema, value, "minProperties", "maxProperties")) return;
    if (const json* const required = Keyword(schema, "required")) {
      for (const json& name : *required) {
        const json* const member = Keyword(value, name.get_ref<const std::string&>());
        if (member != nullptr && !member->is_null()) continue;
        const PathScope scope(path_, name.get<std::string>());
        Add("FieldValueRequired", "Required value");
      }
    }
    const json* const properties = Keyword(schema, "properties");
    const json* const additional = Keyword(schema, "additionalProperties");
    for (const auto& [name, member] : value.items()) {
      const json* child = properties != nullptr ? Keyword(*properties, name) : nullptr;
      if (child == nullptr && additional != nullptr && additional->is_object()) child = additional;
      if (child == nullptr || member.is_null()) continue;
      const PathScope scope(path_, name);
      Node(*child, member);
    }
  }

  void CheckRules(const json& schema, const json& value) {
    const json* const rules = Keyword(schema, "x-kubernetes-validations");
    if (rules == nullptr) return;
    for (const json& rule : *rules) {
      const auto obeys = ObeysRule(rule.at("rule").get_ref<const std::string&>(), value);
      if (obeys.value_or(true)) continue;  // a test proves that we know every rule of ours
      Invalid(value, rule.value("message", "failed rule: " + rule.at("rule").get<std::string>()));
    }
  }

  std::string path_;
  std::vector<FieldCause> causes_;
};

}  // namespace

std::vector<FieldCause> Validate(const json& schema, const json& object) {
  Validator validator;
  validator.Root(schema, object);
  return validator.Take();
}

}  // namespace nekoplane::codec
