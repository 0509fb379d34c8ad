// A selector on the first line, then labels as "key=value" lines.
#include <map>
#include <nlohmann/json.hpp>

#include "api/codec/selector.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {
namespace {

std::string Write(const std::vector<codec::FieldTerm>& terms) {
  std::string out;
  for (const codec::FieldTerm& term : terms) {
    if (!out.empty()) out += ',';
    out += term.path + (term.equal ? "=" : "!=");
    for (const char c : term.value) {
      if (c == '\\' || c == ',' || c == '=') out += '\\';
      out += c;
    }
  }
  return out;
}

void CheckLabels(const std::string& text, const v1alpha1::StringMap& labels) {
  const auto selector = codec::LabelSelector::Parse(text);
  if (!selector) {
    NEKO_PROMISE(fuzz::Explained(selector.error()));
    NEKO_PROMISE(selector.error().message.starts_with("unable to parse requirement: "));
    return;
  }
  const bool matches = selector->Matches(labels);
  if (selector->empty()) {
    NEKO_PROMISE(matches);
    return;
  }
  // Requirements are joined by "and", spaces mean nothing.
  const auto twice = codec::LabelSelector::Parse(text + " , " + text);
  NEKO_PROMISE(twice && twice->Matches(labels) == matches);
  const auto more = codec::LabelSelector::Parse(text + ",extra=x");
  auto extra = labels;
  extra["extra"] = "x";
  NEKO_PROMISE(more && more->Matches(extra) == selector->Matches(extra));
  extra["extra"] = "y";
  NEKO_PROMISE(more && !more->Matches(extra));
}

void CheckFields(const std::string& text, const v1alpha1::StringMap& labels) {
  const auto selector = codec::FieldSelector::Parse(text);
  if (!selector) {
    NEKO_PROMISE(fuzz::Explained(selector.error()));
    return;
  }
  const auto again = codec::FieldSelector::Parse(Write(selector->terms()));
  NEKO_PROMISE(again && again->terms().size() == selector->terms().size());
  if (!again) return;
  for (std::size_t i = 0; i < again->terms().size(); ++i) {
    const codec::FieldTerm &a = selector->terms()[i], &b = again->terms()[i];
    NEKO_PROMISE(!a.path.empty() && a.path == b.path && a.value == b.value && a.equal == b.equal);
  }
  const nlohmann::json object = {{"metadata", {{"name", "a"}, {"labels", labels}}}};
  NEKO_PROMISE(selector->Matches(object) == again->Matches(object));
}

}  // namespace

NEKO_FUZZ(selector) {
  const std::string text(fuzz::TakeLine(input));
  v1alpha1::StringMap labels;
  while (!input.empty()) {
    const std::string_view line = fuzz::TakeLine(input);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    labels[std::string(line.substr(0, equals))] = std::string(line.substr(equals + 1));
  }
  CheckLabels(text, labels);
  CheckFields(text, labels);
}

}  // namespace nekoplane
