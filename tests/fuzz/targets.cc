#include "tests/fuzz/fuzz.h"

namespace nekoplane::fuzz {

std::vector<Target>& Targets() {
  static std::vector<Target> targets;
  return targets;
}

}  // namespace nekoplane::fuzz
