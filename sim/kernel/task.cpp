#include "sim/kernel/task.h"

#include <algorithm>

namespace coalmine {

// ---------------------------------------------------------------------------------------- sleeping

void detail::SleepAwaiter::await_suspend(std::coroutine_handle<> sleeper) {
  event_ = simulation_.at(std::max(until_, simulation_.now()), [this, sleeper] {
    event_ = 0;
    sleeper.resume();
  });
}

Task<void> detail::sleep(Simulation& simulation, Duration length) {
  co_await sleep_for(simulation, length);
}

// -------------------------------------------------------------------------------------- conditions

/// One coroutine's stay at a condition: from construction to destruction it is on the condition's
/// list and its deadline in the control queue. `co_await wait` ends at the next of the two.
class ConditionWait {
 public:
  ConditionWait(Simulation& simulation, Condition& condition, Time deadline)
      : simulation_(simulation), condition_(&condition) {
    condition.waits_.push_back(this);
    if (deadline == kNever) return;
    deadline_event_ = simulation_.at(std::max(deadline, simulation_.now()), [this] {
      deadline_event_ = 0;
      late_ = true;
      resume();
    });
  }
  ~ConditionWait() {
    if (condition_ != nullptr) std::erase(condition_->waits_, this);
    if (deadline_event_ != 0) simulation_.cancel(deadline_event_);
    if (wake_event_ != 0) simulation_.cancel(wake_event_);
  }
  ConditionWait(const ConditionWait&) = delete;
  ConditionWait& operator=(const ConditionWait&) = delete;

  bool late() const { return late_; }

  bool await_ready() const { return late_; }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_ = waiter; }
  void await_resume() const {}

  /// By an event at now(), so that notify() itself runs nobody's code.
  void wake(Simulation& simulation) {
    if (wake_event_ != 0) return;
    wake_event_ = simulation.after(Duration::zero(), [this] {
      wake_event_ = 0;
      resume();
    });
  }
  void condition_is_gone() { condition_ = nullptr; }

 private:
  void resume() { std::exchange(waiter_, nullptr).resume(); }

  Simulation& simulation_;
  Condition* condition_;
  Simulation::EventId deadline_event_ = 0;
  Simulation::EventId wake_event_ = 0;
  bool late_ = false;
  std::coroutine_handle<> waiter_;
};

Condition::~Condition() {
  for (ConditionWait* wait : waits_) wait->condition_is_gone();
}

void Condition::notify() {
  for (ConditionWait* wait : waits_) wait->wake(simulation_);
}

Task<bool> wait_until(Simulation& simulation,
                      Condition& condition,
                      std::function<bool()> predicate,
                      Time deadline) {
  if (predicate()) co_return true;
  ConditionWait wait(simulation, condition, deadline);
  while (!wait.late()) {
    co_await wait;
    if (predicate()) co_return true;
  }
  co_return false;
}

// ------------------------------------------------------------------------------- any-of and all-of

namespace {

/// Starts a list of tasks and resumes the parent when enough of them are done: when `needed` have
/// returned, or one has thrown. Tasks that finish within start() count as well; then the parent is
/// not suspended.
class Gathering final : private TaskWaiter {
 public:
  Gathering(std::vector<Task<void>>& tasks, std::size_t needed) : tasks_(tasks), needed_(needed) {}
  Gathering(const Gathering&) = delete;
  Gathering& operator=(const Gathering&) = delete;

  bool await_ready() const { return needed_ == 0; }
  bool await_suspend(std::coroutine_handle<> parent) {
    for (std::size_t i = 0; i < tasks_.size() && !complete(); ++i) tasks_[i].start(*this, i);
    parent_ = parent;
    return !complete();
  }
  /// The index of the task that completed it.
  std::size_t await_resume() const { return last_; }

 private:
  bool complete() const { return done_ == needed_ || failed_; }

  std::coroutine_handle<> task_finished(std::size_t index) noexcept override {
    last_ = index;
    ++done_;
    failed_ = tasks_[index].failure() != nullptr;
    return complete() && parent_ ? parent_ : std::noop_coroutine();
  }

  std::vector<Task<void>>& tasks_;
  std::size_t needed_;
  std::size_t done_ = 0;
  std::size_t last_ = 0;
  bool failed_ = false;
  std::coroutine_handle<> parent_;  ///< set once all have been started
};

}  // namespace

Task<std::size_t> any_of(std::vector<Task<void>> tasks) {
  CM_ASSERT(!tasks.empty());
  Gathering gathering(tasks, 1);
  const std::size_t first = co_await gathering;
  const std::exception_ptr thrown = tasks[first].failure();
  tasks.clear();
  if (thrown) std::rethrow_exception(thrown);
  co_return first;
}

Task<void> all_of(std::vector<Task<void>> tasks) {
  if (tasks.empty()) co_return;
  Gathering gathering(tasks, tasks.size());
  const std::size_t last = co_await gathering;
  const std::exception_ptr thrown = tasks[last].failure();
  tasks.clear();
  if (thrown) std::rethrow_exception(thrown);
}

Task<bool> within(Simulation& simulation, Duration limit, Task<void> task) {
  std::vector<Task<void>> race = task_list(std::move(task), detail::sleep(simulation, limit));
  const std::size_t first = co_await any_of(std::move(race));
  co_return first == 0;
}

// ------------------------------------------------------------------------------------------- scope

/// A spawned task: holds its start event until it plays, then the running frame.
class TaskScope::Root final : private TaskWaiter {
 public:
  Root(TaskScope& scope, Task<void> task) : scope_(scope), task_(std::move(task)) {
    start_event_ = scope_.simulation_.at(scope_.simulation_.now(), [this] {
      start_event_ = 0;
      task_.start(*this);
    });
  }
  ~Root() {
    if (start_event_ != 0) scope_.simulation_.cancel(start_event_);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

 private:
  /// The frame is still in use by the call that finished it, so the simulation destroys it after
  /// the event.
  std::coroutine_handle<> task_finished(std::size_t) noexcept override {
    scope_.simulation_.task_ended(std::move(task_));
    scope_.forget(*this);
    return std::noop_coroutine();
  }

  TaskScope& scope_;
  Task<void> task_;
  Simulation::EventId start_event_ = 0;
};

TaskScope::TaskScope(Simulation& simulation) : simulation_(simulation) {}

TaskScope::~TaskScope() {
  cancel_all();
}

std::size_t TaskScope::size() const {
  return roots_.size();
}

void TaskScope::spawn(Task<void> task) {
  CM_ASSERT(task.valid() && !task.done());
  roots_.push_back(std::make_unique<Root>(*this, std::move(task)));
}

void TaskScope::cancel_all() {
  // One at a time, off the list before it dies: what it owns may spawn or cancel in its destructor.
  while (!roots_.empty()) {
    const std::unique_ptr<Root> youngest = std::move(roots_.back());
    roots_.pop_back();
  }
}

void TaskScope::forget(const Root& root) {
  std::erase_if(roots_, [&root](const std::unique_ptr<Root>& r) { return r.get() == &root; });
}

}  // namespace coalmine
