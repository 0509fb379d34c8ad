// A BrowserSession as taOS's session object: the same keys, types and words. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "api/v1alpha1/browser_session.h"

namespace nekoplane::taos {

// Annotations and labels the wrapper puts on what it creates.
inline constexpr char kAnnotationRequestedAt[] = "nekoplane.dev/requested-at";
inline constexpr char kAnnotationOwner[] = "nekoplane.dev/owner";  // exact; decides
inline constexpr char kLabelOwner[] = "nekoplane.dev/owner";       // for people; decides nothing
inline constexpr char kLabelCreatedBy[] = "nekoplane.dev/created-by";

// pending, running, idle, stopped or error, from conditions; never from the phase.
std::string_view StatusWord(const v1alpha1::BrowserSession& session);

// The uid without dashes, and back ("" if it is no such id).
std::string IdOfUid(std::string_view uid);
std::string UidOfId(std::string_view id);

// `neko_url` "" = none. `url_given`: the spec has a URL, be it empty. All 14 keys.
nlohmann::ordered_json SessionObject(const v1alpha1::BrowserSession& session, bool url_given,
                                     std::string_view neko_url);

// A user name as a label value: what is not allowed becomes '_'.
std::string OwnerLabel(std::string_view user);

// What a profile's owner annotation says of that user.
std::string OwnerAnnotation(std::string_view user);

// When the session was asked for, in unix seconds.
double CreatedAt(const v1alpha1::BrowserSession& session);

}  // namespace nekoplane::taos
