// The questions that clients ask about themselves: may I, what may I, who am I. They are not
// stored.
#pragma once

#include <span>

#include "api/server/router.h"

namespace nekoplane::server {

struct ReviewResource {
  const char* group;
  const char* version;
  const char* plural;
  const char* singular;
  const char* kind;
};

// In discovery order.
std::span<const ReviewResource> ReviewResources();

// The review behind a route, or nullptr.
const ReviewResource* FindReview(const Route& route);

}  // namespace nekoplane::server
