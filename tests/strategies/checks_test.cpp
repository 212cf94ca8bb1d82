// The law of the checks without an engine: one check on given readings, and the count of checks.
#include "strategies/checks.h"

#include <catch2/catch.hpp>

#include "strategies/canary/plan.h"
#include "strategies/sizing.h"

using namespace coalmine;
using namespace coalmine::literals;
using Catch::Contains;

namespace {

constexpr DeploymentId kCanary{1};
constexpr DeploymentId kReference{2};

/// Fixed answers for two sides; a missing value is "no data".
class FixedMetrics : public MetricReader {
 public:
  struct Side {
    std::optional<double> errors;
    std::optional<double> p99;
    double samples = 0;
  };
  FixedMetrics(Side canary, Side reference) : canary_(canary), reference_(reference) {}

  Reading error_ratio(const MetricTarget& target, Duration window) const override {
    const Side& side = of(target);
    return {side.errors, side.samples, window, "errors"};
  }
  Reading latency_quantile(const MetricTarget& target, double q, Duration window) const override {
    CHECK(q == 0.99);
    const Side& side = of(target);
    return {side.p99, side.samples, window, "p99"};
  }
  Reading slow_ratio(const MetricTarget&, Duration, Duration) const override { return {}; }
  Reading request_rate(const MetricTarget&, Duration) const override { return {}; }
  Reading users(const MetricTarget&) const override { return {}; }
  Reading conversions(const MetricTarget&) const override { return {}; }
  Reading query(const std::string&) const override { return {}; }

 private:
  const Side& of(const MetricTarget& target) const {
    return target.deployments.at(0) == kCanary ? canary_ : reference_;
  }
  Side canary_;
  Side reference_;
};

CheckPlan plan() {
  CheckPlan made;
  made.max_error_ratio = 0.01;
  made.error_tolerance = 1.5;
  made.latency_tolerance = 1.5;
  made.min_samples = 50;
  return made;
}

CheckResult check(FixedMetrics::Side canary,
                  FixedMetrics::Side reference,
                  const CheckPlan& how = plan()) {
  const FixedMetrics metrics(canary, reference);
  return check(how,
               measure(metrics, MetricTarget{{kCanary}, Vantage::router}, 2min),
               measure(metrics, MetricTarget{{kReference}, Vantage::router}, 2min));
}

}  // namespace

TEST_CASE("a canary that is as good as its reference passes and says on what evidence",
          "[strategies][checks]") {
  const CheckResult result = check({0.004, 0.25, 1130}, {0.003, 0.24, 1200});
  CHECK(result.outcome == CheckOutcome::passed);
  CHECK(result.message ==
        "error ratio 0.4 % of 1 130 requests in 2 min, limit 1 %; p99 250 ms, limit 360 ms");
  CHECK(result.evidence.at(0).samples == 1130);
  CHECK(result.evidence.at(0).window == 2min);
  CHECK(result.evidence.at(0).value == 0.004);
  CHECK(result.evidence.at(0).limit == 0.01);
  // The reference's p99 made the limit of the second rule; its errors made none.
  REQUIRE(result.evidence.size() == 3);
  CHECK(result.evidence[1].query == "p99");
  CHECK(result.evidence[1].limit.value() == Approx(0.36));
  CHECK(result.evidence[2].value == 0.24);
  CHECK_FALSE(result.evidence[2].limit);
}

TEST_CASE("errors fail above the limit and pass at it", "[strategies][checks]") {
  CHECK(check({0.01, 0.25, 1000}, {0, 0.25, 1000}).outcome == CheckOutcome::passed);
  const CheckResult result = check({0.048, 0.25, 1000}, {0, 0.25, 1000});
  CHECK(result.outcome == CheckOutcome::failed);
  CHECK_THAT(result.message, Contains("error ratio 4.8 %") && Contains("limit 1 %"));
}

TEST_CASE("errors that the reference has too are forgiven up to the tolerance",
          "[strategies][checks]") {
  // reference 30 % x 1.5 = 45 %
  CHECK(check({0.44, 0.25, 1000}, {0.30, 0.25, 1000}).outcome == CheckOutcome::passed);
  const CheckResult worse = check({0.46, 0.25, 1000}, {0.30, 0.25, 1000});
  CHECK(worse.outcome == CheckOutcome::failed);
  REQUIRE(worse.evidence.size() == 2);
  CHECK(*worse.evidence[0].limit == Approx(0.45));
  CHECK(worse.evidence[1].value == 0.30);
}

TEST_CASE("a slow canary fails against the reference", "[strategies][checks]") {
  // 1.5 x 240 ms = 360 ms
  CHECK(check({0, 0.359, 1000}, {0, 0.24, 1000}).outcome == CheckOutcome::passed);
  const CheckResult slow = check({0, 0.361, 1000}, {0, 0.24, 1000});
  CHECK(slow.outcome == CheckOutcome::failed);
  CHECK(slow.evidence.at(0).query == "p99");
}

TEST_CASE("the tighter of the two latency limits counts", "[strategies][checks]") {
  CheckPlan how = plan();
  how.max_p99 = 300ms;
  CHECK(check({0, 0.31, 1000}, {0, 0.24, 1000}, how).outcome == CheckOutcome::failed);
  how.max_p99 = 400ms;
  CHECK(check({0, 0.37, 1000}, {0, 0.24, 1000}, how).outcome == CheckOutcome::failed);
}

