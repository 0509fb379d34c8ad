// BrowserClass: what runs for a flavor on a kind of hardware. Schema:
// manifests/crds/browserclasses.yaml.
#pragma once

#include "api/v1alpha1/enums.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::v1alpha1 {

enum class PrepullPolicy { kOnDemand, kAlways };

template <>
struct EnumNames<PrepullPolicy> {
  static constexpr std::array kNames{std::pair{PrepullPolicy::kOnDemand, "OnDemand"},
                                     std::pair{PrepullPolicy::kAlways, "Always"}};
};

// On which nodes the image is fetched before a session asks for it.
struct ClassPrepull {
  PrepullPolicy policy = PrepullPolicy::kOnDemand;
  StringMap nodeSelector;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("policy", s.policy), f("nodeSelector", s.nodeSelector);
  }
};

// Every list that is not empty must contain the node's value.
struct VariantMatch {
  std::vector<std::string> arch, gpuVendor, soc;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("arch", s.arch), f("gpuVendor", s.gpuVendor), f("soc", s.soc);
  }
};

struct ClassVariant {
  std::string name;
  VariantMatch match;
  std::string image;
  std::string encode;                // software | vaapi | nvenc | rkmpp
  std::vector<std::string> devices;  // host paths
  std::int64_t gpus = 0;
  std::string shmSize;  // quantity
  ResourceRequirements resources;
  std::vector<EnvVar> env;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("name", s.name), f("match", s.match), f("image", s.image), f("encode", s.encode);
    f("devices", s.devices), f("gpus", s.gpus), f("shmSize", s.shmSize);
    f("resources", s.resources), f("env", s.env);
  }
};

struct BrowserClassSpec {
  std::string browser = "chromium";
  std::string profilePath = "/home/neko";
  std::vector<ClassVariant> variants;  // first match wins
  ClassPrepull prepull;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("browser", s.browser), f("profilePath", s.profilePath), f("variants", s.variants);
    f("prepull", s.prepull);
  }
};

struct BrowserClass {
  static constexpr char kKind[] = "BrowserClass";
  static constexpr char kResource[] = "browserclasses.nekoplane.dev";

  ObjectMeta metadata;
  BrowserClassSpec spec;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("spec", s.spec);
  }
};

}  // namespace nekoplane::v1alpha1
