/// The conductor of one run: simulated time, the control queue, the tasks, and the data tier
/// between them. Nothing of it is global: any number of runs live in one process.
///
/// Two tiers. Control events (scrapes, reconciles, probes, faults, decisions) sit in one queue
/// ordered by time, equal times in scheduling order. Requests never pass through it: before each
/// control event, and at the end, the attached `DataTier` plays everything of its own that happens
/// up to and including that instant (at equal times completion, cancellation and arrival come
/// before control).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "sim/kernel/time.h"

namespace coalmine {

class TaskScope;  // task.h
template <class T>
class Task;

/// Whatever carries requests.
class DataTier {
 public:
  virtual ~DataTier() = default;
  /// Plays every event with time <= t; it may be called again for the same t, and has then only
  /// what the control event just played has added. While it plays, Simulation::now() stays at the
  /// last control event, so it schedules with at(), never with after(). If it schedules a control
  /// event at some s <= t, it must return having played up to s and no further: control comes
  /// first, and then it is called again. t never lies before what it has played.
  virtual void run_until(Time t) = 0;
};

class Simulation {
 public:
  using Action = std::function<void()>;
  using EventId = std::uint64_t;  ///< never 0, so 0 can mean "none"

  explicit Simulation(Time start = kTimeZero);
  ~Simulation();  ///< ends all tasks first, then drops the waiting events
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Time now() const;
  void attach(DataTier* tier);  ///< not owned; nullptr detaches

  EventId at(Time when, Action action);          ///< when >= now()
  EventId after(Duration delay, Action action);  ///< delay >= 0; kForever ends at kNever
  void cancel(EventId id);                       ///< no effect if it has run or was cancelled

  /// Plays at `when` once no ordinary event of that instant is left, whenever those were scheduled;
  /// several such in scheduling order, each after the ordinary events the one before has caused.
  /// So what a person does while the run stands still at an instant, and its replay, fall on the
  /// same place.
  EventId at_end_of_instant(Time when, Action action);

  /// Plays the run up to and including `t`; may be called any number of times, t >= now(), but not
  /// from within an action. Playing in pieces gives the same run as playing at once. Exceptions out
  /// of actions and tasks pass through; the run can be continued after one.
  void advance_to(Time t);

  TaskScope& tasks();  ///< the tasks that live as long as the run
  std::uint64_t events_played() const;
  std::size_t events_waiting() const;  ///< scheduled, neither played nor cancelled

 private:
  friend class TaskScope;
  void task_ended(Task<void> task);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace coalmine
