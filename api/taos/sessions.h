// What the wrapper reads of the store: sessions of one namespace, whose they are, and how each
// looks to a client.
//
// Thread safety: any thread may call. Never blocks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/base/clock.h"
#include "api/base/random.h"
#include "api/http/message.h"
#include "api/store/store.h"
#include "api/taos/callers.h"
#include "api/taos/replies.h"
#include "api/v1alpha1/browser_node.h"
#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {

// Where the client that asks can reach this machine; "" = use the node's address.
std::string ReachableHost(const http::Request& request, const Caller& caller);

class Sessions {
 public:
  struct Found {
    store::ObjectPtr object;
    v1alpha1::BrowserSession session;
    bool url_given = false;
  };

  Sessions(const store::Store& store, std::string ns) : store_(store), ns_(std::move(ns)) {}

  // The session of that id if `user` owns it.
  std::optional<Found> Find(std::string_view id, std::string_view user) const;

  // All that `user` owns and that are not going away, newest first.
  std::vector<Found> ListOf(std::string_view user) const;

  // nullopt if the bytes do not decode.
  static std::optional<Found> Open(store::ObjectPtr object);

  // The session object, with neko_url if it runs and everything for it is known.
  Json View(const Found& found, const std::string& reachable_host) const;

  std::vector<v1alpha1::BrowserNode> Nodes() const;

 private:
  std::string NekoUrlOf(const v1alpha1::BrowserSession& session,
                        const std::string& reachable_host) const;

  const store::Store& store_;
  const std::string ns_;
};

}  // namespace nekoplane::taos
