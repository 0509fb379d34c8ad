// Names we put on containers, volumes and objects, so that a restart finds what is ours.
#pragma once

namespace nekoplane::v1alpha1 {

inline constexpr char kLabelInstallation[] = "nekoplane.dev/installation";  // whose it is
inline constexpr char kLabelSessionUid[] = "nekoplane.dev/session-uid";
inline constexpr char kLabelSession[] = "nekoplane.dev/session";  // namespace/name, for people
inline constexpr char kLabelSpecHash[] = "nekoplane.dev/spec-hash";
inline constexpr char kLabelProfileUid[] =
    "nekoplane.dev/profile-uid";  // volumes of BrowserProfiles
inline constexpr char kLabelHttpPort[] = "nekoplane.dev/http-port";
inline constexpr char kLabelMediaPort[] = "nekoplane.dev/media-port";

}  // namespace nekoplane::v1alpha1
