// Which sessions a change concerns, without looking at all of them. Fed by the sessions' informer.
//
// Thread safety: any thread may call; nothing blocks. A change costs O(log n) in sessions.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/base/mutex.h"
#include "api/v1alpha1/browser_session.h"
#include "controller/informer/informer.h"

namespace nekoplane::reconcilers::session {

class SessionIndex {
 public:
  using Ptr = std::shared_ptr<const v1alpha1::BrowserSession>;
  using List = std::vector<Ptr>;  // oldest first

  void Take(const informer::Change<v1alpha1::BrowserSession>& change);

  List Pending() const;
  List OnNode(std::string_view node) const;
  List OfClass(std::string_view name) const;
  List OfProfile(std::string_view ns, std::string_view name) const;
  Ptr WithUid(std::string_view uid) const;  // null if there is none

 private:
  using Age = std::tuple<std::string, std::string>;  // creationTimestamp, uid
  using Group = std::map<Age, Ptr>;
  using Groups = std::map<std::string, Group, std::less<>>;

  void Put(const Ptr& session, bool in) REQUIRES(mu_);
  List Of(const Groups& groups, std::string_view name) const REQUIRES(mu_);

  mutable Mutex mu_;
  std::map<std::string, Ptr, std::less<>> by_uid_ GUARDED_BY(mu_);
  Group pending_ GUARDED_BY(mu_);
  Groups by_node_ GUARDED_BY(mu_), by_class_ GUARDED_BY(mu_), by_profile_ GUARDED_BY(mu_);
};

// Waits for a place.
bool IsPending(const v1alpha1::BrowserSession& session);

}  // namespace nekoplane::reconcilers::session
