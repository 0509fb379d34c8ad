// From stored objects to the container they ask for. Pure.
#pragma once

#include <string>

#include "api/base/result.h"
#include "controller/runtime/runtime_driver.h"
#include "reconcilers/session/inputs.h"

namespace nekoplane::reconcilers::session {

// REQUIRES: placed; in.node, in.browser_class and in.secrets are there.
// Errors: kInvalid: the session or its class asks for something that makes no sense.
Result<runtime::InstanceSpec> BuildInstanceSpec(const Inputs& in);

// Hex digest of all that a container can only get by being made anew: what the session's own spec
// says (but url, lifecycle, owner, placement wishes), its volume, its ports and the address it
// advertises. Not in it: secrets, and what the BrowserClass says: an edited class applies to the
// next start of a session and never throws people out of a running browser.
// REQUIRES: placed; in.node is there.
std::string SpecHash(const Inputs& in);

// "1280x720@30": the spec's screen, or that of its device.
std::string ScreenOf(const v1alpha1::BrowserSession& session);

// "http://192.168.1.5:8800/"; IPv6 addresses in brackets.
std::string NekoUrl(const v1alpha1::BrowserNode& node, const v1alpha1::SessionPorts& ports);

// "bs-<uid>", with the keys below.
std::string SecretName(std::string_view session_uid);
inline constexpr char kUserPasswordKey[] = "user-password";
inline constexpr char kAdminPasswordKey[] = "admin-password";
inline constexpr char kApiTokenKey[] = "api-token";

}  // namespace nekoplane::reconcilers::session