TEST_CASE("without a reference only the fixed limits count", "[strategies][checks]") {
  CheckPlan how = plan();
  const FixedMetrics metrics({0.005, 9.0, 1000}, {});
  const Measurement canary = measure(metrics, MetricTarget{{kCanary}, Vantage::router}, 2min);
  CHECK(check(how, canary, std::nullopt).outcome == CheckOutcome::passed);
  how.max_p99 = 400ms;
  CHECK(check(how, canary, std::nullopt).outcome == CheckOutcome::failed);
}

TEST_CASE("no data and too few requests are inconclusive, never good or bad",
          "[strategies][checks]") {
  const CheckResult silent = check({{}, {}, 0}, {0, 0.24, 1000});
  CHECK(silent.outcome == CheckOutcome::inconclusive);
  CHECK(silent.message == "no data in 2 min");
  const CheckResult few = check({1.0, 0.25, 49}, {0, 0.24, 1000});
  CHECK(few.outcome == CheckOutcome::inconclusive);
  CHECK(few.message == "only 49 requests in 2 min, needs 50");
  CHECK(check({0, {}, 1000}, {0, 0.24, 1000}).outcome == CheckOutcome::inconclusive);
}

TEST_CASE("a silent reference makes a good canary inconclusive but never excuses errors",
          "[strategies][checks]") {
  CHECK(check({0, 0.25, 1000}, {{}, {}, 0}).outcome == CheckOutcome::inconclusive);
  CHECK(check({0, 0.25, 1000}, {0, 0.24, 49}).outcome == CheckOutcome::inconclusive);
  CHECK(check({0.02, 0.25, 1000}, {{}, {}, 0}).outcome == CheckOutcome::failed);
  // 49 requests of which 40 % failed are too few to raise the limit.
  CHECK(check({0.02, 0.25, 1000}, {0.4, 0.24, 49}).outcome == CheckOutcome::failed);
}

TEST_CASE("a segment that fails makes the whole check fail and is named", "[strategies][checks]") {
  const CheckResult good = check({0.004, 0.25, 1000}, {0.003, 0.24, 1000});
  const CheckResult bad = check({0.1, 0.25, 100}, {0, 0.24, 100});
  const CheckResult worse = check({0.2, 0.25, 100}, {0, 0.24, 100});
  const CheckResult few = check({0.3, 0.25, 49}, {0, 0.24, 49});
  CHECK(with_segments(good, {}).message == good.message);
  CHECK(with_segments(good, {{"free", good}, {"premium", few}}).message == good.message);

  const CheckResult found = with_segments(good, {{"free", few}, {"premium", bad}, {"none", worse}});
  CHECK(found.outcome == CheckOutcome::failed);
  CHECK(found.message == "segment premium: " + bad.message);
  CHECK(found.evidence.at(0).value == 0.1);
  CHECK(with_segments(worse, {{"premium", bad}}).message == worse.message);

  const CheckResult silent = check({{}, {}, 0}, {0, 0.24, 1000});
  CHECK(with_segments(silent, {{"premium", good}}).outcome == CheckOutcome::inconclusive);
  CHECK(with_segments(silent, {{"premium", bad}}).outcome == CheckOutcome::failed);
}

TEST_CASE("a canary is rolled back at the failure limit even if failures are not in a row",
          "[strategies][checks]") {
  CheckTally tally(3, 9);
  const auto passed = CheckOutcome::passed;
  const auto failed = CheckOutcome::failed;
  CHECK(tally.after(passed) == NextMove::proceed);
  CHECK(tally.after(failed) == NextMove::stay);
  CHECK(tally.after(passed) == NextMove::proceed);
  CHECK(tally.after(failed) == NextMove::stay);
  CHECK(tally.after(passed) == NextMove::proceed);
  CHECK(tally.after(failed) == NextMove::roll_back);
}

TEST_CASE("inconclusive checks are counted apart from failed ones", "[strategies][checks]") {
  CheckTally tally(2, 2);
  CHECK(tally.after(CheckOutcome::failed) == NextMove::stay);
  CHECK(tally.after(CheckOutcome::inconclusive) == NextMove::stay);
  CHECK(tally.after(CheckOutcome::passed) == NextMove::proceed);
  CHECK(tally.after(CheckOutcome::inconclusive) == NextMove::give_up);
  CHECK(tally.failures() == 1);
  CHECK(tally.inconclusive() == 2);
}

TEST_CASE("pods are enough for the share and never none", "[strategies][checks]") {
  CHECK(pods_for(0.05, 12) == 1);
  CHECK(pods_for(0.25, 12) == 3);
  CHECK(pods_for(0.26, 12) == 4);
  CHECK(pods_for(0.50, 12) == 6);
  CHECK(pods_for(0.07, 100) == 7);  // 7.000000000000001 in binary
  CHECK(pods_for(0.01, 1) == 1);
}

TEST_CASE("a baseline never takes more than the canary leaves", "[strategies][checks]") {
  CHECK(baseline_share(0.05) == 0.05);
  CHECK(baseline_share(0.5) == 0.5);
  CHECK(baseline_share(0.8) == Approx(0.2));
}
