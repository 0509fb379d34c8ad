// From an InstanceSpec to the body of POST /containers/create, and the labels that identity rests
// on. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime::docker {

// The port that Neko serves HTTP on, inside.
inline constexpr int kNekoHttpPort = 8080;

// Letters, digits, '-', '_' and '.', starting with a letter or digit: safe in container names,
// labels and URL paths.
bool IsSafeName(std::string_view name);

// kInvalid: what no engine would accept, or would misread.
Result<void> CheckSpec(const InstanceSpec& spec);

std::map<std::string, std::string> ContainerLabels(const InstanceSpec& spec,
                                                   std::string_view installation);

// REQUIRES: spec.profile.
std::map<std::string, std::string> VolumeLabels(const InstanceSpec& spec,
                                                std::string_view installation);

// REQUIRES: CheckSpec(spec). Contains secrets: never log it.
std::string CreateBody(const InstanceSpec& spec, std::string_view installation);

// REQUIRES: spec.profile.
std::string VolumeCreateBody(const InstanceSpec& spec, std::string_view installation);

// `status` with every secret of the spec's environment blotted out of its message.
Status WithoutSecrets(Status status, const InstanceSpec& spec);

}  // namespace nekoplane::runtime::docker
