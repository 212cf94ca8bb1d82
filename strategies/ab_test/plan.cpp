#include "strategies/ab_test/plan.h"

#include <algorithm>
#include <vector>

#include "strategies/ab_test/experiment.h"
#include "strategies/headers.h"
#include "strategies/wording.h"

namespace coalmine {
namespace {

Section<ArmHeader> header_table() {
  Section<ArmHeader> table("header", "What the requests of arm B carry.");
  table.field("name", &ArmHeader::name, {.help = "of the header; cookie is one", .required = true})
      .field("value", &ArmHeader::value, {.help = "by default any"});
  return table;
}

void check_equal(const AbTestPlan& plan, const SectionView& at, Diagnostics& problems) {
  if (plan.when_equal == WhenEqual::promote && plan.alternative == Alternative::greater)
    problems.error(at.position("whenEqual"),
                   "whenEqual: promote needs alternative: twoSided",
                   "a test for better alone cannot tell equal from worse");
}

void add_design(Section<AbTestPlan>& table) {
  table
      .field("baseline",
             &AbTestPlan::baseline,
             kind::ratio(),
             {.above = "0%",
              .below = "100%",
              .help = "conversion of the old version to plan with; measured by default"})
      .field(
          "minimumRelativeEffect",
          &AbTestPlan::minimum_relative_effect,
          kind::ratio(),
          {.default_text = "20%",
           .above = "0%",
           .below = "100%",
           .help = "smallest difference worth finding, relative: 20% of a 5% baseline is a point"})
      .field("significance",
             &AbTestPlan::significance,
             kind::ratio(),
             {.default_text = "5%",
              .above = "0%",
              .below = "50%",
              .help = "probability of finding a difference where there is none"})
      .field("power",
             &AbTestPlan::power,
             kind::ratio(),
             {.default_text = "80%",
              .min = "50%",
              .below = "100%",
              .help = "probability of finding a difference of minimumRelativeEffect"})
      .field("alternative",
             &AbTestPlan::alternative,
             kind::choice<Alternative>(
                 {{"twoSided", Alternative::two_sided}, {"greater", Alternative::greater}}),
             {.default_text = "twoSided",
              .help = "twoSided: better or worse; greater: only whether the new one is better"})
      .field("srmSignificance",
             &AbTestPlan::srm_significance,
             kind::ratio(),
             {.default_text = "0.05%",
              .above = "0%",
              .below = "50%",
              .help = "p-value of the arms' sizes below which the split counts as broken"})
      .field("whenEqual",
             &AbTestPlan::when_equal,
             kind::choice<WhenEqual>(
                 {{"keepOld", WhenEqual::keep_old}, {"promote", WhenEqual::promote}}),
             {.default_text = "keepOld", .help = "who is in charge when no difference is found"})
      .field("peek",
             &AbTestPlan::peek,
             {.default_text = "false",
              .help = "test at every interval, without the correction that would need"})
      .check(check_equal);
}

}  // namespace

Section<AbTestPlan> ab_test_table() {
  Section<AbTestPlan> table(
      "abTest", "Splits the users and promotes the new version if more of them convert.");
  table
      .field("split",
             &AbTestPlan::split,
             kind::ratio(),
             {.default_text = "50%",
              .above = "0%",
              .below = "100%",
              .help = "share of the users who get the new version"})
      .field("header",
             &AbTestPlan::header,
             kind::section(header_table()),
             {.help = "who gets it, when somebody else splits the users; else a hash decides"})
      .field("metric",
             &AbTestPlan::metric,
             kind::choice<Metric>({{"conversion", Metric::conversion}}),
             {.default_text = "conversion", .help = "what the arms are compared by"})
      .field("interval",
             &AbTestPlan::interval,
             {.default_text = "2m",
              .min = "1s",
              .max = "24h",
              .help = "time between looks, and the window of the guardrail checks"})
      .field("initialDelay",
             &AbTestPlan::initial_delay,
             {.default_text = "30s",
              .min = "0s",
              .max = "24h",
              .help = "after the split, before users are counted"})
      .field("readyWithin",
             &AbTestPlan::ready_within,
             {.default_text = "5m",
              .min = "1s",
              .max = "24h",
              .help = "give up when pods are not available by then"});
  add_design(table);
  table.include(&AbTestPlan::guardrails, check_table());
  return table;
}

void check_ab_test(const AbTestPlan& plan,
                   const Scenario& scenario,
                   const SectionView& at,
                   Diagnostics& problems) {
  check_interval(plan.interval, scenario, at, problems);
  const TrafficSettings& traffic = scenario.traffic;
  const double conversion_of_b = scenario.release.conversion.value_or(traffic.conversion);
  if (std::max(traffic.conversion, conversion_of_b) <= 0) {
    problems.error(at.position("metric"),
                   "nobody converts, so there is nothing to compare",
                   "traffic.conversion is 0%");
    return;
  }
  double split = plan.split;
  if (plan.header) {
    const auto& [name, value] = *plan.header;
    split = share_carrying(name, value, traffic);
    if (split <= 0) {
      problems.error(at.position("header"),
                     nobody_carries(name, value),
                     carried_instead(name, value, traffic));
      return;
    }
  }
  AbTestPlan with_baseline = plan;
  if (!plan.baseline && traffic.conversion > 0 && traffic.conversion < 1)
    with_baseline.baseline = traffic.conversion;
  const auto sample = plan_sample(with_baseline, {});
  if (!sample) return;
  const auto users = static_cast<double>(traffic.users);
  const bool enough = users * (1 - split) >= static_cast<double>(sample->users_a) &&
                      users * split >= static_cast<double>(sample->users_b);
  if (!enough)
    problems.warning(at.position("split"),
                     "the sample will never be complete: it needs " +
                         say_count(static_cast<double>(sample->users_a)) + " users in A and " +
                         say_count(static_cast<double>(sample->users_b)) + " in B",
                     "traffic.users is " + std::to_string(traffic.users));
}

}  // namespace coalmine
