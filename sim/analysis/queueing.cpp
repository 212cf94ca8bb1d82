#include "sim/analysis/queueing.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/kernel/assert.h"

namespace coalmine::queueing {

Means mm1(double lambda, double mu) {
  return mmc(lambda, mu, 1);
}

double mm1_response_quantile(double lambda, double mu, double p) {
  CM_ASSERT(lambda < mu && p >= 0 && p < 1);
  return -std::log1p(-p) / (mu - lambda);
}

double erlang_b(int c, double offered_load) {
  CM_ASSERT(c >= 0 && offered_load >= 0);
  double blocked = 1;
  for (int k = 1; k <= c; ++k) blocked = offered_load * blocked / (k + offered_load * blocked);
  return blocked;
}

double erlang_c(int c, double offered_load) {
  CM_ASSERT(c >= 1 && offered_load < c);
  const double blocked = erlang_b(c, offered_load);
  return blocked / (1 - offered_load / c * (1 - blocked));
}

Means mmc(double lambda, double mu, int c) {
  CM_ASSERT(lambda < c * mu);
  Means m;
  m.wait = erlang_c(c, lambda / mu) / (c * mu - lambda);
  m.response = m.wait + 1 / mu;
  m.in_queue = lambda * m.wait;
  m.in_system = lambda * m.response;
  return m;
}

double mmc_wait_quantile(double lambda, double mu, int c, double p) {
  CM_ASSERT(p >= 0 && p < 1);
  const double waits = erlang_c(c, lambda / mu);
  return p <= 1 - waits ? 0.0 : std::log(waits / (1 - p)) / (c * mu - lambda);
}

LossSystem mmck(double lambda, double mu, int c, int k) {
  CM_ASSERT(c >= 1 && k >= c && lambda > 0 && mu > 0);
  double weight = 1;
  double total = 1;
  double number = 0;
  for (int n = 1; n <= k; ++n) {
    weight *= lambda / (std::min(n, c) * mu);
    total += weight;
    number += n * weight;
  }
  LossSystem s;
  s.blocked = weight / total;
  s.in_system = number / total;
  s.throughput = lambda * (1 - s.blocked);
  s.response = s.in_system / s.throughput;
  return s;
}

Means mg1(double lambda, double mean_service, double scv) {
  const double rho = lambda * mean_service;
  CM_ASSERT(rho < 1 && scv >= 0);
  Means m;
  m.wait = lambda * mean_service * mean_service * (1 + scv) / (2 * (1 - rho));
  m.response = m.wait + mean_service;
  m.in_queue = lambda * m.wait;
  m.in_system = lambda * m.response;
  return m;
}

Means mg1_ps(double lambda, double mean_service) {
  const double rho = lambda * mean_service;
  CM_ASSERT(rho < 1);
  Means m;
  m.response = mean_service / (1 - rho);
  m.wait = m.response - mean_service;
  m.in_queue = lambda * m.wait;
  m.in_system = lambda * m.response;
  return m;
}

double join_shorter_of_two(double rho, int limit) {
  CM_ASSERT(rho > 0 && rho < 1 && limit >= 2);
  // States (i, j) with i <= j: the queues are alike, so only the shorter and the longer matter.
  const double lambda = 2 * rho;
  const auto width = static_cast<std::size_t>(limit + 1);
  std::vector<double> p(width * width, 0.0);
  const auto at = [&](int i, int j) -> double& {
    return p[static_cast<std::size_t>(i) * width + static_cast<std::size_t>(j)];
  };
  for (int i = 0; i <= limit; ++i) {
    for (int j = i; j <= limit; ++j) at(i, j) = std::pow(rho, i + j);
  }
  // What flows into (i, j): an arrival at the shorter queue of (i-1, j), or of (i, i) when
  // j = i + 1; a departure from the shorter of (i+1, j) or the longer of (i, j+1).
  const auto inflow = [&](int i, int j) {
    double in = 0;
    if (i > 0) in += lambda * at(i - 1, j);
    if (j == i + 1) in += lambda * at(i, i);
    if (i < j) in += (i + 1 == j ? 2.0 : 1.0) * at(i + 1, j);
    if (j < limit) in += at(i, j + 1);
    return in;
  };
  double mean_before = -1;
  for (int sweep = 0; sweep < 100000; ++sweep) {  // Gauss-Seidel
    double total = 0;
    double number = 0;
    for (int i = 0; i <= limit; ++i) {
      for (int j = i; j <= limit; ++j) {
        const bool full = i == limit;
        const double out = (full ? 0.0 : lambda) + (i > 0 ? 1.0 : 0.0) + (j > 0 ? 1.0 : 0.0);
        // Self-loops there are none; the state's own balance gives its probability.
        at(i, j) = inflow(i, j) / out;
        total += at(i, j);
        number += (i + j) * at(i, j);
      }
    }
    for (double& value : p) value /= total;
    const double mean = number / total;
    if (std::fabs(mean - mean_before) < 1e-14 * mean) break;
    mean_before = mean;
  }
  double number = 0;
  double total = 0;
  for (int i = 0; i <= limit; ++i) {
    for (int j = i; j <= limit; ++j) {
      total += at(i, j);
      number += (i + j) * at(i, j);
    }
  }
  return number / total / lambda;  // Little
}

}  // namespace coalmine::queueing
