// BrowserProfile: a browser's home folder as a volume. Schema: manifests/crds/browserprofiles.yaml.
#pragma once

#include "api/v1alpha1/enums.h"
#include "api/v1alpha1/object_meta.h"

namespace nekoplane::v1alpha1 {

enum class RetentionPolicy { kRetain, kDelete };

template <>
struct EnumNames<RetentionPolicy> {
  static constexpr std::array kNames{std::pair{RetentionPolicy::kRetain, "Retain"},
                                     std::pair{RetentionPolicy::kDelete, "Delete"}};
};

struct BrowserProfileSpec {
  RetentionPolicy retentionPolicy = RetentionPolicy::kRetain;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("retentionPolicy", s.retentionPolicy);
  }
};

struct ProfileHolder {
  std::string sessionUID, since;

  friend bool operator==(const ProfileHolder&, const ProfileHolder&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("sessionUID", s.sessionUID), f("since", s.since);
  }
};

struct BrowserProfileStatus {
  std::int64_t observedGeneration = 0;
  std::vector<Condition> conditions;
  std::string nodeName, volume;
  std::optional<ProfileHolder> holder;
  std::optional<std::int64_t> sizeBytes;
  std::string lastSavedTime;

  friend bool operator==(const BrowserProfileStatus&, const BrowserProfileStatus&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("observedGeneration", s.observedGeneration), f("conditions", s.conditions);
    f("nodeName", s.nodeName), f("volume", s.volume), f("holder", s.holder);
    f("sizeBytes", s.sizeBytes), f("lastSavedTime", s.lastSavedTime);
  }
};

struct BrowserProfile {
  static constexpr char kKind[] = "BrowserProfile";
  static constexpr char kResource[] = "browserprofiles.nekoplane.dev";
  // Keeps the object while a session holds it, and until its volume is dealt with.
  static constexpr char kFinalizer[] = "nekoplane.dev/profile";

  ObjectMeta metadata;
  BrowserProfileSpec spec;
  BrowserProfileStatus status;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("spec", s.spec), f("status", s.status);
  }
};

}  // namespace nekoplane::v1alpha1
