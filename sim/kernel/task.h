/// Coroutines in simulated time: a strategy, a controller or a person's reaction is written as the
/// runbook it is.
///
///   Task<bool> deploy_and_wait(Simulation& simulation, Condition& pods_changed, View& view) {
///     co_await sleep_for(simulation, 30s);
///     co_return co_await wait_until(simulation, pods_changed, [&] { return view.ready(); },
///                                   simulation.now() + 10min);
///   }
///
/// A `Task` is lazy: it starts when awaited, or when a `TaskScope` plays it. Whoever waits is
/// resumed by an event of the control queue, never from inside the call that ends the wait, so at
/// any instant one task of a run is executing and the order of resumption is that of scheduling.
/// Only a finished task hands over directly to the one that awaited it.
///
/// Lifetimes. Destroying a suspended task destroys what it awaits, down to the innermost wait,
/// which takes its own event or condition entry away: nothing dangles. A coroutine keeps its
/// parameters but not what they refer to: pass by value, or by reference to something that outlives
/// the scope, and never write one as a lambda with captures. A task may not destroy itself (cancel
/// the scope it runs in).
///
/// A trap of g++ 12: where no block around it declares a variable, `if (co_await x)`, and `while`
/// and `switch` alike, give the coroutine a frame whose header is out of place. Calling such a
/// coroutine fails an assertion here; write `const bool done = co_await x;` and test that.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "sim/kernel/assert.h"
#include "sim/kernel/simulation.h"
#include "sim/kernel/time.h"

namespace coalmine {

/// Who is told that a task has finished. `index` is what the waiter gave to Task::start; returned
/// is the coroutine that goes on now, or std::noop_coroutine().
class TaskWaiter {
 public:
  virtual std::coroutine_handle<> task_finished(std::size_t index) noexcept = 0;

 protected:
  ~TaskWaiter() = default;
};

namespace detail {

class PromiseBase {
 public:
  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const PromiseBase& promise = ended.promise();
      return promise.waiter_->task_finished(promise.index_);
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }

  void set_waiter(TaskWaiter& waiter, std::size_t index) {
    waiter_ = &waiter;
    index_ = index;
  }

 private:
  TaskWaiter* waiter_ = nullptr;
  std::size_t index_ = 0;
};

template <class T>
class Promise : public PromiseBase {
 public:
  Task<T> get_return_object();
  void return_value(T value) { outcome_.template emplace<1>(std::move(value)); }
  void unhandled_exception() noexcept { outcome_.template emplace<2>(std::current_exception()); }

  std::exception_ptr failure() const {
    return outcome_.index() == 2 ? std::get<2>(outcome_) : nullptr;
  }
  T take_value() { return std::move(std::get<1>(outcome_)); }

 private:
  std::variant<std::monostate, T, std::exception_ptr> outcome_;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { failure_ = std::current_exception(); }

  std::exception_ptr failure() const { return failure_; }
  void take_value() const {}

 private:
  std::exception_ptr failure_;
};

template <class T>
class TaskAwaiter;

}  // namespace detail

/// A lazy coroutine with a result of type T (a movable value, or void). Move-only; owns its frame.
/// `co_await std::move(task)` runs it and gives its result, or throws what it threw.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;

  Task() = default;
  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    Task(std::move(other)).swap(*this);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool valid() const { return frame_ != nullptr; }       ///< it has not been moved from
  bool done() const { return frame_ && frame_.done(); }  ///< returned, or ended by an exception

  detail::TaskAwaiter<T> operator co_await() && { return detail::TaskAwaiter<T>(std::move(*this)); }

  /// For combinators: runs the task up to its first wait. `waiter` is told once, possibly within
  /// this call, and must outlive the task.
  void start(TaskWaiter& waiter, std::size_t index = 0) {
    CM_ASSERT(valid() && !done());
    frame_.promise().set_waiter(waiter, index);
    frame_.resume();
  }
  /// What a task that is done has thrown, or null.
  std::exception_ptr failure() const {
    CM_ASSERT(done());
    return frame_.promise().failure();
  }
  /// The result of a task that is done; throws what it has thrown. Once only.
  T take_result() {
    if (const std::exception_ptr thrown = failure()) std::rethrow_exception(thrown);
    return frame_.promise().take_value();
  }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {
#if defined(__GNUC__) && !defined(__clang__)
    // The frame that g++ 12 lays out wrongly (see the head of this file) begins 8 bytes too late.
    const auto address = reinterpret_cast<std::uintptr_t>(frame.address());
    CM_ASSERT(address % __STDCPP_DEFAULT_NEW_ALIGNMENT__ == 0);
#endif
  }
  void swap(Task& other) noexcept {
    std::swap(frame_, other.frame_);
  }

  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

