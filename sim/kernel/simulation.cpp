#include "sim/kernel/simulation.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/control_queue.h"
#include "sim/kernel/task.h"

namespace coalmine {

namespace {

/// Sets a flag for the time of a scope, also when an exception leaves it.
class FlagGuard {
 public:
  explicit FlagGuard(bool& flag) : flag_(flag) { flag_ = true; }
  ~FlagGuard() { flag_ = false; }
  FlagGuard(const FlagGuard&) = delete;
  FlagGuard& operator=(const FlagGuard&) = delete;

 private:
  bool& flag_;
};

}  // namespace

struct Simulation::Impl {
  Impl(Simulation& simulation, Time start) : now(start), tasks(simulation) {}

  void play_tier(Time horizon) {
    if (tier == nullptr) return;
    const FlagGuard guard(tier_plays);
    tier->run_until(horizon);
  }

  void play_next_event() {
    now = queue.next_time();
    const Action action = queue.pop();
    ++events_played;
    try {
      action();
    } catch (...) {
      reap();
      throw;
    }
    if (const std::exception_ptr failure = reap()) std::rethrow_exception(failure);
  }

  /// Destroys the tasks that have ended; returns the exception that the first failed one ended
  /// with.
  std::exception_ptr reap() {
    std::exception_ptr failure;
    while (!ended.empty()) {
      std::vector<Task<void>> done;
      done.swap(ended);
      for (const Task<void>& task : done) {
        if (!failure) failure = task.failure();
      }
    }
    return failure;
  }

  Time now;
  DataTier* tier = nullptr;
  bool playing = false;
  bool tier_plays = false;
  std::uint64_t events_played = 0;
  ControlQueue queue;
  std::vector<Task<void>> ended;
  TaskScope tasks;
};

Simulation::Simulation(Time start) : impl_(std::make_unique<Impl>(*this, start)) {}

Simulation::~Simulation() {
  // Explicitly, while everything still stands: a dying task or action may cancel its events.
  impl_->tasks.cancel_all();
  impl_->reap();
  impl_->queue.clear();
}

Time Simulation::now() const {
  return impl_->now;
}

void Simulation::attach(DataTier* tier) {
  impl_->tier = tier;
}

Simulation::EventId Simulation::at(Time when, Action action) {
  CM_ASSERT(when >= impl_->now);
  return impl_->queue.push(when, std::move(action));
}

Simulation::EventId Simulation::after(Duration delay, Action action) {
  CM_ASSERT(delay >= Duration::zero());
  CM_ASSERT(!impl_->tier_plays);
  return at(add_saturating(impl_->now, delay), std::move(action));
}

Simulation::EventId Simulation::at_end_of_instant(Time when, Action action) {
  CM_ASSERT(when >= impl_->now);
  return impl_->queue.push(when, std::move(action), ControlQueue::Place::kEndOfInstant);
}

void Simulation::cancel(EventId id) {
  impl_->queue.cancel(id);
}

void Simulation::advance_to(Time t) {
  Impl& run = *impl_;
  CM_ASSERT(t >= run.now);
  CM_ASSERT(!run.playing);
  const FlagGuard guard(run.playing);
  for (;;) {
    const Time horizon = std::min(run.queue.next_time(), t);
    run.play_tier(horizon);
    // The tier may have scheduled an event before the horizon (and stopped there) or cancelled the
    // one at the horizon: then the next horizon is another.
    const Time next = run.queue.next_time();
    if (next < horizon || (next > horizon && horizon < t)) continue;
    if (run.queue.empty() || next > t) break;
    run.play_next_event();
  }
  run.now = t;
}

TaskScope& Simulation::tasks() {
  return impl_->tasks;
}

std::uint64_t Simulation::events_played() const {
  return impl_->events_played;
}

std::size_t Simulation::events_waiting() const {
  return impl_->queue.size();
}

void Simulation::task_ended(Task<void> task) {
  impl_->ended.push_back(std::move(task));
}

}  // namespace coalmine
