// Namespaces: the two that always exist, and deletion, which is refused while anything is inside.
//
// Deletion takes two commits, so that no object can slip in between the look and the deletion:
// first the namespace is marked (creations are refused from then on), then, still empty, it goes;
// not empty any more, the mark is taken back. A crash in between leaves the mark, and the next
// deletion goes on from there. Events do not count as contents; they go with the namespace.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "api/codec/schema.h"
#include "api/registry/commit_loop.h"
#include "api/registry/planners.h"

namespace nekoplane::registry {

inline constexpr char kDefaultNamespace[] = "default";
inline constexpr char kSystemNamespace[] = "nekoplane-system";

bool IsNamespace(const codec::Kind& kind);
bool IsTerminating(const nlohmann::json& namespace_object);

// "2 browsersessions.nekoplane.dev, 1 secrets", in the order of the kind table; "" = empty.
std::string NamespaceContents(const store::Store& store, const codec::KindTable& kinds,
                              std::string_view ns);

Planner NamespaceDeletePlanner(const PlannerDeps& deps, const codec::Kind& kind, std::string name,
                               DeleteOptions options);

}  // namespace nekoplane::registry
