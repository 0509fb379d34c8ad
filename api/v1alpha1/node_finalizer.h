// What keeps a BrowserNode until nothing of ours is left on its machine.
#pragma once

namespace nekoplane::v1alpha1 {

inline constexpr char kNodeFinalizer[] = "nekoplane.dev/node";

}  // namespace nekoplane::v1alpha1
