// StaticDriverSet: a map from node to driver, complete at construction.
//
// Thread safety: any thread may call.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/runtime/runtime_driver.h"

namespace nekoplane::runtime {

class StaticDriverSet final : public DriverSet {
 public:
  using Map = std::map<std::string, std::shared_ptr<RuntimeDriver>, std::less<>>;

  explicit StaticDriverSet(Map drivers) : drivers_(std::move(drivers)) {}

  std::shared_ptr<RuntimeDriver> ForNode(std::string_view node) const override {
    const auto it = drivers_.find(node);
    return it == drivers_.end() ? nullptr : it->second;
  }

  std::vector<std::string> Nodes() const override {
    std::vector<std::string> names;
    names.reserve(drivers_.size());
    for (const auto& [name, driver] : drivers_) names.push_back(name);
    return names;
  }

 private:
  const Map drivers_;
};

}  // namespace nekoplane::runtime
