// From an engine's refusal (HTTP code and message) to a Status. Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/base/status.h"

namespace nekoplane::runtime::docker {

// What was asked for; the same code means different things.
enum class Ask { kEngine, kContainer, kCreate, kStart, kRemove, kVolume, kImage };

// REQUIRES: http_status >= 400. `body` is {"message": "..."} or anything at all.
//
// kNotFound only where the engine said so, in words of its own, about the thing itself. A 404
// without them (a proxy's, say) is kUnavailable: taking it for "gone" would run a session twice. A
// 404 to kStart is about an instance that existed a moment ago: kUnavailable (reason Vanished),
// look again.
Status MapEngineError(Ask ask, int http_status, std::string_view body);

// The engine's sentence, made fit for one line: at most 400 bytes, no control characters.
std::string EngineMessage(std::string_view body);

// For an error in the middle of a pull's stream, which has no code.
Status MapPullError(std::string_view message);

}  // namespace nekoplane::runtime::docker
