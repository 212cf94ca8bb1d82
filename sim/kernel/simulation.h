/// The conductor of one run: simulated time, the control queue, the tasks, and the data tier
/// between them.
///
/// Two tiers. Control events (scrapes, reconciles, probes, faults, decisions) sit in one queue
/// ordered by time, equal times in scheduling order. Requests never pass through it: before each
/// control event, and at the end, the attached `DataTier` plays everything of its own that happens
/// up to and including that instant (at equal times completion, cancellation and arrival come
/// before control).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sim/kernel/time.h"

namespace coalmine {

class TaskScope;  // task.h

/// Whatever carries requests. run_until(t) plays every event with time <= t; t never decreases.
class DataTier {
 public:
  virtual ~DataTier() = default;
  virtual void run_until(Time t) = 0;
};

class Simulation {
 public:
  using Action = std::function<void()>;
  using EventId = std::uint64_t;

  explicit Simulation(Time start = kTimeZero);
  ~Simulation();  ///< ends all tasks first
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Time now() const;
  void attach(DataTier* tier);  ///< not owned; nullptr detaches

  EventId at(Time when, Action action);          ///< when >= now()
  EventId after(Duration delay, Action action);  ///< delay >= 0
  void cancel(EventId id);                       ///< no effect if it has run or was cancelled

  /// Plays the run up to and including `t`; may be called any number of times, t >= now(). Playing
  /// in pieces gives the same run as playing at once. Exceptions out of actions and tasks pass
  /// through.
  void advance_to(Time t);

  TaskScope& tasks();
  std::uint64_t events_played() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace coalmine
