// The closed forms of queueing theory against the production engine, in both of its pod forms, by
// the protocol of analytic_rows.h (specs/service-models.md section 2, rows 1-16 and 22).
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sim/kernel/distributions.h"
#include "sim/traffic/data_plane.h"
#include "tests/traffic/analytic_rows.h"

using namespace coalmine;
using namespace coalmine::testing;

namespace {

constexpr std::uint64_t kRequests = 400'000;

QuantileTable table_of(const WorkLaw& work) {
  switch (work.kind) {
    case WorkLaw::Kind::exponential:
      return QuantileTable(Exponential{work.mean});
    case WorkLaw::Kind::deterministic:
      return QuantileTable(Constant{work.mean});
    case WorkLaw::Kind::erlang4:
      return QuantileTable(Gamma::from_mean(work.mean, 4));
    case WorkLaw::Kind::lognormal:
      break;
  }
  return QuantileTable(Lognormal::from_mean_cv(work.mean, std::sqrt(work.scv)));
}

TrafficModel model_of(const AnalyticRow& row, bool always_stepped) {
  const RefService& service = row.config.services[0];
  ServiceModel model;
  model.workers = static_cast<std::uint32_t>(service.workers);
  model.queue = static_cast<std::uint32_t>(service.queue);
  model.discipline = service.discipline == RefDiscipline::ps ? Discipline::ps : Discipline::fifo;
  model.cores = service.cores;
  model.demand = table_of(row.work);
  model.demand_key = service.demand_key;
  model.always_stepped = always_stepped;
  TrafficModel traffic;
  traffic.services = {model};
  traffic.versions.resize(1);
  traffic.versions[0].service = ServiceId{0};
  return traffic;
}

Arrivals arrivals_of(const AnalyticRow& row) {
  std::vector<Duration> offsets;
  for (const auto& arrival : row.config.arrivals) offsets.push_back(arrival.time - kTimeZero);
  return Arrivals(std::move(offsets), 1.0, kTimeZero, RandomKey{1});
}

/// With two pods the test itself joins the shortest queue: before each arrival the emptier pod
/// becomes the only endpoint.
void play(DataPlane& plane, const AnalyticRow& row, Time end) {
  if (row.config.pods.size() > 1) {
    for (const auto& arrival : row.config.arrivals) {
      plane.run_until(arrival.time - Duration(1));
      const PodId shortest =
          plane.in_flight(PodId{1}) < plane.in_flight(PodId{0}) ? PodId{1} : PodId{0};
      plane.endpoints_applied(BackendId{0}, {&shortest, 1});
    }
  }
  plane.run_until(end);
  plane.settle();
}

std::vector<RefResult> requests_of(const AnalyticRow& row, bool always_stepped) {
  const Time end = row.config.arrivals.back().time + std::chrono::hours(1);
  EdgeSettings edge;
  edge.end = end;
  UserModel one;
  one.count = 1;
  DataPlane plane(model_of(row, always_stepped), Users(one), arrivals_of(row), edge);
  std::vector<RequestRecord> records;
  plane.trace_to(&records);
  std::vector<PodId> pods;
  for (std::uint32_t i = 0; i < row.config.pods.size(); ++i) {
    plane.pod_created(PodId{i}, ServiceId{0}, DeploymentId{0}, VersionId{0});
    plane.process_started(PodId{i}, /*warm=*/true);
    pods.push_back(PodId{i});
  }
  plane.endpoints_applied(BackendId{0}, pods);
  plane.set_routes(ServiceId{0}, RouteTable::to(BackendId{0}));
  play(plane, row, end);

  std::vector<RefResult> results(row.config.arrivals.size());
  for (const auto& record : records) {
    RefResult& result = results[record.id];
    result.id = record.id;
    result.arrival = Time(Duration(record.arrival));
    result.start = Time(Duration(record.start));
    result.departure = Time(Duration(record.edge_time));
    result.outcome = record.outcome;
  }
  return results;
}

void check_rows(bool always_stepped) {
  for (const int number : analytic_row_numbers()) {
    auto row = analytic_row(number, kRequests);
    const auto requests = requests_of(row, always_stepped);
    // Slowdowns are relative to the work this engine drew.
    row.config.services[0].demand = [table = table_of(row.work)](std::uint64_t bits) {
      return table.duration(bits).count();
    };
    CHECK(misfits(row, requests) == "");
  }
}

}  // namespace

TEST_CASE("the request engine meets the closed forms of queueing theory",
          "[traffic][analytic][slow]") {
  SECTION("closed pods where the model allows") {
    check_rows(/*always_stepped=*/false);
  }
  SECTION("stepped pods") {
    check_rows(/*always_stepped=*/true);
  }
}
