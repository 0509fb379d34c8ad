#include "api/taos/create_request.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "api/codec/json_parse.h"
#include "api/registry/meta.h"
#include "api/taos/session_view.h"

namespace nekoplane::taos {
namespace {

constexpr char kDefaultProfile[] = "default";

// A body of some hundred bytes is expected.
constexpr codec::ParseLimits kLimits{64 * 1024, 16, 1000};

// FastAPI reads a body as JSON if it says so, or says nothing.
bool SaysJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type.empty() || type == "application/json" ||
         (type.size() > 17 && type.substr(0, 12) == "application/" &&
          type.substr(type.size() - 5) == "+json");
}

Json Plain(const nlohmann::json& value) {
  return Json::parse(value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), nullptr,
                     false);
}

// A member that is a string; absent and null count as nullopt unless it is required.
std::optional<std::string> StringMember(const nlohmann::json& body, const char* name, bool required,
                                        std::vector<ValidationError>& errors) {
  const auto it = body.find(name);
  if (it == body.end()) {
    if (required) errors.push_back({"missing", {"body", name}, "Field required", Plain(body)});
    return std::nullopt;
  }
  if (it->is_string()) return it->get<std::string>();
  if (it->is_null() && !required) return std::nullopt;
  errors.push_back({"string_type", {"body", name}, "Input should be a valid string", Plain(*it)});
  return std::nullopt;
}

}  // namespace

std::variant<CreateRequest, std::vector<ValidationError>> ParseCreateRequest(
    const http::Request& request) {
  std::vector<ValidationError> errors;
  if (request.body.empty()) {
    errors.push_back({"missing", {"body"}, "Field required", nullptr});
    return errors;
  }
  const std::string wants_object =
      "Input should be a valid dictionary or object to extract fields from";
  if (!SaysJson(request.header("Content-Type"))) {
    errors.push_back(
        {"model_attributes_type", {"body"}, wants_object, request.body.substr(0, 200)});
    return errors;
  }
  std::vector<std::string> duplicates;  // FastAPI takes the last one, silently
  const auto body = codec::ParseJson(request.body, kLimits, &duplicates);
  if (!body) {
    errors.push_back(
        {"json_invalid", {"body"}, "JSON decode error: " + body.error().message, Json::object()});
    return errors;
  }
  if (!body->is_object()) {
    errors.push_back({"model_attributes_type", {"body"}, wants_object, Plain(*body)});
    return errors;
  }
  CreateRequest out;
  out.url = StringMember(*body, "url", true, errors).value_or("");
  out.profile = StringMember(*body, "profile", false, errors).value_or("");
  out.node = StringMember(*body, "node", false, errors).value_or("");
  if (out.profile == kDefaultProfile) out.profile.clear();
  if (!out.profile.empty()) {
    if (auto wrong = registry::Dns1123LabelError(out.profile)) {
      errors.push_back({"value_error", {"body", "profile"}, "Value error, " + *wrong, out.profile});
    }
  }
  if (!errors.empty()) return errors;
  return out;
}

v1alpha1::BrowserSession SessionFor(const CreateRequest& request, const std::string& user,
                                    const std::string& ns, const std::string& requested_at,
                                    const std::string& idle) {
  v1alpha1::BrowserSession session;
  session.metadata.generateName = "browser-";
  session.metadata.namespace_ = ns;
  session.metadata.annotations = {{kAnnotationRequestedAt, requested_at}};
  session.metadata.labels = {{kLabelOwner, OwnerLabel(user)}, {kLabelCreatedBy, "taos"}};
  session.spec.owner = v1alpha1::SessionOwner{v1alpha1::OwnerKind::kUser, user};
  session.spec.url = request.url;
  if (!request.profile.empty()) session.spec.profileRef = v1alpha1::LocalRef{request.profile};
  session.spec.nodeName = request.node;
  if (!idle.empty()) {
    session.spec.lifecycle.maxIdleDuration = idle;
    session.spec.lifecycle.idleAction = v1alpha1::IdleAction::kDelete;
  }
  return session;
}

}  // namespace nekoplane::taos
