// Which objects a list or watch is about: scope, label selector, field selector, decided on stored
// bytes while parsing as little of them as possible.
//
// Thread safety: constant after construction.
#pragma once

#include <string>
#include <string_view>

#include "api/base/result.h"
#include "api/codec/schema.h"
#include "api/codec/selector.h"
#include "api/store/store.h"

namespace nekoplane::server {

class Selection {
 public:
  // `ns` "" = all namespaces. Errors: kInvalid (400): a field that is not selectable.
  static Result<Selection> Make(const codec::Kind& kind, std::string ns,
                                codec::LabelSelector labels, codec::FieldSelector fields);

  bool Matches(const store::Object& object) const;

  // The namespace that everything selected lies in; "" = any.
  const std::string& ns() const { return ns_; }

  // The only name selected; "" = any.
  const std::string& name() const { return name_; }

  // True if only the scope selects, so that all objects in it match.
  bool everything() const { return labels_.empty() && fields_.empty(); }

 private:
  bool FieldsMatch(const store::Object& object) const;

  std::string ns_, name_;
  codec::LabelSelector labels_;
  codec::FieldSelector fields_;
  bool fields_in_body_ = false;  // some field is not part of the key
};

// metadata.labels of a stored object; reads no further than them.
v1alpha1::StringMap LabelsOf(std::string_view bytes);

}  // namespace nekoplane::server
