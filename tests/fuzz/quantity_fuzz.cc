// Amounts, durations and times as people and engines write them.
#include "api/base/clock.h"
#include "api/base/quantity.h"
#include "tests/fuzz/fuzz.h"

namespace nekoplane {

NEKO_FUZZ(quantity) {
  const auto bytes = ParseBytes(input);
  if (bytes) {
    const auto again = ParseBytes(FormatBytes(*bytes));
    NEKO_PROMISE(*bytes >= 0 && again && *again == *bytes);
  } else {
    NEKO_PROMISE(fuzz::Explained(bytes.error()));
  }
  if (const auto milli = ParseMilliCores(input)) {
    const auto again = ParseMilliCores(FormatMilliCores(*milli));
    NEKO_PROMISE(*milli >= 0 && again && *again == *milli);
    NEKO_PROMISE(bytes.has_value());  // a thousand times as much fits, so does it once
  }
  if (const auto duration = ParseDuration(input)) {
    const auto again = ParseDuration(FormatDuration(*duration));
    NEKO_PROMISE(again && *again == *duration);
    NEKO_PROMISE(!HumanDuration(*duration).empty());
  } else {
    NEKO_PROMISE(fuzz::Explained(duration.error()));
  }
  if (const auto time = ParseTime(input)) {
    const auto again = ParseTime(FormatMicroTime(*time));
    NEKO_PROMISE(again && *time - *again >= Duration::zero());
    NEKO_PROMISE(again && *time - *again < std::chrono::microseconds(1));
  } else {
    NEKO_PROMISE(fuzz::Explained(time.error()));
  }
}

}  // namespace nekoplane
