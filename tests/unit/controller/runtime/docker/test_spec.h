// An InstanceSpec with every field set, for tests of the Docker driver.
#pragma once

#include <string>

#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

inline InstanceSpec TestSpec(const std::string& uid = "1b2c") {
  InstanceSpec spec;
  spec.session_uid = uid;
  spec.session_namespace = "default";
  spec.session_name = "my-browser";
  spec.spec_hash = "hash1";
  spec.image = "nekoplane/neko-standin:dev";
  spec.hostname = "neko-" + uid;
  spec.env = {{"NEKO_SERVER_BIND", ":8080", false}, {"NEKO_SESSION_API_TOKEN", "t0ps3cret", true}};
  spec.profile = VolumeMount{PrivateVolumeName(uid), "/home/neko", ""};
  spec.http_port = 8800;
  spec.media_port = 59000;
  spec.memory_bytes = std::int64_t{4} << 30;
  spec.milli_cpu = 1500;
  spec.shm_bytes = std::int64_t{2} << 30;
  spec.pids = 2048;
  spec.stop_timeout = std::chrono::milliseconds(20'500);
  return spec;
}

}  // namespace nekoplane::runtime
