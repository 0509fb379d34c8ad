// The schema of each kind as an OpenAPI definition, for either version. Internal to openapi_v2/v3.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "api/codec/schema.h"

namespace nekoplane::server {

enum class Dialect { kV2, kV3 };

inline constexpr char kObjectMetaName[] = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

// "dev.nekoplane.v1alpha1.BrowserSession", "io.k8s.api.core.v1.Secret".
std::string DefinitionName(const codec::Kind& kind);

// The definition of a kind: its schema with metadata as a reference, all top-level keys present,
// and x-kubernetes-group-version-kind.
nlohmann::json KindDefinition(const codec::Kind& kind, Dialect dialect);

// ObjectMeta by its name.
nlohmann::json MetaDefinitions(Dialect dialect);

// {"group":..,"version":..,"kind":..}
nlohmann::json GroupVersionKind(const codec::Kind& kind);

// "/apis/nekoplane.dev/v1alpha1/namespaces/{namespace}/browsersessions"
std::string CollectionPath(const codec::Kind& kind);

bool HasVerb(const codec::Kind& kind, const char* verb);

}  // namespace nekoplane::server
