#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

std::string ContainerName(std::string_view session_uid) {
  return "nekoplane-" + std::string(session_uid);
}

std::string PrivateVolumeName(std::string_view session_uid) {
  return "nekoplane-session-" + std::string(session_uid);
}

std::string ProfileVolumeName(std::string_view profile_uid) {
  return "nekoplane-profile-" + std::string(profile_uid);
}

}  // namespace nekoplane::runtime
