#include "strategies/ab_test/experiment.h"

#include <algorithm>
#include <cmath>

#include "strategies/wording.h"

namespace coalmine {
namespace {

/// Users who converted, and who did not, before a baseline counts as measured.
constexpr std::uint64_t kPilot = 100;

std::uint64_t whole(const Reading& reading) {
  return static_cast<std::uint64_t>(reading.value.value_or(0));
}

std::string say_users(std::uint64_t users) {
  return say_count(static_cast<double>(users));
}

std::string say_arm(const char* name, const Proportion& arm) {
  return std::string(name) + " " + say_users(arm.events) + " of " + say_users(arm.trials) +
         " users (" + say_percent(arm.value()) + ")";
}

std::string say_planned(const PlannedSample& sample) {
  return "planned " + say_users(sample.users_a) + " + " + say_users(sample.users_b) + " users";
}

std::string say_p_value(double p) {
  return p < 0.0001 ? "p below 0.0001" : "p " + say_decimal(p, 4);
}

std::string say_points(double difference) {
  return say_decimal(100 * difference, 2);
}

/// "A 201 of 4 012 users (5.01 %), B ...; B - A 1.48 points (95 % interval 0.46 to 2.5), z 2.84,
/// p 0.0045"
std::string say_comparison(const AbTestPlan& plan, const Arms& arms, const Comparison& result) {
  return say_arm("A", arms.a) + ", " + say_arm("B", arms.b) + "; B - A " +
         say_points(arms.b.value() - arms.a.value()) + " points (" +
         say_percent(1 - plan.significance) + " interval " + say_points(result.difference.low) +
         " to " + say_points(result.difference.high) + "), z " + say_decimal(result.z, 2) + ", " +
         (result.exact ? "Fisher's exact " : "") + say_p_value(result.p_value);
}

/// The first pieces of it: what was counted since the experiment began.
std::vector<Evidence> evidence_since(const Arms& arms, std::size_t count, Duration since) {
  std::vector<Evidence> evidence(arms.evidence);
  evidence.resize(std::min(count, evidence.size()));
  for (Evidence& one : evidence) one.window = since;
  return evidence;
}

Look mismatch(const AbTestPlan& plan, const Arms& arms, const SampleRatio& ratio, Duration since) {
  const double all = static_cast<double>(arms.a.trials + arms.b.trials);
  Look look;
  look.finding = Finding::mismatch;
  look.message = "sample-ratio mismatch: " + say_users(arms.a.trials) + " users in A and " +
                 say_users(arms.b.trials) + " in B, which is " +
                 say_percent(static_cast<double>(arms.b.trials) / all) + " instead of " +
                 say_percent(plan.split) + " (chi-square " + say_decimal(ratio.chi_squared, 1) +
                 ", " + say_p_value(ratio.p_value) + "): the arms cannot be compared";
  look.evidence = evidence_since(arms, 2, since);
  return look;
}

}  // namespace

Arms read_arms(const MetricReader& metrics, const MetricTarget& a, const MetricTarget& b) {
  const Reading users_a = metrics.users(a);
  const Reading users_b = metrics.users(b);
  const Reading converted_a = metrics.conversions(a);
  const Reading converted_b = metrics.conversions(b);
  return {
      {whole(converted_a), whole(users_a)},
      {whole(converted_b), whole(users_b)},
      {users_a.against({}), users_b.against({}), converted_a.against({}), converted_b.against({})}};
}

std::optional<PlannedSample> plan_sample(const AbTestPlan& plan, const Arms& arms) {
  PlannedSample sample;
  if (plan.baseline) {
    sample.baseline = *plan.baseline;
  } else {
    const Proportion both{arms.a.events + arms.b.events, arms.a.trials + arms.b.trials};
    if (both.events < kPilot || both.trials - both.events < kPilot) return std::nullopt;
    sample.baseline = both.value();
  }
  // Where there is no room above, the same difference below.
  const double lift = sample.baseline * plan.minimum_relative_effect;
  sample.alternative = sample.baseline + lift < 1 ? sample.baseline + lift : sample.baseline - lift;
  const double ratio = plan.split / (1 - plan.split);
  const double users_a = required_sample(sample.baseline,
                                         sample.alternative,
                                         {plan.significance, plan.power, plan.alternative, ratio});
  sample.users_a = static_cast<std::uint64_t>(std::ceil(users_a));
  sample.users_b = static_cast<std::uint64_t>(std::ceil(ratio * users_a));
  return sample;
}

std::string describe(const AbTestPlan& plan, const PlannedSample& sample) {
  return say_users(sample.users_a) + " users in A and " + say_users(sample.users_b) +
         " in B, to tell a conversion of " + say_percent(sample.alternative) + " from the " +
         (plan.baseline ? "baseline of " : "measured baseline of ") + say_percent(sample.baseline) +
         " (significance " + say_percent(plan.significance) +
         (plan.alternative == Alternative::two_sided ? " two-sided" : " one-sided") + ", power " +
         say_percent(plan.power) + ")";
}

double progress(const PlannedSample& sample, const Arms& arms) {
  const auto share = [](std::uint64_t seen, std::uint64_t needed) {
    return static_cast<double>(seen) / static_cast<double>(needed);
  };
  return std::min(
      {1.0, share(arms.a.trials, sample.users_a), share(arms.b.trials, sample.users_b)});
}

Look look_at(const AbTestPlan& plan,
             const PlannedSample& sample,
             const Arms& arms,
             Duration since) {
  const double done = progress(sample, arms);
  const bool complete = done >= 1;
  if (done <= 0 || (!complete && !plan.peek)) return {};
  const SampleRatio ratio = sample_ratio_test(arms.a.trials, arms.b.trials, plan.split);
  if (ratio.p_value < plan.srm_significance) return mismatch(plan, arms, ratio, since);

  const Comparison result =
      compare_proportions(arms.b, arms.a, plan.alternative, plan.significance);
  Look look;
  if (result.p_value < plan.significance)
    look.finding = result.z > 0 ? Finding::b_wins : Finding::a_wins;
  else
    look.finding = complete ? Finding::no_difference : Finding::too_early;
  look.message = say_comparison(plan, arms, result) + "; " + say_planned(sample);
  if (!complete) look.message += ", peeked at " + say_percent(done) + " of them";
  look.evidence = evidence_since(arms, arms.evidence.size(), since);
  return look;
}

}  // namespace coalmine
