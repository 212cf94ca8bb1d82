/// Prometheus' scrape loops: reads the instruments of every pod and of the router at the scrape
/// interval and appends what it read to the store (specs/prometheus.md section 4).
///
/// Each target has a phase of its own in [0, interval), drawn by its address, and is scraped at
/// phase + k * interval. The router is one target: what it counts for all Deployments is read in
/// the same instant, so that two of them can be compared. A scrape fails when the process does not
/// answer, or with probability `loss` by a coin addressed by (target, k). Faults may lose more of
/// them, or deliver them (and the news that one failed or a target is gone) late: a late one keeps
/// its time, can be queried only once it is there, and is dropped as out of order when a later one
/// was quicker. Targets are discovered from the source every `discovery_interval`; one that is gone
/// is scraped no more, its samples stay for windows.
///
/// Steady past: the targets present at start() that still live at `steady_until` are backfilled
/// with their mean rates between those two instants, read off the instruments themselves. Scraping
/// begins then: what it would have seen before is in the backfill, and neither a long interval nor
/// lost scrapes leave the past empty.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/time.h"
#include "sim/service/effects.h"
#include "sim/telemetry/series_store.h"

namespace coalmine {

/// What can be scraped; implemented by whoever knows the data plane and the cluster.
class InstrumentSource {
 public:
  struct PodTarget {
    PodId pod;
    DeploymentId deployment;
    double workers = 1;  ///< worker slots, > 0
  };
  virtual ~InstrumentSource() = default;

  /// All pods that exist now (deleted ones not), ascending by id.
  virtual std::vector<PodTarget> pods() const = 0;
  /// All Deployments the router has counted for or could route to, ascending by id.
  virtual std::vector<DeploymentId> routed_deployments() const = 0;
  /// Whether the pod's process answers a scrape now.
  virtual bool answers_scrape(PodId pod) const = 0;
  /// The process's counters: they start at zero with every process start.
  virtual const Instruments& pod(PodId pod) const = 0;
  virtual const Instruments& router(DeploymentId deployment) const = 0;
  /// The router's view of a Deployment by segment of the user, 0..segments(), the last being those
  /// in none; no segments: no such series.
  virtual std::uint8_t segments() const { return 0; }
  virtual const Instruments& router(DeploymentId deployment, std::uint8_t segment) const;
  /// What faults do to the scrapes of a pod, or (pod invalid) of the router's view of a Deployment.
  virtual const std::vector<ScrapeEffect>& disturbances(PodId pod, DeploymentId deployment) const;
  virtual double pod_in_flight(PodId pod) const = 0;
  virtual double router_in_flight(DeploymentId deployment) const = 0;
};

class Scraper {
 public:
  struct Settings {
    Duration interval = std::chrono::seconds(15);
    double loss = 0;  ///< probability that a scrape is lost, [0, 1]
    Duration discovery_interval = std::chrono::seconds(5);
    Time steady_until = kTimeZero;  ///< the settling period lies before; nothing is backfilled if
                                    ///< start() comes later
    RandomKey phase_key;            ///< "telemetry/phase"
    RandomKey loss_key;             ///< "telemetry/loss"
  };

  /// All three outlive the scraper.
  Scraper(Simulation& simulation,
          const InstrumentSource& source,
          SeriesStore& store,
          const Settings& settings);
  ~Scraper();
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  /// Discovers the targets of this instant and begins; call once.
  void start();

  std::uint64_t scrapes() const { return scrapes_; }        ///< tried
  std::uint64_t failed_scrapes() const { return failed_; }  ///< of these, lost or unanswered

 private:
  struct Loop {
    TargetId target;
    Vantage vantage = Vantage::router;
    PodId pod;
    DeploymentId deployment;
    std::optional<std::uint8_t> segment;
    std::uint64_t address = 0;  ///< of the target's draws; all of the router's loops have one
    Duration phase{};
    bool alive = true;
    bool steady = false;  ///< was there at start(): has a baseline
    Sample baseline{};
    Simulation::EventId next = 0;
  };

  void discover();
  void add_loop(Vantage vantage,
                PodId pod,
                DeploymentId deployment,
                double workers,
                std::optional<std::uint8_t> segment = std::nullopt);
  void schedule(std::size_t loop, std::int64_t tick);
  void scrape(std::size_t loop, std::int64_t tick);
  Duration delay_of(const Loop& loop) const;
  void deliver(TargetId target, Duration delay, std::optional<Sample> sample);
  void store(TargetId target, Time scraped, const std::optional<Sample>& sample);
  void backfill();
  bool answers(const Loop& loop) const;
  Sample read(const Loop& loop) const;
  std::int64_t tick_at_or_after(Time t, Duration phase) const;
  Time tick_time(std::int64_t tick, Duration phase) const;
  Time scraped_from() const;  ///< now, or when the settling period is over

  Simulation& simulation_;
  const InstrumentSource& source_;
  SeriesStore& store_;
  Settings settings_;
  std::vector<Loop> loops_;
  Time started_{};
  Simulation::EventId discovery_ = 0;
  Simulation::EventId backfill_ = 0;
  std::uint64_t scrapes_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace coalmine
