// Defined in a file that the build generates from the YAML files (embed.cmake).
#pragma once

#include <vector>

#include "api/codec/builtin.h"

namespace nekoplane::codec::embedded {

std::vector<EmbeddedFile> Crds();
std::vector<EmbeddedFile> Classes();
std::vector<EmbeddedFile> Schemas();  // core_kinds, object_meta

}  // namespace nekoplane::codec::embedded
