#include "tests/telemetry/differential/random_series.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace coalmine::promql {
namespace {

constexpr Millis kLength = std::chrono::minutes(40);

std::vector<Metric> make_metrics() {
  const LabelPool job{"job", {"api", "web", "db-main"}};
  const LabelPool instance{"instance", {"10.0.0.1:80", "10.0.0.2:80"}};
  const LabelPool region{"region", {"", "eu", "us"}};
  const LabelPool path{"path", {"/", "/pay"}};
  const LabelPool bounds{"le", {"0.1", "0.25", "0.5", "1", "2.5", "10", "+Inf"}};
  // Equal bounds, one that is none, one that is missing, no +Inf for some.
  const LabelPool odd_bounds{"le", {"-1", "0", "1", "1.0", "1e1", "wide", "", "+Inf"}};
  return {
      {"requests_total",
       MetricKind::counter,
       {job, instance, {"code", {"200", "404", "500"}}, region}},
      {"errors_total", MetricKind::counter, {job, instance, {"kind", {"", "timeout", "refused"}}}},
      {"load", MetricKind::gauge, {job, instance, region}},
      {"mode", MetricKind::level, {job, instance}},
      {"queue_length", MetricKind::level, {job, {"zone", {"a", "b", ""}}}},
      {"clock_seconds", MetricKind::clock, {job, region}},
      {"build_info",
       MetricKind::constant,
       {job, {"version", {"v1", "v2"}}, {"team", {"red", "blue"}}}},
      {"odd_names",
       MetricKind::gauge,
       {{"path", {"/a \"b\" \\c", "/\xc3\xbcn\xc3\xaf", "two\nlines", "'quoted'", "`", "<&>"}}}},
      {"job:rate:5m", MetricKind::gauge, {job}},
      {"latency_bucket", MetricKind::buckets, {job, path, bounds}},
      {"latency_count", MetricKind::counter, {job, path}},
      {"odd_bucket", MetricKind::buckets, {job, odd_bounds}},
  };
}

/// When a series is scraped: evenly on whole seconds, evenly on odd milliseconds, or unevenly.
class Grid {
 public:
  explicit Grid(Dice& dice)
      : interval_(dice.pick(std::vector<Millis>{Millis(15'000), Millis(15'000), Millis(30'000)})),
        phase_(dice.chance(50) ? 0 : dice.between(0, 14'999)),
        jitter_(dice.chance(25) ? dice.between(1, 4'000) : 0),
        missed_percent_(dice.chance(30) ? 20 : 0) {}

  std::vector<Millis> times(Dice& dice) const {
    Millis begin{};
    Millis end = kLength;
    Millis gap_begin = end;
    Millis gap_end = end;
    if (dice.chance(15)) begin = Millis(dice.between(0, kLength.count()));
    if (dice.chance(15)) end = Millis(dice.between(0, kLength.count()));
    if (dice.chance(20)) {  // on either side of the lookback
      gap_begin = Millis(dice.between(0, kLength.count()));
      gap_end = gap_begin + Millis(dice.between(60'000, 480'000));
    }
    std::vector<Millis> times;
    for (Millis t = phase_; t <= kLength; t += interval_) {
      const Millis at = t + Millis(jitter_ == 0 ? 0 : dice.between(-jitter_, jitter_));
      if (at < begin || at > end || (at > gap_begin && at < gap_end)) continue;
      if (dice.chance(missed_percent_)) continue;
      times.push_back(at);
    }
    return times;
  }

 private:
  Millis interval_;
  Millis phase_;
  std::int64_t jitter_;
  int missed_percent_;
};

/// The values of one series, sample after sample.
class Values {
 public:
  Values(Dice& dice, MetricKind kind)
      : kind_(kind),
        dirty_(dice.chance(20)),
        fractions_(dice.chance(40)),
        value_(dice.chance(50) ? 0 : static_cast<double>(dice.between(0, 1'000'000))),
        speed_(dice.between(1, 200)) {}

  double next(Dice& dice, Millis at) {
    if (dirty_ && (kind_ == MetricKind::gauge || kind_ == MetricKind::counter) && dice.chance(4))
      return odd(dice);
    switch (kind_) {
      case MetricKind::counter:
      case MetricKind::buckets:
        if (dice.chance(3)) value_ = 0;
        if (dice.chance(75)) value_ += static_cast<double>(dice.between(0, speed_));
        if (fractions_) value_ += dice.unit();
        return value_;
      case MetricKind::gauge:
        value_ += 4 * dice.unit() - 2;
        return fractions_ ? value_ : std::round(value_ * 8) / 8;
      case MetricKind::level:
        return static_cast<double>(dice.between(-1, 3));
      case MetricKind::clock:
        // Around the epoch, and a few centuries on either side.
        return speed_ < 50 ? std::round((dice.unit() - 0.3) * 1e10)
                           : 1.7e9 + static_cast<double>(speed_) * 1e6 +
                                 static_cast<double>(at.count()) * static_cast<double>(speed_);
      case MetricKind::constant:
        break;
    }
    return 1;
  }

 private:
  static double odd(Dice& dice) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return dice.pick({kOrdinaryNan, kInfinity, -kInfinity, -0.0, 1e300, 1e-300});
  }

  MetricKind kind_;
  bool dirty_;
  bool fractions_;
  double value_;
  std::int64_t speed_;
};

/// Every combination of label values, in the order in which the store sorts them.
std::vector<Labels> combinations(const Metric& metric) {
  std::vector<Labels> all{Labels{{std::string(kMetricName), metric.name}}};
  for (const LabelPool& pool : metric.labels) {
    std::vector<Labels> more;
    for (const Labels& labels : all)
      for (const std::string& value : pool.values) {
        Labels one = labels;
        one.set(pool.name, value);
        more.push_back(std::move(one));
      }
    all = std::move(more);
  }
  return all;
}

/// Not all of them: some partners must be missing.
bool exists(Dice& dice, const Metric& metric) {
  switch (metric.kind) {
    case MetricKind::constant:
      return dice.chance(40);
    case MetricKind::buckets:
      return dice.chance(94);
    default:
      return dice.chance(metric.labels.size() > 3 ? 45 : 75);
  }
}

struct NewSeries {
  std::vector<Millis> times;
  std::vector<double> values;
};

/// Counts up to a bound include those of the bounds below, if rarely one of them does not.
void cumulate(Dice& dice, NewSeries& lower, NewSeries& upper) {
  const std::size_t count = std::min(lower.values.size(), upper.values.size());
  for (std::size_t i = 0; i < count; ++i)
    if (!dice.chance(1)) upper.values[i] += lower.values[i];
}

using Family = std::map<Labels, NewSeries>;

Family make_family(Dice& dice, const Metric& metric) {
  Family family;
  Grid grid(dice);
  std::vector<Labels> all = combinations(metric);
  NewSeries* lower = nullptr;
  Labels lower_group;
  for (const Labels& labels : all) {
    if (!exists(dice, metric)) continue;
    const std::vector<std::string> le{"le"};
    const Labels group = labels.all_but(le);
    const bool same_target = metric.kind == MetricKind::buckets && group == lower_group;
    if (!same_target) grid = Grid(dice);
    Values values(dice, metric.kind);
    NewSeries& made = family[labels];
    made.times =
        same_target && lower != nullptr && dice.chance(95) ? lower->times : grid.times(dice);
    for (const Millis at : made.times) made.values.push_back(values.next(dice, at));
    if (same_target && lower != nullptr) cumulate(dice, *lower, made);
    lower = &made;
    lower_group = group;
  }
  return family;
}

}  // namespace

const std::vector<Metric>& metrics() {
  static const std::vector<Metric> kMetrics = make_metrics();
  return kMetrics;
}

RandomSeries random_series(std::uint64_t seed, exposition::Page& page) {
  Dice dice(seed);
  RandomSeries made;
  // Not on a minute: steps of subqueries are aligned to the epoch, scrapes are not.
  made.from = Timestamp(std::chrono::seconds(1'700'000'000) +
                        std::chrono::hours(24 * static_cast<std::int64_t>(seed)));
  made.to = made.from + kLength;
  Family all;
  for (const Metric& metric : metrics()) {
    exposition::Family shown{metric.name, exposition::MetricType::unknown, {}, {}, {}};
    if (metric.kind == MetricKind::counter && metric.name.ends_with("_total"))
      shown.type = exposition::MetricType::counter;
    for (auto& [labels, series] : make_family(dice, metric)) {
      for (std::size_t i = 0; i < series.times.size(); ++i)
        shown.samples.push_back({labels, series.values[i], made.from + series.times[i], {}});
      all[labels] = std::move(series);
    }
    page.families.push_back(std::move(shown));
  }
  // Backwards: the order of answers must not come of the order in which series came.
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    const auto& [labels, series] = *one;
    for (std::size_t i = 0; i < series.times.size(); ++i)
      made.table.append(labels, made.from + series.times[i], series.values[i]);
  }
  return made;
}

}  // namespace coalmine::promql
