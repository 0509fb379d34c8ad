// "Would this write change anything?" asked before a write is queued, so that an idle system writes
// nothing.
#pragma once

#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_profile.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::reconcilers {

// True if both statuses are the same on the wire.
bool SameStatus(const v1alpha1::BrowserSession& a, const v1alpha1::BrowserSession& b);
bool SameStatus(const v1alpha1::BrowserNode& a, const v1alpha1::BrowserNode& b);
bool SameStatus(const v1alpha1::BrowserProfile& a, const v1alpha1::BrowserProfile& b);

}  // namespace nekoplane::reconcilers
