/// Prometheus' scrape loops: reads what every endpoint shows at the scrape interval and appends it
/// to the store (specs/prometheus.md section 4).
///
/// Each target has a phase of its own in [0, interval), whole milliseconds, drawn by its address,
/// and is scraped at phase + k * interval. The router is one target: what it counts for all
/// Deployments is read in the same instant, so that two of them can be compared; kube-state-metrics
/// and the kubelet are one target each. A pod has one target for its sidecar and one for its
/// process. What the kubelet shows it measured up to kHousekeeping before, and says so: such
/// samples get no staleness markers and fade with the lookback. A scrape fails when the endpoint
/// does not answer, or with probability `loss` by a coin addressed by (target, k). Faults may lose
/// more of them, or deliver them (and the news that one failed or a target is gone) late: a late
/// one keeps its time, can be queried only once it is there, and is dropped as out of order when a
/// later one was quicker. Targets are discovered from the source every `discovery_interval`.
///
/// Each scrape also appends `up` and the scrape_* series of its target. Staleness markers end what
/// a successful scrape no longer shows, everything of a target whose scrape failed, and, one
/// interval after its last tick and 1.1 intervals late, everything of a target that is gone.
///
/// Steady past: the targets present at start() that still live at `steady_until` get samples for
/// `history` before it, on their scrape grid, rising with their mean rates between those two
/// instants, read off the instruments themselves; their counters stand as high as if they had
/// counted that long. Scraping begins then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/kernel/ids.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/time.h"
#include "sim/service/effects.h"
#include "sim/telemetry/dialects/dialect.h"
#include "sim/telemetry/instrument_source.h"
#include "sim/telemetry/series_store.h"

namespace coalmine {

class Scraper {
 public:
  /// How old what a kubelet shows can be: it looks at a container about that often.
  static constexpr Duration kHousekeeping = std::chrono::seconds(10);

  using Dialects = std::vector<const MetricDialect*>;

  struct Settings {
    Duration interval = std::chrono::seconds(15);
    Duration timeout = std::chrono::seconds(10);  ///< of a scrape, at most the interval
    double loss = 0;                              ///< probability that a scrape is lost, [0, 1]
    Duration discovery_interval = std::chrono::seconds(5);
    Time steady_until = kTimeZero;  ///< the settling period lies before; nothing is filled in if
                                    ///< start() comes later
    Duration router_history = std::chrono::hours(6) + std::chrono::minutes(5);
    Duration pod_history = std::chrono::minutes(20);
    Dialects dialects;                              ///< of every service
    std::map<std::string, Dialects> more_dialects;  ///< of one service, besides those
    TargetLabelStyle target_labels = TargetLabelStyle::operator_;
    std::vector<Duration> extra_bounds;  ///< of every histogram, besides the dialects' own
    LatencyBounds bounds;                ///< of the instruments
    PromDialect prometheus = PromDialect::v3;
    /// What to store, by the name of the series and what labels it has but for `le`; empty: all.
    std::function<bool(std::string_view name, const Labels& labels)> keep;
    RandomKey phase_key;  ///< "telemetry/phase"
    RandomKey loss_key;   ///< "telemetry/loss"
  };

  /// All three outlive the scraper.
  Scraper(Simulation& simulation,
          const InstrumentSource& source,
          SeriesStore& store,
          Settings settings);
  ~Scraper();
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;

  /// The names of the series that tell of scrapes themselves: `up` and four more. They count what
  /// a target shows, so who stores them stores everything.
  static std::span<const std::string_view> about_scrapes();

  /// Discovers the targets of this instant and begins; call once.
  void start();

  /// What it remembers of its targets, for another scraper of the same targets that stores no more
  /// of them: the counters that were born, and what they had counted before the world began.
  /// Nothing while a late scrape is under way.
  class Memory;
  std::optional<Memory> memory() const;
  void recall(const Memory& memory);

  /// Whether nothing that it stores is a gauge.
  bool stores_counters_only() const;
  /// Whether it stores anything that one pod shows.
  bool stores_of_pods() const;

  std::uint64_t scrapes() const { return scrapes_; }        ///< tried
  std::uint64_t failed_scrapes() const { return failed_; }  ///< of these, lost or unanswered

 private:
  static constexpr std::size_t kWhole = static_cast<std::size_t>(-1);

