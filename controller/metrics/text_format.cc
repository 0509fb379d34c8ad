#include "controller/metrics/text_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace nekoplane::metrics {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

void AppendEscaped(std::string& text, std::string_view raw, bool quotes) {
  if (raw.find_first_of("\\\n\"") == std::string_view::npos) {
    text += raw;
    return;
  }
  for (const char c : raw) {
    if (c == '\n') {
      text += "\\n";
      continue;
    }
    if (c == '\\' || (quotes && c == '"')) text += '\\';
    text += c;
  }
}

template <class T>
void AppendDigits(std::string& text, T value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void AppendNumber(std::string& text, double value) {
  constexpr double kExact = 1e15;  // below it, a whole number is one in a double
  if (std::isnan(value)) {
    text += "NaN";
  } else if (std::isinf(value)) {
    text += value < 0 ? "-Inf" : "+Inf";
  } else if (std::abs(value) < kExact && value == std::trunc(value)) {
    AppendDigits(text, static_cast<std::int64_t>(value));
  } else {
    AppendDigits(text, value);
  }
}

void AppendLabel(std::string& text, std::string_view name, std::string_view value) {
  text += text.back() == '{' ? "" : ",";
  text += name;
  text += "=\"";
  AppendEscaped(text, value, true);
  text += '"';
}

// NAME SUFFIX {LABELS, and perhaps one more whose value is a number}, a space.
void AppendSeries(std::string& text, std::string_view name, std::string_view suffix,
                  const ClientMetric& metric, std::string_view extra = "", double at = 0) {
  text += name;
  text += suffix;
  if (!metric.label.empty() || !extra.empty()) {
    text += '{';
    for (const auto& label : metric.label) AppendLabel(text, label.name, label.value);
    if (!extra.empty()) {
      std::string number;
      AppendNumber(number, at);
      AppendLabel(text, extra, number);
    }
    text += '}';
  }
  text += ' ';
}

void AppendEnd(std::string& text, const ClientMetric& metric) {
  if (metric.timestamp_ms != 0) {
    text += ' ';
    AppendDigits(text, metric.timestamp_ms);
  }
  text += '\n';
}

void AppendValue(std::string& text, std::string_view name, const ClientMetric& metric,
                 double value) {
  AppendSeries(text, name, "", metric);
  AppendNumber(text, value);
  AppendEnd(text, metric);
}

void AppendTotals(std::string& text, std::string_view name, const ClientMetric& metric,
                  std::uint64_t count, double sum) {
  AppendSeries(text, name, "_count", metric);
  AppendDigits(text, count);
  AppendEnd(text, metric);
  AppendSeries(text, name, "_sum", metric);
  AppendNumber(text, sum);
  AppendEnd(text, metric);
}

void AppendHistogram(std::string& text, std::string_view name, const ClientMetric& metric) {
  AppendTotals(text, name, metric, metric.histogram.sample_count, metric.histogram.sample_sum);
  bool closed = false;
  const auto bucket = [&](double bound, std::uint64_t count) {
    AppendSeries(text, name, "_bucket", metric, "le", bound);
    AppendDigits(text, count);
    AppendEnd(text, metric);
    closed = std::isinf(bound);
  };
  for (const auto& b : metric.histogram.bucket) bucket(b.upper_bound, b.cumulative_count);
  if (!closed) bucket(HUGE_VAL, metric.histogram.sample_count);
}

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Summary:  // there is none
    case MetricType::Untyped:
      break;
  }
  return "untyped";
}

}  // namespace

void AppendFamily(std::string& text, const prometheus::MetricFamily& family) {
  const std::string_view name = family.name;
  if (!family.help.empty()) {
    text.append("# HELP ").append(name) += ' ';
    AppendEscaped(text, family.help, false);
    text += '\n';
  }
  text.append("# TYPE ").append(name).append(" ").append(TypeName(family.type)) += '\n';
  for (const ClientMetric& metric : family.metric) {
    switch (family.type) {
      case MetricType::Counter:
        AppendValue(text, name, metric, metric.counter.value);
        break;
      case MetricType::Gauge:
        AppendValue(text, name, metric, metric.gauge.value);
        break;
      case MetricType::Untyped:
        AppendValue(text, name, metric, metric.untyped.value);
        break;
      case MetricType::Histogram:
        AppendHistogram(text, name, metric);
        break;
      case MetricType::Summary:
        break;
    }
  }
}

}  // namespace nekoplane::metrics
