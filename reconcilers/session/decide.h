// The decisions of the session reconciler. Pure: the same inputs give the same plan.
#pragma once

#include "reconcilers/session/inputs.h"
#include "reconcilers/session/plan.h"

namespace nekoplane::reconcilers::session {

Plan Decide(const Inputs& in);

// What the result of kStart means. `plan` is the plan that was carried out.
Record AfterStart(const Inputs& in, const Plan& plan, const Result<runtime::Observed>& result);

// What a failed kRemove or kRemoveVolume means. (Success needs no record: the next look tells.)
Record AfterFailedRemoval(const Inputs& in, const Plan& plan, const Status& why);

// The summary for people, from the conditions.
std::string DerivePhase(const v1alpha1::BrowserSession& session);

// The node that a session has something on: status.nodeName, else that of its instance claim.
std::string NodeOf(const v1alpha1::BrowserSession& session, const store::Ledger& ledger);

}  // namespace nekoplane::reconcilers::session
