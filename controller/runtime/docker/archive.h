// A tar archive in memory, for PUT /containers/{id}/archive: small files and nothing else. Pure.
#pragma once

#include <string>
#include <vector>

#include "api/base/clock.h"
#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime::docker {

// Files below /home/neko belong to uid and gid 1000, and so do the folders between it and them; all
// others belong to root, and folders that are missing are made by the engine (an entry for one that
// exists would change its mode). Same input, same bytes.
//
// Errors: kInvalid: a path that is not absolute, not clean, or too long for the format.
Result<std::string> MakeArchive(const std::vector<FileToPlace>& files, WallTime modified);

}  // namespace nekoplane::runtime::docker
