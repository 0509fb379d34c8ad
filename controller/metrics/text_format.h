// The text format that Prometheus scrapes, version 0.0.4.
//
// Our own and not prometheus-cpp's: that one leaves newlines in help texts as they are, which makes
// the whole scrape fail, and takes four times as long for the thousands of series of many nodes.
#pragma once

#include <prometheus/metric_family.h>

#include <string>

namespace nekoplane::metrics {

// Appends the lines of one family, series in the order given. Summaries are left out: there are
// none here (README.md).
void AppendFamily(std::string& text, const prometheus::MetricFamily& family);

}  // namespace nekoplane::metrics
