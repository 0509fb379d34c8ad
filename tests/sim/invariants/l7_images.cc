// L7: A node has the images that classes want on it, and says which.
#include <algorithm>

#include "reconcilers/images/decide.h"
#include "tests/sim/invariants/invariant.h"

namespace nekoplane::sim {

void CheckImages(const View& view, Wrong& wrong) {
  const auto& client = view.program.client();
  const auto classes = client.List<v1alpha1::BrowserClass>();
  for (const auto& node : client.List<v1alpha1::BrowserNode>()) {
    const auto engine = view.world.engines.find(node.metadata.name);
    if (engine == view.world.engines.end()) continue;
    const auto wishes = reconcilers::images::WishesFor(node, classes);
    const std::string on = " on " + node.metadata.name;
    for (const auto& [image, always] : wishes) {
      const bool there = engine->second->HasImage(image);
      const auto listed =
          std::find_if(node.status.images.begin(), node.status.images.end(),
                       [&image = image](const auto& entry) { return entry.image == image; });
      const bool told =
          listed != node.status.images.end() && listed->phase == v1alpha1::NodeImagePhase::kPresent;
      if (always && !there && reconcilers::images::TakesImages(node)) {
        wrong.push_back("image " + image + " never came to be" + on);
      }
      if (there != told && reconcilers::images::TakesImages(node)) {
        wrong.push_back("image " + image + (told ? " is said to be" : " is not said to be") + on);
      }
    }
    for (const auto& entry : node.status.images) {
      if (!wishes.contains(entry.image)) {
        wrong.push_back("image " + entry.image + " is listed" + on + ", but no class names it");
      }
    }
  }
}

}  // namespace nekoplane::sim
