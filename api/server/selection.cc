#include "api/server/selection.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/server/errors.h"

namespace nekoplane::server {
namespace {

using nlohmann::json;

// Collects metadata.labels and stops the parser as soon as it has seen them, or has left metadata.
class LabelReader final : public nlohmann::json_sax<json> {
 public:
  v1alpha1::StringMap labels;

  bool null() override { return true; }

  bool boolean(bool) override { return true; }

  bool number_integer(number_integer_t) override { return true; }

  bool number_unsigned(number_unsigned_t) override { return true; }

  bool number_float(number_float_t, const string_t&) override { return true; }

  bool binary(binary_t&) override { return true; }

  bool string(string_t& value) override {
    if (in_labels_ && depth_ == 3) labels[key_] = value;
    return true;
  }

  bool key(string_t& value) override {
    if (depth_ == 1) in_metadata_ = value == "metadata";
    if (depth_ == 2) in_labels_ = in_metadata_ && value == "labels";
    key_ = value;
    return true;
  }

  bool start_object(std::size_t) override { return ++depth_ > 0; }

  bool end_object() override {
    --depth_;
    return !(in_labels_ && depth_ == 2) && !(in_metadata_ && depth_ == 1);
  }

  bool start_array(std::size_t) override { return ++depth_ > 0; }

  bool end_array() override { return --depth_ >= 0; }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  int depth_ = 0;
  bool in_metadata_ = false, in_labels_ = false;
  std::string key_;
};

constexpr std::array<std::string_view, 12> kEventFields = {"involvedObject.kind",
                                                           "involvedObject.namespace",
                                                           "involvedObject.name",
                                                           "involvedObject.uid",
                                                           "involvedObject.apiVersion",
                                                           "involvedObject.resourceVersion",
                                                           "involvedObject.fieldPath",
                                                           "reason",
                                                           "reportingComponent",
                                                           "source",
                                                           "type",
                                                           "action"};

bool Contains(const auto& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool InKey(std::string_view path) {
  return path == "metadata.name" || path == "metadata.namespace";
}

bool Selectable(const codec::Kind& kind, std::string_view path) {
  if (InKey(path)) return true;
  if (!kind.group.empty()) return false;
  if (kind.plural == "events") return Contains(kEventFields, path);
  if (kind.plural == "namespaces") return path == "status.phase";
  if (kind.plural == "secrets") return path == "type";
  // Service is served for its empty list only; clients select by these.
  return kind.plural == "services" && (path == "spec.clusterIP" || path == "spec.type");
}

// The string at a dotted path; "" if there is none.
std::string FieldOf(const json& object, std::string_view path) {
  if (path == "source") path = "source.component";
  const json* at = &object;
  while (true) {
    const std::size_t dot = path.find('.');
    if (!at->is_object()) return "";
    const auto it = at->find(std::string(path.substr(0, dot)));
    if (it == at->end()) return "";
    at = &*it;
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  return at->is_string() ? at->get<std::string>() : "";
}

}  // namespace

v1alpha1::StringMap LabelsOf(std::string_view bytes) {
  LabelReader reader;
  // False also means "stopped early"; stored bytes are always well-formed.
  (void)json::sax_parse(bytes.begin(), bytes.end(), &reader);
  return std::move(reader.labels);
}

Result<Selection> Selection::Make(const codec::Kind& kind, std::string ns,
                                  codec::LabelSelector labels, codec::FieldSelector fields) {
  Selection out;
  out.ns_ = std::move(ns);
  for (const codec::FieldTerm& term : fields.terms()) {
    if (!Selectable(kind, term.path)) return BadRequest("field label not supported: " + term.path);
    if (!InKey(term.path)) out.fields_in_body_ = true;
    if (!term.equal) continue;
    if (term.path == "metadata.name" && out.name_.empty()) out.name_ = term.value;
    if (term.path == "metadata.namespace" && out.ns_.empty()) out.ns_ = term.value;
  }
  out.labels_ = std::move(labels);
  out.fields_ = std::move(fields);
  return out;
}

bool Selection::FieldsMatch(const store::Object& object) const {
  json body;
  if (fields_in_body_) body = json::parse(object.bytes, nullptr, false);
  return std::all_of(
      fields_.terms().begin(), fields_.terms().end(), [&](const codec::FieldTerm& term) {
        const std::string value = term.path == "metadata.name"        ? object.key.name
                                  : term.path == "metadata.namespace" ? object.key.ns
                                                                      : FieldOf(body, term.path);
        return (value == term.value) == term.equal;
      });
}

bool Selection::Matches(const store::Object& object) const {
  if (!ns_.empty() && object.key.ns != ns_) return false;
  if (!name_.empty() && object.key.name != name_) return false;
  if (!fields_.empty() && !FieldsMatch(object)) return false;
  return labels_.empty() || labels_.Matches(LabelsOf(object.bytes));
}

}  // namespace nekoplane::server