/// Awaits one task. A task that finishes without waiting returns into await_suspend instead of
/// being handed over to, so that a long loop over such tasks does not grow the stack in builds
/// without tail calls.
template <class T>
class TaskAwaiter final : private TaskWaiter {
 public:
  explicit TaskAwaiter(Task<T> task) : task_(std::move(task)) {}
  TaskAwaiter(const TaskAwaiter&) = delete;
  TaskAwaiter& operator=(const TaskAwaiter&) = delete;

  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> parent) {
    task_.start(*this);
    parent_ = parent;
    return !task_.done();
  }
  T await_resume() { return task_.take_result(); }

 private:
  std::coroutine_handle<> task_finished(std::size_t) noexcept override {
    return parent_ ? parent_ : std::noop_coroutine();
  }

  Task<T> task_;
  std::coroutine_handle<> parent_;  ///< set once the task has come to its first wait
};

/// Resumes the awaiting coroutine by one event; an awaiter destroyed before takes the event away.
class SleepAwaiter {
 public:
  SleepAwaiter(Simulation& simulation, Time until) : simulation_(simulation), until_(until) {}
  ~SleepAwaiter() {
    if (event_ != 0) simulation_.cancel(event_);
  }
  SleepAwaiter(const SleepAwaiter&) = delete;
  SleepAwaiter& operator=(const SleepAwaiter&) = delete;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> sleeper);
  void await_resume() const {}

 private:
  Simulation& simulation_;
  Time until_;
  Simulation::EventId event_ = 0;
};

}  // namespace detail

/// `co_await sleep_until(simulation, t)`: goes on at t, or after what is already scheduled for now
/// if t has passed. kNever sleeps until destroyed.
[[nodiscard]] inline detail::SleepAwaiter sleep_until(Simulation& simulation, Time until) {
  return {simulation, until};
}

/// `co_await sleep_for(simulation, d)`, d >= 0; 0 lets everything already scheduled for now go
/// first.
[[nodiscard]] inline detail::SleepAwaiter sleep_for(Simulation& simulation, Duration length) {
  CM_ASSERT(length >= Duration::zero());
  return {simulation, add_saturating(simulation.now(), length)};
}

/// "Something you may be waiting for has changed": whoever changes the state notifies, and every
/// waiter looks at its predicate again. Waiters are woken in the order in which they began to wait,
/// each by an event at now(); several notifications before that are one. The condition may die
/// before its waiters: they are left with their deadlines.
class Condition {
 public:
  explicit Condition(Simulation& simulation) : simulation_(simulation) {}
  ~Condition();
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  void notify();  ///< not from within DataTier::run_until
  std::size_t waiting() const { return waits_.size(); }

 private:
  friend class ConditionWait;
  Simulation& simulation_;
  std::vector<class ConditionWait*> waits_;  ///< in the order of arrival
};

/// Waits until `predicate` holds: looked at once now, after each notification, and a last time at
/// the deadline. True: it held; false: the deadline came first.
Task<bool> wait_until(Simulation& simulation,
                      Condition& condition,
                      std::function<bool()> predicate,
                      Time deadline = kNever);

/// Runs all at once until the first is done (ties: the first in the control queue; among those that
/// need no wait the first in the list, and later ones are not even started). Returns its index; the
/// others are destroyed at that instant. If the first to end did so by an exception, throws it.
Task<std::size_t> any_of(std::vector<Task<void>> tasks);

/// Runs all at once until all are done. The first exception destroys the others and is thrown.
Task<void> all_of(std::vector<Task<void>> tasks);

/// Tasks as the list that any_of and all_of take: any_of(task_list(watch(...), bake(...))).
template <class... Tasks>
std::vector<Task<void>> task_list(Tasks... tasks) {
  std::vector<Task<void>> list;
  list.reserve(sizeof...(tasks));
  (list.push_back(std::move(tasks)), ...);
  return list;
}

namespace detail {

Task<void> sleep(Simulation& simulation, Duration length);

template <class T>
Task<void> store_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

}  // namespace detail

/// The result of `task`, or nothing if it is not done within `limit`; then it is destroyed. At the
/// limit itself the order of scheduling decides.
template <class T>
Task<std::optional<T>> within(Simulation& simulation, Duration limit, Task<T> task) {
  std::optional<T> result;
  std::vector<Task<void>> race =
      task_list(detail::store_result(std::move(task), result), detail::sleep(simulation, limit));
  co_await any_of(std::move(race));
  co_return result;
}

/// True: `task` was done within `limit`.
Task<bool> within(Simulation& simulation, Duration limit, Task<void> task);

/// Owns tasks that nobody awaits. A spawned task starts by an event at now(). One that ends by an
/// exception throws it out of Simulation::advance_to. Destroying the scope destroys its tasks, the
/// youngest first, wherever they are suspended; it must die before its Simulation.
class TaskScope {
 public:
  explicit TaskScope(Simulation& simulation);
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  void spawn(Task<void> task);
  void cancel_all();         ///< not from within one of its own tasks
  std::size_t size() const;  ///< spawned and not yet done

 private:
  class Root;
  void forget(const Root& root);

  Simulation& simulation_;
  std::vector<std::unique_ptr<Root>> roots_;  ///< in the order of spawning
};

}  // namespace coalmine
