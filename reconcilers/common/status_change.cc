#include "reconcilers/common/status_change.h"

#include <nlohmann/json.hpp>

#include "api/codec/json_codec.h"

namespace nekoplane::reconcilers {
namespace {

template <class T>
bool Same(const T& a, const T& b) {
  T left, right;
  left.status = a.status;
  right.status = b.status;
  return codec::Encode(left) == codec::Encode(right);
}

}  // namespace

bool SameStatus(const v1alpha1::BrowserSession& a, const v1alpha1::BrowserSession& b) {
  return Same(a, b);
}

bool SameStatus(const v1alpha1::BrowserNode& a, const v1alpha1::BrowserNode& b) {
  return Same(a, b);
}

bool SameStatus(const v1alpha1::BrowserProfile& a, const v1alpha1::BrowserProfile& b) {
  return Same(a, b);
}

}  // namespace nekoplane::reconcilers
