#include "sim/telemetry/exposition/history.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/telemetry/go_number.h"

namespace coalmine::exposition {
namespace {

/// The series of one metric: one, or all buckets, the sum and the count of a histogram.
using Metric = std::vector<StoredSeries>;

struct Gathered {
  Family family;
  bool instant = false;
  std::map<Labels, Metric> metrics;  ///< by labels but for the name and `le`
};

constexpr std::string_view kTotal = "_total";
/// What Prometheus stores of alerts that pend: since when.
constexpr std::string_view kSinceWhen = "ALERTS_FOR_STATE";

MetricType type_of(const std::string& name) {
  if (name == "counter") return MetricType::counter;
  if (name == "gauge") return MetricType::gauge;
  if (name == "histogram") return MetricType::histogram;
  return name == "summary" ? MetricType::summary : MetricType::unknown;
}

/// The family that a series belongs to by its name.
const MetricFamily* family_of(std::string_view series, std::span<const MetricFamily> known) {
  for (const MetricFamily& family : known) {
    if (series.substr(0, family.name.size()) != family.name) continue;
    const std::string_view suffix = series.substr(family.name.size());
    const auto& allowed = suffixes_of(type_of(family.type));
    const bool counter = family.type == "counter";
    // A library that knows a timer as a summary can be told to have buckets.
    if (family.type == "summary" && suffix == "_bucket") return &family;
    if (suffix.empty() ||
        (!counter && std::find(allowed.begin(), allowed.end(), suffix) != allowed.end()))
      return &family;
  }
  return nullptr;
}

/// Buckets by their bound, then the sum, then the count.
double rank_of(const Labels& labels) {
  const std::string_view name = labels.metric_name();
  const auto ends_with = [&](std::string_view end) {
    return name.size() >= end.size() && name.substr(name.size() - end.size()) == end;
  };
  constexpr double kLast = std::numeric_limits<double>::max();
  if (labels.has("le")) {
    const double bound = parse_go_number(labels.get("le")).value_or(kLast);
    return std::min(bound, kLast / 8);
  }
  return ends_with("_count") ? kLast : kLast / 2;
}

std::map<std::string, Gathered> gather(const SeriesSource& source,
                                       std::span<const MetricFamily> known) {
  std::map<std::string, Gathered> families;
  for (const StoredSeries& series : source.select({})) {
    const std::string name(series.labels->metric_name());
    const MetricFamily* family = family_of(name, known);
    Gathered& gathered = families[family != nullptr ? family->name : name];
    if (gathered.family.name.empty()) {
      gathered.instant = name == kSinceWhen;
      gathered.family.name = family != nullptr ? family->name : name;
      if (family != nullptr) {
        gathered.family.type = type_of(family->type);
        gathered.family.help = family->help;
        gathered.family.unit = family->unit;
        gathered.instant = family->instant;
      }
    }
    if (gathered.family.type == MetricType::summary && series.labels->has("le"))
      gathered.family.type = MetricType::histogram;
    Labels key = series.labels->without_metric_name();
    if (gathered.family.type == MetricType::histogram) key.remove("le");
    gathered.metrics[std::move(key)].push_back(series);
  }
  for (auto& [name, gathered] : families)
    for (auto& [key, metric] : gathered.metrics)
      std::stable_sort(
          metric.begin(), metric.end(), [](const StoredSeries& a, const StoredSeries& b) {
            return rank_of(*a.labels) < rank_of(*b.labels);
          });
  return families;
}

}  // namespace

Page page_at(const SeriesSource& source,
             std::span<const MetricFamily> known,
             Timestamp at,
             Millis lookback) {
  Page page;
  for (auto& [name, gathered] : gather(source, known)) {
    for (const auto& [key, metric] : gathered.metrics) {
      for (const StoredSeries& series : metric) {
        const auto after = std::upper_bound(series.times.begin(), series.times.end(), at);
        if (after == series.times.begin()) continue;
        const auto place = static_cast<std::size_t>(after - series.times.begin()) - 1;
        if (series.times[place] <= at - lookback || is_stale_marker(series.values[place])) continue;
        gathered.family.samples.push_back({*series.labels, series.values[place], {}, {}});
      }
    }
    if (!gathered.family.samples.empty()) page.families.push_back(std::move(gathered.family));
  }
  return page;
}

Page page_of_all(const SeriesSource& source,
                 std::span<const MetricFamily> known,
                 Millis shift,
                 Timestamp from,
                 Timestamp to) {
  Page page;
  const double later = std::chrono::duration<double>(shift).count();
  std::map<std::string, Gathered> families = gather(source, known);
  for (auto& [name, gathered] : families) {
    // OpenMetrics would add the suffix that some counters lack, and nobody asks for them with it.
    const bool counter =
        name.ends_with(kTotal) && families.count(name.substr(0, name.size() - kTotal.size())) == 0;
    if (gathered.family.type == MetricType::counter && !counter)
      gathered.family.type = MetricType::unknown;
    for (const auto& [key, metric] : gathered.metrics) {
      // All series of a metric have their points at the same scrapes; one born late has fewer.
      std::vector<std::size_t> next;
      for (const StoredSeries& series : metric)
        next.push_back(static_cast<std::size_t>(
            std::lower_bound(series.times.begin(), series.times.end(), from) -
            series.times.begin()));
      for (;;) {
        Timestamp now = Timestamp::max();
        for (std::size_t i = 0; i < metric.size(); ++i)
          if (next[i] < metric[i].times.size()) now = std::min(now, metric[i].times[next[i]]);
        if (now == Timestamp::max() || now > to) break;
        for (std::size_t i = 0; i < metric.size(); ++i) {
          if (next[i] == metric[i].times.size() || metric[i].times[next[i]] != now) continue;
          const double value = metric[i].values[next[i]++];
          if (!is_stale_marker(value))
            gathered.family.samples.push_back(
                {*metric[i].labels, gathered.instant ? value + later : value, now + shift, {}});
        }
      }
    }
    if (!gathered.family.samples.empty()) page.families.push_back(std::move(gathered.family));
  }
  return page;
}

}  // namespace coalmine::exposition
