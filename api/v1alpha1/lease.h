// coordination.k8s.io/v1 Lease, as far as nekoplane writes it.
#pragma once

#include "api/v1alpha1/object_meta.h"

namespace nekoplane::v1alpha1 {

struct LeaseSpec {
  std::string holderIdentity;
  std::int64_t leaseDurationSeconds = 0;
  std::string acquireTime, renewTime;  // RFC 3339 with microseconds

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("holderIdentity", s.holderIdentity), f("leaseDurationSeconds", s.leaseDurationSeconds);
    f("acquireTime", s.acquireTime), f("renewTime", s.renewTime);
  }
};

struct Lease {
  static constexpr char kKind[] = "Lease";
  static constexpr char kResource[] = "leases.coordination.k8s.io";
  static constexpr char kLeaseApiVersion[] = "coordination.k8s.io/v1";

  ObjectMeta metadata;
  LeaseSpec spec;

  template <class S, class F>
  static void Fields(S& s, F&& f) {
    f("metadata", s.metadata), f("spec", s.spec);
  }
};

}  // namespace nekoplane::v1alpha1
