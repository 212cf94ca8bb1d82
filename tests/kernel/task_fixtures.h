/// Small coroutines that the tests of tasks share.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/kernel/task.h"

namespace coalmine::test {

using namespace coalmine::literals;

using Log = std::vector<std::string>;

inline std::string stamp(const Simulation& simulation, const std::string& what) {
  return std::to_string(simulation.now().time_since_epoch() / 1s) + " " + what;
}

inline Task<void> say_after(Simulation& simulation, Log& log, Duration delay, std::string what) {
  co_await sleep_for(simulation, delay);
  log.push_back(stamp(simulation, what));
}

inline Task<int> value_after(Simulation& simulation, Duration delay, int value) {
  co_await sleep_for(simulation, delay);
  co_return value;
}

inline Task<void> throw_after(Simulation& simulation, Duration delay, std::string what) {
  co_await sleep_for(simulation, delay);
  throw std::runtime_error(what);
}

inline Task<void> nothing() {
  co_return;
}

/// Says when it dies: shows that the locals of a destroyed coroutine are destroyed.
class LastWords {
 public:
  LastWords(Log& log, std::string words) : log_(log), words_(std::move(words)) {}
  ~LastWords() { log_.push_back(words_); }
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

 private:
  Log& log_;
  std::string words_;
};

inline Task<void> sleep_with_last_words(Simulation& simulation,
                                        Log& log,
                                        Duration d,
                                        std::string words) {
  const LastWords last(log, std::move(words));
  co_await sleep_for(simulation, d);
}

/// Waits at `condition` until *flag and logs the outcome.
inline Task<void> wait_and_say(Simulation& simulation,
                               Condition& condition,
                               const bool& flag,
                               Log& log,
                               std::string name,
                               Time deadline) {
  const bool held = co_await wait_until(
      simulation, condition, [&flag] { return flag; }, deadline);
  log.push_back(stamp(simulation, name + (held ? " held" : " late")));
}

}  // namespace coalmine::test
