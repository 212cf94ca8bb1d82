/// Rule groups on the simulation's clock, and the pages they send.
///
/// A group is evaluated at phase + k * interval (specs/prometheus.md section 4), the phase a whole
/// number of milliseconds below the interval that its name and a key decide, or 0. Groups of one
/// instant go in their order.
///
/// An alert that begins to fire pages if is_page() says so; what it is called on the page is its
/// label `objective` if it has one, else its name. Events: "Paged" and "Resolved" for these,
/// "AlertFiring" and "AlertResolved" for all others (object "alert/NAME"), "RuleFailing" when a
/// rule begins to fail (object "rule/NAME").
///
/// Left out: Alertmanager (grouping, silences, repeats, inhibition): a page goes out the moment its
/// alert fires.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/event_log.h"
#include "sim/kernel/random.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/time.h"
#include "sim/telemetry/page.h"
#include "sim/telemetry/rules/group_engine.h"
#include "sim/telemetry/rules/rule_group.h"
#include "sim/telemetry/series_store.h"

namespace coalmine::rules {

/// By the label `severity`: page, critical, or none at all.
bool pages_by_severity(const Labels& alert);

class RuleRunner {
 public:
  struct Settings {
    Duration evaluation_interval = std::chrono::minutes(1);  ///< of groups that name none
    std::optional<RandomKey> phase_key{};                    ///< none: every phase is 0
    GroupEngine::Settings engine{};
    std::function<bool(const Labels& alert)> is_page = pages_by_severity;
  };
  /// Called inside the evaluation, once for each alert that begins to fire and is a page.
  using OnPage = std::function<void(const Page&)>;

  /// Simulation and store outlive the runner.
  RuleRunner(Simulation& simulation,
             SeriesStore& store,
             std::vector<RuleGroup> groups,
             Settings settings,
             EventSink events,
             OnPage on_page = {});
  ~RuleRunner();
  RuleRunner(const RuleRunner&) = delete;
  RuleRunner& operator=(const RuleRunner&) = delete;

  /// Evaluates each group from its first instant at or after `from` on; call once, from >= now().
  void start(Time from);

  bool firing() const { return first_open() != nullptr; }  ///< as of the last evaluation
  /// The page that has waited longest for its end; null: none is open.
  const Page* first_open() const;
  const std::vector<Page>& pages() const { return pages_; }  ///< in order
  const GroupEngine& group(std::size_t index) const { return groups_[index]->engine; }

 private:
  struct Group {
    explicit Group(GroupEngine made) : engine(std::move(made)) {}
    GroupEngine engine;
    Duration interval{};
    Duration phase{};
    std::vector<bool> failing{};  ///< by rule
    Simulation::EventId next = 0;
  };
  /// A page that has not been resolved.
  struct Open {
    Labels alert;
    std::size_t page = 0;
  };

  void schedule(Group& group, Time when);
  void evaluate(Group& group);
  void told(const Notification& notification);
  void page(const Notification& notification, const std::string& name);
  void resolve(const Labels& alert);
  void report_failures(Group& group);
  void say(std::string object,
           std::string reason,
           std::string message,
           std::vector<Evidence> evidence = {});

  Simulation& simulation_;
  SeriesStore& store_;
  std::vector<std::unique_ptr<Group>> groups_;
  Settings settings_;
  EventSink events_;
  OnPage on_page_;
  std::vector<Page> pages_;
  std::vector<Open> open_;
};

}  // namespace coalmine::rules
