#include "sim/analysis/outcomes.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "sim/kernel/assert.h"

namespace coalmine {

namespace {

constexpr Duration kBack = std::chrono::minutes(5);
constexpr Duration kFirstPart = std::chrono::minutes(1);
constexpr double kShareOfBudget = 0.1;
// Hundreds of overlapping stretches are looked at: of 5000 pairs of worlds with nothing in common
// but the law (4 bad of 4000 per bin, 240 bins), 4 standard errors called 0.7 % harmed, 4.5 none.
constexpr double kErrorsToBegin = 4.5;
constexpr double kErrorsToEnd = 2;

std::vector<std::uint64_t> running_sum(const std::vector<std::uint64_t>& values) {
  std::vector<std::uint64_t> sums(values.size() + 1, 0);
  for (std::size_t i = 0; i < values.size(); ++i) sums[i + 1] = sums[i] + values[i];
  return sums;
}

std::size_t bins_in(Duration length, Duration width) {
  return static_cast<std::size_t>(std::max<std::int64_t>(1, length / width));
}

class Comparison {
 public:
  Comparison(const EdgeBins& treated, const EdgeBins& control, double budget_share)
      : treated_requests_(running_sum(treated.requests)),
        treated_bad_(running_sum(treated.bad)),
        control_requests_(running_sum(control.requests)),
        control_bad_(running_sum(control.bad)),
        minute_(bins_in(kFirstPart, treated.width)),
        five_minutes_(bins_in(kBack, treated.width)),
        floor_(kShareOfBudget * budget_share) {}

  /// The first bin of the first harm that lies in the bins from `from` on.
  std::optional<std::size_t> harm_begins(std::size_t from) const {
    for (std::size_t end = from + 1; end <= size(); ++end) {
      if (exceeds(end - 1, end, kErrorsToBegin)) return end - 1;
      for (const std::size_t length : {minute_, five_minutes_})
        if (end >= from + length && exceeds(end - length, end, kErrorsToBegin))
          return began(end - length, end, from);
    }
    return std::nullopt;
  }

  /// The first bin after `harm` with which five minutes begin that have nothing of it left.
  std::optional<std::size_t> well_again(std::size_t harm) const {
    for (std::size_t b = harm + 1; b + five_minutes_ <= size(); ++b)
      if (!exceeds(b, b + 1, kErrorsToEnd) && !exceeds(b, b + minute_, kErrorsToEnd) &&
          !exceeds(b, b + five_minutes_, kErrorsToEnd))
        return b;
    return std::nullopt;
  }

 private:
  std::size_t size() const { return treated_requests_.size() - 1; }

  /// Whether bins [from, to) are worse than the control's beyond the tolerance.
  bool exceeds(std::size_t from, std::size_t to, double standard_errors) const {
    const double n1 = between(treated_requests_, from, to);
    const double n0 = between(control_requests_, from, to);
    if (n1 <= 0 || n0 <= 0) return false;
    const double x1 = between(treated_bad_, from, to);
    const double x0 = between(control_bad_, from, to);
    const double pooled = (x1 + x0) / (n1 + n0);
    const double error = std::sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0));
    return x1 / n1 - x0 / n0 > std::max(floor_, standard_errors * error);
  }

  /// Whether one bin has more than the control's bad ratio, by however little.
  bool has_excess(std::size_t bin) const {
    const double n1 = between(treated_requests_, bin, bin + 1);
    const double n0 = between(control_requests_, bin, bin + 1);
    const double x1 = between(treated_bad_, bin, bin + 1);
    const double x0 = between(control_bad_, bin, bin + 1);
    return x1 * n0 > x0 * n1;
  }

  /// Where the excess found in [from, to) began: its first bin with any, and back from there
  /// through the unbroken run of such bins, as far as `earliest`.
  std::size_t began(std::size_t from, std::size_t to, std::size_t earliest) const {
    std::size_t bin = from;
    while (bin + 1 < to && !has_excess(bin)) ++bin;
    while (bin > earliest && has_excess(bin - 1)) --bin;
    return bin;
  }

  static double between(const std::vector<std::uint64_t>& sums, std::size_t from, std::size_t to) {
    return static_cast<double>(sums[to] - sums[from]);
  }

  std::vector<std::uint64_t> treated_requests_;
  std::vector<std::uint64_t> treated_bad_;
  std::vector<std::uint64_t> control_requests_;
  std::vector<std::uint64_t> control_bad_;
  std::size_t minute_;  ///< in bins, as the next
  std::size_t five_minutes_;
  double floor_;
};

}  // namespace

Restoration find_restoration(const EdgeBins& treated,
                             const EdgeBins& control,
                             double tightest_budget_share) {
  CM_ASSERT(treated.width.count() > 0 && treated.width == control.width);
  CM_ASSERT(treated.requests.size() == treated.bad.size());
  CM_ASSERT(control.requests.size() == control.bad.size());
  CM_ASSERT(treated.requests.size() == control.requests.size());
  CM_ASSERT(tightest_budget_share > 0);

  const Comparison compared(treated, control, tightest_budget_share);
  const auto time_of = [&](std::size_t bin) {
    return static_cast<std::int64_t>(bin) * treated.width;
  };

  Restoration result;
  std::size_t from = 0;
  while (const auto harm = compared.harm_begins(from)) {
    if (!result.harmed_at) result.harmed_at = time_of(*harm);
    result.restored_at.reset();
    const auto back = compared.well_again(*harm);
    if (!back) break;
    result.restored_at = time_of(*back);
    from = *back;
  }
  return result;
}

}  // namespace coalmine
