#include "controller/runtime/unavailable_driver.h"

namespace nekoplane::runtime {
namespace {

class NothingToHear final : public Subscription {};

}  // namespace

UnavailableDriver::UnavailableDriver(const Status& why)
    : why_(MakeStatus(Code::kUnavailable, why.reason, why.message)) {}

std::unique_ptr<Subscription> UnavailableDriver::Watch(std::function<void(const Hint&)>) {
  return std::make_unique<NothingToHear>();
}

}  // namespace nekoplane::runtime
