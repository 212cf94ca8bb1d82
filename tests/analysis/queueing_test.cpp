#include "sim/analysis/queueing.h"

#include <catch2/catch.hpp>

namespace coalmine::queueing {

// specs/service-models.md section 2. Six significant digits are printed there, so half a unit of
// the last one is up to 5e-6 of the value.

namespace {
Approx printed(double value) {
  return Approx(value).epsilon(5e-6);
}
}  // namespace

TEST_CASE("rows 1 and 2: M/M/1") {
  const Means one = mm1(8, 10);
  CHECK(one.in_system == printed(4));
  CHECK(one.in_queue == printed(3.2));
  CHECK(one.response == printed(0.5));
  CHECK(one.wait == printed(0.4));
  CHECK(mm1_response_quantile(8, 10, 0.5) == printed(0.346574));
  CHECK(mm1_response_quantile(8, 10, 0.99) == printed(2.30259));
  CHECK(mm1(95, 100).in_system == printed(19));
  CHECK(mm1(95, 100).response == printed(0.2));
  CHECK(mm1_response_quantile(95, 100, 0.99) == printed(0.921034));
}

TEST_CASE("rows 3 to 5: M/M/c") {
  struct Row {
    double lambda, mu;
    int c;
    double waits, wait, response, number, wait_p95;
  };
  for (const Row& row : {Row{4, 1, 5, 0.554113, 0.554113, 1.55411, 6.21645, 2.40534},
                         Row{80, 10, 10, 0.40918, 0.020459, 0.120459, 9.63672, 0.105107},
                         Row{450, 10, 50, 0.363864, 0.00727729, 0.107277, 48.2748, 0.0396952}}) {
    const Means m = mmc(row.lambda, row.mu, row.c);
    CHECK(erlang_c(row.c, row.lambda / row.mu) == printed(row.waits));
    CHECK(m.wait == printed(row.wait));
    CHECK(m.response == printed(row.response));
    CHECK(m.in_system == printed(row.number));
    CHECK(mmc_wait_quantile(row.lambda, row.mu, row.c, 0.95) == printed(row.wait_p95));
  }
  CHECK(mmc_wait_quantile(4, 1, 5, 0.4) == 0);
}

TEST_CASE("rows 6 to 8: Erlang B") {
  CHECK(erlang_b(5, 3) == printed(0.110054));
  CHECK(erlang_b(10, 8) == printed(0.121661));
  CHECK(erlang_b(100, 95) == printed(0.0488042));
}

TEST_CASE("rows 9 to 11: M/M/c/K") {
  const LossSystem nine = mmck(9, 10, 1, 10);
  CHECK(nine.blocked == printed(0.0508137));
  CHECK(nine.in_system == printed(3.96944));
  CHECK(nine.response == printed(0.46466));
  CHECK(nine.throughput == printed(8.54268));
  const LossSystem ten = mmck(12, 10, 1, 20);
  CHECK(ten.blocked == printed(0.17037));
  CHECK(ten.in_system == printed(15.4666));
  CHECK(ten.response == printed(1.55357));
  CHECK(ten.throughput == printed(9.95556));
  const LossSystem eleven = mmck(25, 10, 3, 8);
  CHECK(eleven.blocked == printed(0.0614998));
  CHECK(eleven.in_system == printed(3.5547));
  CHECK(eleven.response == printed(0.151505));
  CHECK(eleven.throughput == printed(23.4625));
}

TEST_CASE("rows 12 to 15: Pollaczek and Khinchine") {
  struct Row {
    double lambda, service, scv, wait, response, number;
  };
  for (const Row& row : {Row{0.8, 1, 0, 2, 3, 2.4},
                         Row{0.8, 1, 0.25, 2.5, 3.5, 2.8},
                         Row{0.6, 1, 2.25, 2.4375, 3.4375, 2.0625},
                         Row{70, 0.01, 4, 0.0583333, 0.0683333, 4.78333}}) {
    const Means m = mg1(row.lambda, row.service, row.scv);
    CHECK(m.wait == printed(row.wait));
    CHECK(m.response == printed(row.response));
    CHECK(m.in_system == printed(row.number));
  }
}

TEST_CASE("row 16: processor sharing") {
  CHECK(mg1_ps(70, 0.01).response == printed(0.0333333));
  CHECK(mg1_ps(70, 0.01).in_system == printed(2.33333));
}

TEST_CASE("row 22: joining the shorter of two queues") {
  CHECK(join_shorter_of_two(0.8) == printed(2.95574));
  CHECK(join_shorter_of_two(0.8, 60) == Approx(join_shorter_of_two(0.8, 80)).epsilon(1e-9));
  // Between one fast server for both and two separate queues.
  CHECK(join_shorter_of_two(0.8) > mmc(1.6, 1, 2).response);
  CHECK(join_shorter_of_two(0.8) < mm1(0.8, 1).response);
}

}  // namespace coalmine::queueing
