/// Two arms compared by how many of their units did something (users who converted): is there a
/// difference, how large, how many units does it take to see one, and is the split between the arms
/// what it should be. Source: specs/statistics.md sections 1.1, 1.3, 1.4 (Fisher), 1.5 and 1.6.
///
/// A strategy decides with these in the middle of a run, so they rest on the portable math of the
/// kernel alone: the same bits on every machine.
#pragma once

#include <cstdint>

#include "sim/analysis/statistics.h"

namespace coalmine {

/// `events` of `trials` independent units.
struct Proportion {
  std::uint64_t events = 0;  ///< at most `trials`
  std::uint64_t trials = 0;

  double value() const { return static_cast<double>(events) / static_cast<double>(trials); }
};

/// What a test holds against "both are equal".
enum class Alternative {
  two_sided,  ///< they differ
  greater,    ///< the first is greater; a smaller first is then no finding at all
};

/// z test of two proportions, with the pooled standard error.
struct TwoProportions {
  double z = 0;            ///< of p1 - p2; 0 where nobody or everybody did it
  double chi_squared = 0;  ///< z squared, one degree of freedom
  double p_value = 1;
  Interval difference;  ///< of p1 - p2 (Wald), within [-1, 1], two-sided
  bool valid = false;   ///< every expected count is at least 5; else use an exact test
};
/// `continuity` applies Yates' correction. Both have trials.
TwoProportions two_proportion_test(const Proportion& first,
                                   const Proportion& second,
                                   Alternative alternative = Alternative::two_sided,
                                   bool continuity = false,
                                   double alpha = kDefaultAlpha);

/// Newcombe's interval of p1 - p2, made of the two Wilson intervals: the display default. Both have
/// trials.
Interval newcombe_interval(const Proportion& first,
                           const Proportion& second,
                           double alpha = kDefaultAlpha);

/// p-value of Fisher's exact test. Two-sided: the probability, given the margins, of all tables not
/// more likely than this one (relative slack 1e-7, as in R).
double fisher_exact_test(const Proportion& first,
                         const Proportion& second,
                         Alternative alternative = Alternative::two_sided);

/// The test one reports: z uncorrected where it is valid, Fisher's where an expected count is below
/// 5, and Newcombe's interval.
struct Comparison {
  double z = 0;
  double p_value = 1;
  bool exact = false;   ///< p_value is Fisher's
  Interval difference;  ///< of p1 - p2
};
Comparison compare_proportions(const Proportion& first,
                               const Proportion& second,
                               Alternative alternative = Alternative::two_sided,
                               double alpha = kDefaultAlpha);

/// Sample-ratio mismatch: goodness of fit of two arms' sizes to the configured split. A small
/// p-value says that something but chance moved units between the arms (a broken split, an arm that
/// loses its own requests), so that they cannot be compared. Usual alarm: p < 0.0005.
struct SampleRatio {
  double chi_squared = 0;  ///< one degree of freedom
  double p_value = 1;
};
/// At least one unit; `share_of_second` in (0, 1).
SampleRatio sample_ratio_test(std::uint64_t first, std::uint64_t second, double share_of_second);

/// What a planned test promises.
struct TestDesign {
  double significance = kDefaultAlpha;  ///< probability of finding a difference that is not there
  double power = 0.8;                   ///< ... of finding the planned one
  Alternative alternative = Alternative::two_sided;
  double ratio = 1;  ///< size of the second arm / size of the first, > 0
};
/// Units the first arm needs to tell p1 from p2; the second needs `ratio` times as many. Not
/// rounded; for equal arms R's power.prop.test (the far tail is ignored).
double required_sample(double p1, double p2, const TestDesign& design);
/// The power with n1 units in the first arm, whatever design.power says.
double power_with(double n1, double p1, double p2, const TestDesign& design);

}  // namespace coalmine
