// What every object carries, as in Kubernetes' ObjectMeta, and how our structs describe themselves.
//
// Each struct has `template <class S, class F> static void Fields(S& self, F&& f)`, which calls
// f("jsonName", self.member) for every field in schema order. Decoding, encoding and the proof that
// struct and CRD agree are all made from it, so a field is named in one place only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nekoplane::v1alpha1 {

inline constexpr char kGroup[] = "nekoplane.dev";
inline constexpr char kVersion[] = "v1alpha1";
inline constexpr char kApiVersion[] = "nekoplane.dev/v1alpha1";

using StringMap = std::map<std::string, std::string>;

struct OwnerReference {
  std::string apiVersion, kind, name, uid;
  std::optional<bool> controller, blockOwnerDeletion;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("apiVersion", s.apiVersion), f("kind", s.kind), f("name", s.name), f("uid", s.uid);
    f("controller", s.controller), f("blockOwnerDeletion", s.blockOwnerDeletion);
  }
};

struct ObjectMeta {
  std::string name, generateName, namespace_, uid, resourceVersion;
  std::int64_t generation = 0;
  std::string creationTimestamp, deletionTimestamp;  // RFC 3339; "" = unset
  std::optional<std::int64_t> deletionGracePeriodSeconds;
  StringMap labels, annotations;
  std::vector<OwnerReference> ownerReferences;
  std::vector<std::string> finalizers;

  bool deleting() const { return !deletionTimestamp.empty(); }

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("name", s.name), f("generateName", s.generateName), f("namespace", s.namespace_);
    f("uid", s.uid), f("resourceVersion", s.resourceVersion), f("generation", s.generation);
    f("creationTimestamp", s.creationTimestamp), f("deletionTimestamp", s.deletionTimestamp);
    f("deletionGracePeriodSeconds", s.deletionGracePeriodSeconds);
    f("labels", s.labels), f("annotations", s.annotations);
    f("ownerReferences", s.ownerReferences), f("finalizers", s.finalizers);
  }
};

// metav1.Condition. `reason` is one of the constants beside each kind; lastTransitionTime moves
// with `status` only.
struct Condition {
  std::string type, status = "Unknown", reason, message;
  std::int64_t observedGeneration = 0;
  std::string lastTransitionTime;

  bool is_true() const { return status == "True"; }

  friend bool operator==(const Condition&, const Condition&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("type", s.type), f("status", s.status), f("observedGeneration", s.observedGeneration);
    f("lastTransitionTime", s.lastTransitionTime), f("reason", s.reason), f("message", s.message);
  }
};

struct LocalRef {  // {name: ...}
  std::string name;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("name", s.name);
  }
};

struct EnvVar {
  std::string name, value;

  friend bool operator==(const EnvVar&, const EnvVar&) = default;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("name", s.name), f("value", s.value);
  }
};

struct ResourceRequirements {
  StringMap requests, limits;  // memory, cpu: Kubernetes quantities

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("requests", s.requests), f("limits", s.limits);
  }
};

struct PortRange {
  std::int64_t from = 0, to = 0;  // both inclusive

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("from", s.from), f("to", s.to);
  }
};

}  // namespace nekoplane::v1alpha1
