#include "sim/telemetry/exposition/page.h"

#include <array>
#include <cstddef>

#include "sim/telemetry/go_number.h"

namespace coalmine::exposition {

void write_bounds_as_floats(Page& page) {
  for (Family& family : page.families) {
    const char* label = family.type == MetricType::histogram ? "le"
                        : family.type == MetricType::summary ? "quantile"
                                                             : nullptr;
    if (label == nullptr) continue;
    for (Sample& sample : family.samples)
      if (const auto bound = parse_go_number(sample.labels.get(label)))
        sample.labels.set(label, go_number_of_openmetrics(*bound));
  }
}

std::string_view name_of(MetricType type) {
  static constexpr std::array<std::string_view, 8> kNames{
      "unknown", "counter", "gauge", "histogram", "summary", "info", "stateset", "gaugehistogram"};
  return kNames.at(static_cast<std::size_t>(type));
}

const std::vector<std::string_view>& suffixes_of(MetricType type) {
  static const std::vector<std::string_view> kPlain{""};
  static const std::vector<std::string_view> kCounter{"_total", "_created"};
  static const std::vector<std::string_view> kHistogram{"_bucket", "_count", "_sum", "_created"};
  static const std::vector<std::string_view> kSummary{"", "_count", "_sum", "_created"};
  static const std::vector<std::string_view> kInfo{"_info"};
  static const std::vector<std::string_view> kGaugeHistogram{"_bucket", "_gcount", "_gsum"};
  switch (type) {
    case MetricType::counter:
      return kCounter;
    case MetricType::histogram:
      return kHistogram;
    case MetricType::summary:
      return kSummary;
    case MetricType::info:
      return kInfo;
    case MetricType::gaugehistogram:
      return kGaugeHistogram;
    default:
      return kPlain;
  }
}

}  // namespace coalmine::exposition