  /// What is known of a series of a target.
  struct Known {
    SeriesId series{};   ///< once it was born
    bool shown = false;  ///< by the last scrape that succeeded
    double base = 0;     ///< counted before the world began
  };
  struct Column {
    ExposedSeries exposed;
    std::size_t segment = kWhole;  ///< of the router's view
    std::size_t nth = 0;           ///< of all that the target shows
    Known known{};
  };
  /// `up` and the four about the scrape itself.
  static constexpr std::size_t kAboutScrapes = 5;
  using Key = std::tuple<EndpointKind, PodId, ReplicaSetId, DeploymentId>;
  /// What a loop reads: all of a target, or what a shared target knows of one thing.
  struct Subject {
    EndpointKind endpoint = EndpointKind::router;
    PodId pod{};  ///< or
    ReplicaSetId replica_set{};
    DeploymentId deployment{};
    double workers = 0;
    /// Which one it is, of all targets that a run has, or of the parts of one.
    Key key() const {
      const bool named = pod.valid() || replica_set.valid();
      return Key(endpoint, pod, replica_set, named ? DeploymentId{} : deployment);
    }
    friend bool operator==(const Subject&, const Subject&) = default;
  };
  /// What a scrape has brought to the store.
  struct Arrival {
    Timestamp scraped = Timestamp::min();
    bool up = false;
    Duration took{};        ///< besides what every answer takes; until the timeout, if it ended so
    std::size_t shown = 0;  ///< series
    std::size_t added = 0;  ///< of them, those that the scrape before did not show
  };
  struct Loop {
    Subject of;
    std::uint64_t address = 0;  ///< of the target's draws; all of the router's loops have one
    Millis phase{};
    Duration age{};               ///< of what it reads, when it is stored
    std::vector<Column> columns;  ///< those that are stored, by `nth`
    std::size_t shows = 0;        ///< series, stored or not
    std::vector<SeriesId> about;  ///< empty: nobody keeps them, or another loop has them
    Arrival last{};
    bool alive = true;
    bool steady = false;  ///< was there at start(): has a baseline
    std::vector<double> baseline;
    Simulation::EventId next = 0;
  };
  /// What one scrape has brought: a value for each column, NaN for one that was not shown.
  using Page = std::vector<double>;

  void discover();
  std::vector<Subject> present() const;
  bool anybody_observes(EndpointKind endpoint) const;
  void add_loop(const Subject& subject);
  Millis phase_of(std::uint64_t address) const;
  void add_columns(Loop& loop, const Exposure& at, std::size_t segment);
  void watch_scrapes(Loop& loop);
  Facts facts_of(const Subject& subject) const;
  bool kept(std::string_view name, const Labels& labels) const;
  void schedule(std::size_t index, std::int64_t tick);
  void scrape(std::size_t index, std::int64_t tick);
  void gone(std::size_t index);
  const std::vector<ScrapeEffect>& disturbances(const Subject& subject) const;
  Duration delay_of(const Loop& loop) const;
  Duration time_to_answer(const Loop& loop) const;
  /// What a scrape that began then has come to.
  struct Answer {
    Time scraped{};
    Duration took{};
    std::optional<Page> page;  ///< none: it failed
  };
  void deliver(std::size_t index, Duration delay, Answer answer);
  void store(std::size_t index, const Answer& answer);
  void end_series(std::size_t index, Timestamp scraped);
  void store_gone(std::size_t index, Timestamp scraped);
  void arrived(Loop& loop, const Arrival& arrival);
  void store_about(const Loop& loop, const Arrival& arrival);
  void store_about_shared(EndpointKind endpoint, Timestamp scraped);
  void fill_in_past();
  void fill_in_about(const Loop& loop, Time now);
  std::int64_t past_ticks(const Loop& loop) const;
  bool answers(const Loop& loop) const;
  Page read_all(const Loop& loop) const;
  double in_flight(const Subject& subject) const;
  std::int64_t tick_at_or_after(Time t, Millis phase) const;
  Time tick_time(std::int64_t tick, Millis phase) const;
  Time scraped_from() const;  ///< now, or when the settling period is over

  Simulation& simulation_;
  const InstrumentSource& source_;
  SeriesStore& store_;
  Settings settings_;
  std::vector<Loop> loops_;
  std::set<Key> known_;              ///< of all loops
  std::vector<Subject> discovered_;  ///< the last time
  Time started_{};
  Simulation::EventId discovery_ = 0;
  Simulation::EventId past_ = 0;
  std::uint64_t scrapes_ = 0;
  std::uint64_t failed_ = 0;
  std::size_t late_ = 0;  ///< scrapes that have not arrived yet
};

class Scraper::Memory {
  friend class Scraper;
  struct OfLoop {
    std::map<std::size_t, Known> columns;  ///< by Column::nth
    std::vector<SeriesId> about;
  };
  std::vector<OfLoop> loops_;
};

}  // namespace coalmine
