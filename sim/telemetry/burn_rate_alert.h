/// The on-call page: multi-window, multi-burn-rate alert rules made from the objectives
/// (specs/statistics.md section 3.3, page rows; Google SRE workbook, slok/sloth).
///
/// For an objective with target SLO over a window D, a row with long window L, short window S and
/// budget share b has the burn rate B = max(1, b D / L) and fires while
///     bad ratio over L > B (1 - SLO)   and   bad ratio over S > B (1 - SLO).
/// The objective's alert fires while any row does (Prometheus' state machine with `for: 0`). The
/// floor of 1 keeps short objectives (D of a few days) from paging at a pace that would meet them.
///
/// The bad ratio is read from scraped router series of the whole service through MetricReader:
/// error_ratio for availability, slow_ratio for a latency objective. So a page comes late by scrape
/// interval, rate()'s need of two samples and the evaluation interval, as in real life. No data
/// does not fire.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/event_log.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/time.h"
#include "sim/telemetry/alert_objective.h"
#include "sim/telemetry/metric_reader.h"
#include "sim/telemetry/page.h"

namespace coalmine {

class BurnRateAlert {
 public:
  struct Settings {
    Duration evaluation_interval = std::chrono::seconds(30);
    Duration phase{};  ///< evaluated at phase + k * interval; [0, interval)
    std::vector<BurnRateRow> rows{kPageRows.begin(), kPageRows.end()};
  };
  /// The Deployments that make up the service now.
  using TargetNow = std::function<MetricTarget()>;
  /// Called inside the evaluation, once per inactive -> firing of an objective.
  using OnFiring = std::function<void(const Page&)>;

  /// Simulation and reader outlive the alert.
  BurnRateAlert(Simulation& simulation,
                const MetricReader& reader,
                std::vector<AlertObjective> objectives,
                TargetNow target_now,
                Settings settings,
                EventSink events,
                OnFiring on_firing = {});
  ~BurnRateAlert();
  BurnRateAlert(const BurnRateAlert&) = delete;
  BurnRateAlert& operator=(const BurnRateAlert&) = delete;

  /// Evaluates from the first grid instant at or after `from` on; call once, from >= now().
  void start(Time from);

  bool firing() const;  ///< any objective, as of the last evaluation
  std::optional<Time> first_firing() const { return first_firing_; }
  const std::vector<Page>& pages() const { return pages_; }  ///< in order

 private:
  struct Firing {
    Evidence evidence;
    Reading short_reading;
    double burn_rate = 0;
    const BurnRateRow* row = nullptr;
  };
  void schedule(Time when);
  void evaluate();
  void update(std::size_t objective, const MetricTarget& target);
  Reading bad_ratio(const AlertObjective& objective,
                    const MetricTarget& target,
                    Duration window) const;
  std::optional<Firing> first_firing_row(const AlertObjective& objective,
                                         const MetricTarget& target) const;

  Simulation& simulation_;
  const MetricReader& reader_;
  std::vector<AlertObjective> objectives_;
  TargetNow target_now_;
  Settings settings_;
  EventSink events_;
  OnFiring on_firing_;
  std::vector<bool> is_firing_;
  std::optional<Time> first_firing_;
  std::vector<Page> pages_;
  Simulation::EventId next_ = 0;
};

}  // namespace coalmine
