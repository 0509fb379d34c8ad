#include "api/registry/meta.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "api/base/clock.h"
#include "api/registry/messages.h"

namespace nekoplane::registry {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxSubdomain = 253;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxGenerateBase = 58;
constexpr std::size_t kMaxAnnotationsBytes = 256 * 1024;

constexpr char kSubdomainText[] =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr char kLabelText[] =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr char kQualifiedText[] =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr char kLabelValueText[] =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

std::string MaxText(std::size_t n) {
  return "must be no more than " + std::to_string(n) + " characters";
}

bool IsLowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsAlnum(char c) { return IsLowerAlnum(c) || (c >= 'A' && c <= 'Z'); }

bool IsDnsLabel(std::string_view s) {
  if (s.empty() || !IsLowerAlnum(s.front()) || !IsLowerAlnum(s.back())) return false;
  return std::all_of(s.begin(), s.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

bool IsSubdomain(std::string_view s) {
  while (true) {
    const std::size_t dot = s.find('.');
    if (!IsDnsLabel(s.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    s.remove_prefix(dot + 1);
  }
}

bool IsQualifiedPart(std::string_view s) {
  if (s.empty() || !IsAlnum(s.front()) || !IsAlnum(s.back())) return false;
  return std::all_of(s.begin(), s.end(),
                     [](char c) { return IsAlnum(c) || c == '-' || c == '_' || c == '.'; });
}

// JSON types of the members of ObjectMeta.
enum class MemberType { kString, kInteger, kStringMap, kStringList, kObjectList, kDropped };

struct Member {
  const char* name;
  MemberType type;
};

constexpr std::array<Member, 15> kMembers{{
    {"annotations", MemberType::kStringMap},
    {"creationTimestamp", MemberType::kString},
    {"deletionGracePeriodSeconds", MemberType::kInteger},
    {"deletionTimestamp", MemberType::kString},
    {"finalizers", MemberType::kStringList},
    {"generateName", MemberType::kString},
    {"generation", MemberType::kInteger},
    {"labels", MemberType::kStringMap},
    {"managedFields", MemberType::kDropped},
    {"name", MemberType::kString},
    {"namespace", MemberType::kString},
    {"ownerReferences", MemberType::kObjectList},
    {"resourceVersion", MemberType::kString},
    {"selfLink", MemberType::kDropped},
    {"uid", MemberType::kString},
}};

// The path of the first part that has not the type; nullopt if all is well.
std::optional<std::string> WrongType(const json& value, MemberType type, const std::string& path,
                                     std::string& expected) {
  switch (type) {
    case MemberType::kDropped:
      return std::nullopt;
    case MemberType::kString:
      expected = "a string";
      return value.is_string() ? std::nullopt : std::optional(path);
    case MemberType::kInteger:
      expected = "an integer";
      return value.is_number_integer() ? std::nullopt : std::optional(path);
    case MemberType::kStringMap:
      expected = "an object of strings";
      if (!value.is_object()) return path;
      expected = "a string";
      for (const auto& [key, item] : value.items()) {
        if (!item.is_string()) return path + "[" + key + "]";
      }
      return std::nullopt;
    case MemberType::kStringList:
    case MemberType::kObjectList:
      expected = "a list";
      if (!value.is_array()) return path;
      for (std::size_t i = 0; i < value.size(); ++i) {
        const bool ok =
            type == MemberType::kStringList ? value[i].is_string() : value[i].is_object();
        expected = type == MemberType::kStringList ? "a string" : "an object";
        if (!ok) return path + "[" + std::to_string(i) + "]";
      }
      return std::nullopt;
  }
  return std::nullopt;
}

// The members of one owner reference. Strings must be there and not empty.
Result<void> CheckOwnerTypes(const codec::Kind& kind, const json& owner, const std::string& path) {
  for (const auto& [key, value] : owner.items()) {
    const bool flag = key == "controller" || key == "blockOwnerDeletion";
    if (flag ? value.is_boolean() : value.is_string()) continue;
    return CannotBeHandled(kind,
                           path + "." + key + " must be " + (flag ? "a boolean" : "a string"));
  }
  return {};
}

void ValidateOwners(const json& metadata, std::vector<FieldCause>& causes) {
  const auto owners = metadata.find("ownerReferences");
  if (owners == metadata.end()) return;
  std::string controller;
  for (std::size_t i = 0; i < owners->size(); ++i) {
    const json& owner = (*owners)[i];
    for (const char* member : {"apiVersion", "kind", "name", "uid"}) {
      if (!owner.value(member, std::string()).empty()) continue;
      causes.push_back(
          RequiredValue("metadata.ownerReferences[" + std::to_string(i) + "]." + member,
                        std::string(member) + " must not be empty"));
    }
    if (!owner.value("controller", false)) continue;
    const std::string name = owner.value("name", std::string());
    if (!controller.empty()) {
      causes.push_back(InvalidValue(
          "metadata.ownerReferences", Quoted(name),
          "Only one reference can have Controller set to true. Found \"true\" in references for " +
              controller + " and " + name));
    }
    controller = name;
  }
}

void ValidateLabels(const json& metadata, std::vector<FieldCause>& causes) {
  const auto labels = metadata.find("labels");
  if (labels == metadata.end()) return;
  for (const auto& [key, value] : labels->items()) {
    if (auto wrong = QualifiedNameError(key)) {
      causes.push_back(InvalidValue("metadata.labels", Quoted(key), *wrong));
    }
    const auto& text = value.get_ref<const std::string&>();
    if (auto wrong = LabelValueError(text)) {
      causes.push_back(InvalidValue("metadata.labels", Quoted(text), *wrong));
    }
  }
}

void ValidateAnnotations(const json& metadata, std::vector<FieldCause>& causes) {
  const auto annotations = metadata.find("annotations");
  if (annotations == metadata.end()) return;
  std::size_t total = 0;
  for (const auto& [key, value] : annotations->items()) {
    std::string lower = key;  // Kubernetes accepts capitals in the prefix of annotation keys
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (auto wrong = QualifiedNameError(lower)) {
      causes.push_back(InvalidValue("metadata.annotations", Quoted(key), *wrong));
    }
    total += key.size() + value.get_ref<const std::string&>().size();
  }
  if (total > kMaxAnnotationsBytes) {
    causes.push_back(TooLongValue("metadata.annotations", kMaxAnnotationsBytes));
  }
}

void ValidateFinalizers(const json& metadata, std::vector<FieldCause>& causes) {
  const auto finalizers = metadata.find("finalizers");
  if (finalizers == metadata.end()) return;
  for (std::size_t i = 0; i < finalizers->size(); ++i) {
    const auto& name = (*finalizers)[i].get_ref<const std::string&>();
    const std::string path = "metadata.finalizers[" + std::to_string(i) + "]";
    if (auto wrong = QualifiedNameError(name)) {
      causes.push_back(InvalidValue(path, Quoted(name), *wrong));
    } else if (name.find('/') == std::string::npos && name != "foregroundDeletion" &&
               name != "orphan" && name != "kubernetes") {
      causes.push_back(
          InvalidValue(path, Quoted(name),
                       "name is neither a standard finalizer name nor is it fully qualified"));
    }
  }
}

void ValidateName(const codec::Kind& kind, const json& metadata, std::vector<FieldCause>& causes) {
  // Label rules for namespaces, because their names become parts of host names; subdomain rules
  // else.
  const bool label = kind.group.empty() && kind.kind == "Namespace";
  const auto error = [&](std::string_view text) {
    return label ? Dns1123LabelError(text) : Dns1123SubdomainError(text);
  };
  const std::string base = metadata.value("generateName", std::string());
  if (!base.empty()) {
    // The base may end in '-' or '.': the suffix follows.
    std::string sample = base;
    if (sample.back() == '-' || sample.back() == '.') sample.back() = 'a';
    if (auto wrong = error(sample)) {
      causes.push_back(InvalidValue("metadata.generateName", Quoted(base), *wrong));
    }
  }
  const std::string name = metadata.value("name", std::string());
  if (name.empty()) {
    causes.push_back(RequiredValue("metadata.name", "name or generateName is required"));
  } else if (auto wrong = error(name)) {
    causes.push_back(InvalidValue("metadata.name", Quoted(name), *wrong));
  }
}

}  // namespace

std::optional<std::string> Dns1123SubdomainError(std::string_view name) {
  if (name.size() > kMaxSubdomain) return MaxText(kMaxSubdomain);
  if (!IsSubdomain(name)) return kSubdomainText;
  return std::nullopt;
}

std::optional<std::string> Dns1123LabelError(std::string_view name) {
  if (name.size() > kMaxLabel) return MaxText(kMaxLabel);
  if (!IsDnsLabel(name)) return kLabelText;
  return std::nullopt;
}

std::optional<std::string> QualifiedNameError(std::string_view name) {
  const std::size_t slash = name.find('/');
  std::string_view part = name;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = name.substr(0, slash);
    part = name.substr(slash + 1);
    if (prefix.empty()) return "prefix part must be non-empty";
    if (auto wrong = Dns1123SubdomainError(prefix)) return "prefix part " + *wrong;
    if (part.find('/') != std::string_view::npos) {
      return std::string("a qualified name ") + kQualifiedText +
             " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    }
  }
  if (part.empty()) return "name part must be non-empty";
  if (part.size() > kMaxLabel) return "name part " + MaxText(kMaxLabel);
  if (!IsQualifiedPart(part)) return kQualifiedText;
  return std::nullopt;
}

std::optional<std::string> LabelValueError(std::string_view value) {
  if (value.size() > kMaxLabel) return MaxText(kMaxLabel);
  if (!value.empty() && !IsQualifiedPart(value)) return kLabelValueText;
  return std::nullopt;
}

std::string GeneratedName(std::string_view base, std::string_view suffix) {
  return std::string(base.substr(0, kMaxGenerateBase)) + std::string(suffix);
}

Result<void> CleanMetadata(const codec::Kind& kind, json& metadata,
                           std::vector<std::string>& unknown) {
  for (auto it = metadata.begin(); it != metadata.end();) {
    const auto member = std::find_if(kMembers.begin(), kMembers.end(),
                                     [&](const Member& m) { return it.key() == m.name; });
    if (member == kMembers.end()) unknown.push_back("metadata." + it.key());
    const bool known = member != kMembers.end() && member->type != MemberType::kDropped;
    if (known && !it->is_null()) {
      std::string expected;
      if (auto path = WrongType(*it, member->type, "metadata." + it.key(), expected)) {
        return CannotBeHandled(kind, *path + " must be " + expected);
      }
      if (member->type == MemberType::kObjectList) {
        for (std::size_t i = 0; i < it->size(); ++i) {
          NEKO_RETURN_IF_ERROR(CheckOwnerTypes(
              kind, (*it)[i], "metadata." + it.key() + "[" + std::to_string(i) + "]"));
        }
      }
    }
    const bool empty = it->is_null() || ((it->is_object() || it->is_array()) && it->empty()) ||
                       (it->is_string() && it->get_ref<const std::string&>().empty());
    it = known && !empty ? std::next(it) : metadata.erase(it);
  }
  // A set in spirit: a finalizer or owner named twice counts once.
  for (const char* list : {"finalizers", "ownerReferences"}) {
    const auto it = metadata.find(list);
    if (it == metadata.end()) continue;
    json unique = json::array();
    for (json& item : *it) {
      if (std::find(unique.begin(), unique.end(), item) == unique.end()) {
        unique.push_back(std::move(item));
      }
    }
    *it = std::move(unique);
  }
  return {};
}

std::vector<FieldCause> ValidateMetadata(const codec::Kind& kind, const json& metadata) {
  std::vector<FieldCause> causes;
  ValidateName(kind, metadata, causes);
  ValidateLabels(metadata, causes);
  ValidateAnnotations(metadata, causes);
  ValidateOwners(metadata, causes);
  ValidateFinalizers(metadata, causes);
  return causes;
}

std::vector<FieldCause> ValidateMetadataUpdate(const json& metadata, const json& old_metadata) {
  std::vector<FieldCause> causes;
  if (!old_metadata.contains("deletionTimestamp")) return causes;
  const json before = old_metadata.value("finalizers", json::array());
  std::string added;
  for (const json& item : metadata.value("finalizers", json::array())) {
    if (std::find(before.begin(), before.end(), item) != before.end()) continue;
    added += (added.empty() ? "" : ", ") + Quoted(item.get_ref<const std::string&>());
  }
  if (!added.empty()) {
    causes.push_back(
        ForbiddenValue("metadata.finalizers",
                       "no new finalizers can be added if the object is being deleted, "
                       "found new finalizers []string{" +
                           added + "}"));
  }
  return causes;
}

std::vector<std::string> Finalizers(const json& object) {
  std::vector<std::string> out;
  const json& metadata = object.at("metadata");
  const auto it = metadata.find("finalizers");
  if (it == metadata.end() || !it->is_array()) return out;
  for (const json& item : *it) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

void SetFinalizers(json& object, const std::vector<std::string>& finalizers) {
  json& metadata = object["metadata"];
  if (finalizers.empty()) {
    metadata.erase("finalizers");
  } else {
    metadata["finalizers"] = finalizers;
  }
}

std::string MetaString(const json& object, const char* member) {
  const auto metadata = object.find("metadata");
  if (metadata == object.end() || !metadata->is_object()) return "";
  const auto it = metadata->find(member);
  return it != metadata->end() && it->is_string() ? it->get<std::string>() : "";
}

}  // namespace nekoplane::registry
