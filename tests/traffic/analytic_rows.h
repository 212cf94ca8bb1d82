/// The rows of specs/service-models.md section 2 that the request engine is held to (1-16 and 22),
/// and the protocol: warm-up discarded, batch means, one test per row at level 1e-4, seeds fixed.
///
/// An engine is validated by playing `row.config` and handing the requests to measure_row(). Times
/// are seconds in the rows, as in the table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/kernel/time.h"
#include "tests/traffic/reference_engine.h"

namespace coalmine::testing {

/// What is measured on each request or at each instant, and what theory says its mean is.
struct RowLaw {
  enum class Measure {
    sojourn,          ///< W: departure - arrival of served requests
    wait,             ///< Wq: start - arrival of served requests
    waits,            ///< share of served requests that wait at all
    sojourn_above,    ///< share of served requests with W > at: checks a quantile
    wait_above,       ///< share of served requests with Wq > at
    blocked,          ///< share of all requests turned away
    inside,           ///< L: time average of the requests inside
    waiting,          ///< Lq: time average of the requests waiting
    throughput,       ///< served requests per second
    slowdown_of_size  ///< mean of W / own work of served requests
  };
  Measure measure;
  double expected = 0;
  double at = 0;  ///< seconds
};

/// How long one request's own work is; scv = variance / mean^2.
struct WorkLaw {
  enum class Kind { exponential, deterministic, erlang4, lognormal };
  Kind kind = Kind::exponential;
  double mean = 1;  ///< seconds
  double scv = 1;   ///< lognormal only
};

struct AnalyticRow {
  int number = 0;
  std::string model;
  WorkLaw work;
  std::vector<RowLaw> laws;
  RefConfig config;
};

std::vector<int> analytic_row_numbers();

/// One row with the arrivals of its run: `length` user requests, four times as many for the rows
/// whose queue forgets slowly (utilisation 0.9 and more). The relative standard error of the mean
/// sojourn in M/M/1 is about 2 / ((1 - rho) sqrt(length)).
AnalyticRow analytic_row(int number, std::uint64_t length);

/// One measured law: the estimate, and its distance from theory in standard errors.
struct LawResult {
  RowLaw law;
  double mean = 0;
  double standard_error = 0;
  double t() const { return (mean - law.expected) / standard_error; }
};

inline constexpr std::size_t kBatches = 40;

/// Batch means over `requests`, given in order of arrival, without the first tenth.
std::vector<LawResult> measure_row(const AnalyticRow& row, std::span<const RefResult> requests);

/// |t| that the largest of `laws` deviations exceeds with probability 1e-4 under the theory:
/// Student with kBatches - 1 degrees of freedom, the level shared among the laws (Bonferroni).
double critical_t(std::size_t laws);

/// What does not fit the theory, in words; empty if all laws hold.
std::string misfits(const AnalyticRow& row, std::span<const RefResult> requests);

}  // namespace coalmine::testing
