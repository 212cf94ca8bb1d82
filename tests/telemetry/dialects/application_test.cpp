// The application's own metrics.
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

TEST_CASE("an experiment's conversions are worth what the scenario says") {
  DialectLab lab("application");
  lab.source.routers[1].users = 8;
  lab.source.routers[1].conversions = 3;
  lab.scrape();
  CHECK(lab.ask("experiment_users_total{deployment=\"podinfo-canary\"}") == 8);
  CHECK(lab.ask("experiment_conversions_total{deployment=\"podinfo-canary\"}") == 3);
  CHECK(lab.ask("experiment_revenue_total{deployment=\"podinfo-canary\"}") == 7.5);
  CHECK(lab.ask("requests_in_flight{deployment=\"podinfo\"}") == 3);
  CHECK(lab.ask("workers{deployment=\"podinfo\"}") == 8);
}

}  // namespace coalmine
