#include "tests/traffic/analytic_rows.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <sstream>

#include "sim/kernel/assert.h"

namespace coalmine::testing {
namespace {

using Measure = RowLaw::Measure;
using Demand = std::function<std::int64_t(std::uint64_t)>;

// The seeds, fixed before looking: every row has keys of its own.
RandomKey key_of(int row, std::uint64_t purpose) {
  return RandomKey{
      draw_bits(RandomKey{0x636f616c6d696e65ULL + purpose}, static_cast<std::uint64_t>(row))};
}

std::int64_t nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

Demand exponential(double mean) {
  return [mean](std::uint64_t bits) { return nanoseconds(-mean * std::log(to_uniform(bits))); };
}

Demand deterministic(double mean) {
  return [mean](std::uint64_t) { return nanoseconds(mean); };
}

/// Erlang-k as the sum of k exponentials, each from bits of its own.
Demand erlang(int k, double mean) {
  return [k, mean](std::uint64_t bits) {
    double sum = 0;
    for (int i = 0; i < k; ++i)
      sum -= std::log(draw(RandomKey{bits}, static_cast<std::uint64_t>(i)));
    return nanoseconds(sum * mean / k);
  };
}

Demand lognormal(double mean, double scv) {
  const double sigma = std::sqrt(std::log(1 + scv));
  const double mu = std::log(mean) - sigma * sigma / 2;
  return [mu, sigma](std::uint64_t bits) {
    const double z = -std::sqrt(2.0) * boost::math::erfc_inv(2 * to_uniform(bits));
    return nanoseconds(std::exp(mu + sigma * z));
  };
}

Demand demand_of(const WorkLaw& work) {
  switch (work.kind) {
    case WorkLaw::Kind::exponential:
      return exponential(work.mean);
    case WorkLaw::Kind::deterministic:
      return deterministic(work.mean);
    case WorkLaw::Kind::erlang4:
      return erlang(4, work.mean);
    case WorkLaw::Kind::lognormal:
      return lognormal(work.mean, work.scv);
  }
  CM_ASSERT(false);
}

struct RowSpec {
  int number;
  const char* model;
  double lambda;
  std::size_t pods;
  std::size_t workers;
  std::size_t queue;
  RefDiscipline discipline;
  WorkLaw work;
  std::vector<RowLaw> laws;
};

constexpr std::size_t kUnlimited = 1u << 30;

// Quantiles are checked as shares above the value of the table: P(W > W_p99) = 1 %.
std::vector<RowSpec> specs() {
  using Kind = WorkLaw::Kind;
  constexpr auto fifo = RefDiscipline::fifo;
  const auto blocked = [](double p) { return std::vector<RowLaw>{{Measure::blocked, p}}; };
  return {
      {1,
       "M/M/1, rho 0.8",
       8,
       1,
       1,
       kUnlimited,
       fifo,
       {Kind::exponential, 0.1, 1},
       {{Measure::inside, 4},
        {Measure::waiting, 3.2},
        {Measure::sojourn, 0.5},
        {Measure::wait, 0.4},
        {Measure::sojourn_above, 0.5, 0.346574},
        {Measure::sojourn_above, 0.01, 2.30259}}},
      {2,
       "M/M/1, rho 0.95",
       95,
       1,
       1,
       kUnlimited,
       fifo,
       {Kind::exponential, 0.01, 1},
       {{Measure::inside, 19}, {Measure::sojourn, 0.2}, {Measure::sojourn_above, 0.01, 0.921034}}},
      {3,
       "M/M/5",
       4,
       1,
       5,
       kUnlimited,
       fifo,
       {Kind::exponential, 1, 1},
       {{Measure::waits, 0.554113},
        {Measure::wait, 0.554113},
        {Measure::sojourn, 1.55411},
        {Measure::inside, 6.21645},
        {Measure::wait_above, 0.05, 2.40534}}},
      {4,
       "M/M/10",
       80,
       1,
       10,
       kUnlimited,
       fifo,
       {Kind::exponential, 0.1, 1},
       {{Measure::waits, 0.40918},
        {Measure::wait, 0.020459},
        {Measure::sojourn, 0.120459},
        {Measure::inside, 9.63672},
        {Measure::wait_above, 0.05, 0.105107}}},
      {5,
       "M/M/50",
       450,
       1,
       50,
       kUnlimited,
       fifo,
       {Kind::exponential, 0.1, 1},
       {{Measure::waits, 0.363864},
        {Measure::wait, 0.00727729},
        {Measure::sojourn, 0.107277},
        {Measure::inside, 48.2748},
        {Measure::wait_above, 0.05, 0.0396952}}},
      // Erlang B holds for every distribution of work.
      {6, "M/G/5/5, exponential", 3, 1, 5, 0, fifo, {Kind::exponential, 1, 1}, blocked(0.110054)},
      {7,
       "M/G/10/10, deterministic",
       8,
       1,
       10,
       0,
       fifo,
       {Kind::deterministic, 1, 0},
       blocked(0.121661)},
      {8,
       "M/G/100/100, lognormal",
       95,
       1,
       100,
       0,
       fifo,
       {Kind::lognormal, 1, 1},
       blocked(0.0488042)},
      {9,
       "M/M/1/10",
       9,
       1,
       1,
       9,
       fifo,
       {Kind::exponential, 0.1, 1},
       {{Measure::blocked, 0.0508137},
        {Measure::inside, 3.96944},
        {Measure::sojourn, 0.46466},
        {Measure::throughput, 8.54268}}},
      {10,
       "M/M/1/20 overloaded",
       12,
       1,
       1,
       19,
       fifo,
       {Kind::exponential, 0.1, 1},
       {{Measure::blocked, 0.17037},
        {Measure::inside, 15.4666},
        {Measure::sojourn, 1.55357},
        {Measure::throughput, 9.95556}}},
      {11,
       "M/M/3/8",
       25,
       1,
       3,
       5,
       fifo,
       {Kind::exponential, 0.1, 1},
       {{Measure::blocked, 0.0614998},
        {Measure::inside, 3.5547},
        {Measure::sojourn, 0.151505},
        {Measure::throughput, 23.4625}}},
      {12,
       "M/D/1",
       0.8,
       1,
       1,
       kUnlimited,
       fifo,
       {Kind::deterministic, 1, 0},
       {{Measure::wait, 2}, {Measure::sojourn, 3}, {Measure::inside, 2.4}}},
      {13,
       "M/E4/1",
       0.8,
       1,
       1,
       kUnlimited,
       fifo,
       {Kind::erlang4, 1, 0.25},
       {{Measure::wait, 2.5}, {Measure::sojourn, 3.5}, {Measure::inside, 2.8}}},
      {14,
       "M/G/1, lognormal cv 1.5",
       0.6,
       1,
       1,
       kUnlimited,
       fifo,
       {Kind::lognormal, 1, 2.25},
       {{Measure::wait, 2.4375}, {Measure::sojourn, 3.4375}, {Measure::inside, 2.0625}}},
      {15,
       "M/G/1, lognormal cv 2",
       70,
       1,
       1,
       kUnlimited,
       fifo,
       {Kind::lognormal, 0.01, 4},
       {{Measure::wait, 0.0583333}, {Measure::sojourn, 0.0683333}, {Measure::inside, 4.78333}}},
      // Insensitive to the distribution, and every size is slowed alike.
      {16,
       "M/G/1-PS, lognormal cv 2",
       70,
       1,
       kUnlimited,
       0,
       RefDiscipline::ps,
       {Kind::lognormal, 0.01, 4},
       {{Measure::sojourn, 0.0333333},
        {Measure::inside, 2.33333},
        {Measure::slowdown_of_size, 1 / 0.3}}},
      {22,
       "join the shortest of 2 queues",
       1.6,
       2,
       1,
       kUnlimited,
       fifo,
       {Kind::exponential, 1, 1},
       {{Measure::sojourn, 2.95574}}},
  };
}

std::vector<RefArrival> poisson(double rate, std::uint64_t count, RandomKey key) {
  std::vector<RefArrival> arrivals;
  arrivals.reserve(count);
  double time = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    time -= std::log(draw(key, i)) / rate;
    arrivals.push_back({kTimeZero + from_seconds(time), i, i, 0});
  }
  return arrivals;
}

// ---- measuring

bool served(const RefResult& r) {
  return r.departure != kNever && r.outcome == Outcome::ok;
}

/// The value that request `r` adds to the mean of a per-request law; false if it has no say.
bool per_request(const AnalyticRow& row, const RowLaw& law, const RefResult& r, double& value) {
  if (law.measure == Measure::blocked) {
    value = r.outcome == Outcome::rejected ? 1 : 0;
    return true;
  }
  if (!served(r)) return false;
  const double wait = to_seconds(r.start - r.arrival);
  const double sojourn = to_seconds(r.departure - r.arrival);
  const RefService& service = row.config.services[0];
  switch (law.measure) {
    case Measure::sojourn:
      value = sojourn;
      break;
    case Measure::wait:
      value = wait;
      break;
    case Measure::waits:
      value = r.start > r.arrival ? 1 : 0;
      break;
    case Measure::sojourn_above:
      value = sojourn > law.at ? 1 : 0;
      break;
    case Measure::wait_above:
      value = wait > law.at ? 1 : 0;
      break;
    case Measure::slowdown_of_size:
      value =
          sojourn * 1e9 / static_cast<double>(service.demand(draw_bits(service.demand_key, r.id)));
      break;
    default:
      CM_ASSERT(false);
  }
  return true;
}

bool is_time_average(Measure measure) {
  return measure == Measure::inside || measure == Measure::waiting ||
         measure == Measure::throughput;
}

using Batches = std::array<double, kBatches>;

Batches request_batches(const AnalyticRow& row,
                        const RowLaw& law,
                        std::span<const RefResult> requests) {
  const std::size_t first = requests.size() / 10;
  Batches sum{};
  Batches count{};
  for (std::size_t i = first; i < requests.size(); ++i) {
    double value = 0;
    if (!per_request(row, law, requests[i], value)) continue;
    const std::size_t batch = (i - first) * kBatches / (requests.size() - first);
    sum[batch] += value;
    count[batch] += 1;
  }
  for (std::size_t b = 0; b < kBatches; ++b) sum[b] /= count[b];
  return sum;
}

Batches time_batches(const RowLaw& law, std::span<const RefResult> requests) {
  const double end = to_seconds(requests.back().arrival);
  const double begin = end / 10;
  const double width = (end - begin) / static_cast<double>(kBatches);
  Batches sum{};
  const auto batch_of = [&](double t) { return static_cast<std::size_t>((t - begin) / width); };
  for (const auto& r : requests) {
    if (!served(r)) continue;
    const double departure = to_seconds(r.departure);
    if (law.measure == Measure::throughput) {
      if (departure >= begin && departure < end)
        sum[std::min(batch_of(departure), kBatches - 1)] += 1;
      continue;
    }
    const double from = std::max(begin, to_seconds(r.arrival));
    const double to =
        std::min(end, law.measure == Measure::inside ? departure : to_seconds(r.start));
    if (to <= from) continue;
    for (std::size_t b = batch_of(from); b < kBatches; ++b) {
      const double left = begin + width * static_cast<double>(b);
      if (left >= to) break;
      sum[b] += std::max(0.0, std::min(to, left + width) - std::max(from, left));
    }
  }
  for (auto& value : sum) value /= width;
  return sum;
}

}  // namespace

