#include "sim/telemetry/exposition/family_checks.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "sim/telemetry/go_number.h"

namespace coalmine::exposition {
namespace {

/// The buckets and the count of one histogram at one instant.
struct Point {
  int line = 0;  ///< where it begins
  double bound = -std::numeric_limits<double>::infinity();
  std::string bound_text;
  double in_bucket = 0;
  std::size_t buckets = 0;
  std::optional<double> count;
};
using PointKey = std::pair<Labels, std::optional<Timestamp>>;

class FamilyCheck {
 public:
  FamilyCheck(const Family& family, std::span<const int> lines, Findings& findings)
      : family_(family), lines_(lines), findings_(findings) {}

  void run() {
    switch (family_.type) {
      case MetricType::counter:
        return each([this](const Sample& s) { not_negative(s, "a counter"); });
      case MetricType::summary:
        return each([this](const Sample& s) { quantile(s); });
      case MetricType::info:
        return each([this](const Sample& s) {
          if (s.value != 1) warn(fmt::format("the value of an info is 1, not {}", text(s)));
        });
      case MetricType::stateset:
        return each([this](const Sample& s) { state(s); });
      case MetricType::histogram:
      case MetricType::gaugehistogram:
        return histogram();
      default:
        return;
    }
  }

 private:
  template <class Check>
  void each(const Check& check) {
    for (const Sample& s : family_.samples) {
      line_ = lines_[static_cast<std::size_t>(&s - family_.samples.data())];
      check(s);
    }
  }
  void warn(const std::string& message) { findings_.warning(line_, {}, message); }
  static std::string text(const Sample& s) { return go_number(s.value); }
  bool is_named(const Sample& s, std::string_view suffix) const {
    const std::string_view name = s.labels.metric_name();
    return name.size() == family_.name.size() + suffix.size() && name.ends_with(suffix);
  }

  void not_negative(const Sample& s, const char* what) {
    if (std::isnan(s.value) || s.value < 0)
      warn(fmt::format("{} is never {}", what, std::isnan(s.value) ? "NaN" : "negative"));
  }
  void quantile(const Sample& s) {
    if (is_named(s, "_count")) not_negative(s, "a count");
    if (!is_named(s, "")) return;
    const std::string_view label = s.labels.get("quantile");
    const auto q = parse_go_number(label);
    if (label.empty())
      warn(fmt::format("{} is a summary: its samples need a label quantile", shown()));
    else if (!q || !(*q >= 0 && *q <= 1))
      warn(fmt::format("a quantile lies in 0 to 1, not at {}", found(label)));
  }
  void state(const Sample& s) {
    if (s.value != 0 && s.value != 1)
      warn(fmt::format("the value of a state is 0 or 1, not {}", text(s)));
    if (!s.labels.has(family_.name))
      warn(fmt::format("the label {0} of the stateset {0} is missing", shown()));
  }

  void histogram() {
    std::map<PointKey, Point> points;
    each([&](const Sample& s) {
      const bool bucket = is_named(s, "_bucket");
      if (!bucket && !is_named(s, "_count") && !is_named(s, "_gcount")) return;
      Labels labels = s.labels.without_metric_name();
      labels.remove("le");
      Point& point = points[{std::move(labels), s.time}];
      if (point.line == 0) point.line = line_;
      if (bucket)
        add_bucket(s, point);
      else
        point.count = s.value;
    });
    for (const auto& [key, point] : points) end_point(point);
  }
  void add_bucket(const Sample& s, Point& point) {
    const std::string_view label = s.labels.get("le");
    const auto bound = parse_go_number(label);
    if (label.empty()) return warn(fmt::format("a bucket of {} needs a label le", shown()));
    if (!bound || std::isnan(*bound))
      return warn(fmt::format("the upper bound of a bucket is a number, not {}", found(label)));
    not_negative(s, "the count of a bucket");
    if (point.buckets > 0 && *bound <= point.bound)
      warn(fmt::format("buckets stand in increasing order: le={} comes after le={}",
                       found(label),
                       found(point.bound_text)));
    else if (point.buckets > 0 && s.value < point.in_bucket)
      warn(fmt::format("buckets are cumulative: {} up to le={} is less than {} up to le={}",
                       text(s),
                       found(label),
                       go_number(point.in_bucket),
                       found(point.bound_text)));
    ++point.buckets;
    if (*bound < point.bound) return;
    point.bound = *bound;
    point.bound_text = label;
    point.in_bucket = s.value;
  }
  void end_point(const Point& point) {
    line_ = point.line;
    if (point.buckets == 0) return warn(fmt::format("{} is a histogram without buckets", shown()));
    if (!std::isinf(point.bound))
      warn(fmt::format("the last bucket of {} must have le=\"+Inf\"", shown()));
    else if (point.count && *point.count != point.in_bucket)
      warn(fmt::format("the bucket le=\"+Inf\" of {} holds {}, its count is {}",
                       shown(),
                       go_number(point.in_bucket),
                       go_number(*point.count)));
  }
  /// The name of the family, of a length for messages.
  std::string shown() const { return family_.name.substr(0, 80); }

  const Family& family_;
  std::span<const int> lines_;
  Findings& findings_;
  int line_ = 0;
};

}  // namespace

void check_family(const Family& family, std::span<const int> lines, Findings& findings) {
  FamilyCheck(family, lines, findings).run();
}

}  // namespace coalmine::exposition