std::vector<int> analytic_row_numbers() {
  std::vector<int> numbers;
  for (const auto& spec : specs()) numbers.push_back(spec.number);
  return numbers;
}

AnalyticRow analytic_row(int number, std::uint64_t length) {
  for (auto& spec : specs()) {
    if (spec.number != number) continue;
    AnalyticRow row;
    row.number = number;
    row.model = spec.model;
    row.work = spec.work;
    row.laws = spec.laws;
    RefService service;
    service.workers = spec.workers;
    service.queue = spec.queue;
    service.discipline = spec.discipline;
    service.demand_key = key_of(number, 1);
    service.demand = demand_of(spec.work);
    row.config.services = {service};
    row.config.backends.resize(1);
    row.config.backends[0].balancer = RefBalancer::join_shortest;
    row.config.pods.resize(spec.pods);
    for (std::size_t i = 0; i < spec.pods; ++i) row.config.backends[0].endpoints.push_back(i);
    const bool forgets_slowly = number == 2 || number == 5;
    row.config.arrivals =
        poisson(spec.lambda, forgets_slowly ? 4 * length : length, key_of(number, 2));
    return row;
  }
  CM_ASSERT(false);
}

std::vector<LawResult> measure_row(const AnalyticRow& row, std::span<const RefResult> requests) {
  std::vector<LawResult> results;
  for (const auto& law : row.laws) {
    const Batches batches = is_time_average(law.measure) ? time_batches(law, requests)
                                                         : request_batches(row, law, requests);
    double mean = 0;
    for (const double value : batches) mean += value / kBatches;
    double variance = 0;
    for (const double value : batches) variance += (value - mean) * (value - mean);
    variance /= static_cast<double>(kBatches - 1);
    results.push_back({law, mean, std::sqrt(variance / kBatches)});
  }
  return results;
}

double critical_t(std::size_t laws) {
  const boost::math::students_t student(static_cast<double>(kBatches - 1));
  return boost::math::quantile(
      boost::math::complement(student, 1e-4 / (2.0 * static_cast<double>(laws))));
}

std::string misfits(const AnalyticRow& row, std::span<const RefResult> requests) {
  const double limit = critical_t(row.laws.size());
  std::ostringstream out;
  for (const auto& result : measure_row(row, requests)) {
    if (std::abs(result.t()) < limit) continue;
    out << "row " << row.number << " (" << row.model << "), measure "
        << static_cast<int>(result.law.measure) << ": theory " << result.law.expected
        << ", measured " << result.mean << " +- " << result.standard_error << "; ";
  }
  return out.str();
}

}  // namespace coalmine::testing
