/// What a person did during a run, and when: enough, with scenario and seed, to play the identical
/// run again.
///
/// perform() acts live: it writes the action down and schedules it; replay() schedules a whole log.
/// Both place an action at the end of its instant (Simulation::at_end_of_instant), so it does not
/// matter in which pieces the person let time advance: the actions of one instant follow the
/// ordinary events of that instant, in the log's order, each with its consequences.
///
/// Text form, one action per line: `time verb argument...`, for example
///
///   300s scale checkout 12
///   312.5s annotate "looks bad to me"
///
/// The time is in seconds, exact to the nanosecond, and never decreases. Words are separated by
/// blanks; a word that is empty or holds blanks, control characters, `"`, `\` or a leading `#` is
/// quoted, with the escapes \" \\ \n \r \t and \xHH. Empty lines and lines that start with `#` are
/// skipped.
#pragma once

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/kernel/simulation.h"
#include "sim/kernel/time.h"

namespace coalmine {

struct TimedAction {
  Time time{};
  std::string verb;
  std::vector<std::string> arguments;
  friend bool operator==(const TimedAction&, const TimedAction&) = default;
};

/// A text that is not an action log: where, and what was expected. Lines and columns count from 1.
class ActionLogError : public std::runtime_error {
 public:
  ActionLogError(std::size_t line, std::size_t column, const std::string& what);
  std::size_t line() const { return line_; }
  std::size_t column() const { return column_; }

 private:
  std::size_t line_;
  std::size_t column_;
};

class ActionLog {
 public:
  /// The time may not lie before that of the last action; the verb is not empty.
  void append(TimedAction action);
  const std::vector<TimedAction>& actions() const { return actions_; }

  std::string to_text() const;
  /// The log that to_text() wrote; throws ActionLogError.
  static ActionLog from_text(std::string_view text);

  friend bool operator==(const ActionLog&, const ActionLog&) = default;

 private:
  std::vector<TimedAction> actions_;
};

using ActionHandler = std::function<void(const TimedAction&)>;

/// Logs an action at simulation.now() and hands it to `handler` at the end of this instant, that is
/// within the next advance_to().
void perform(ActionLog& log,
             Simulation& simulation,
             std::string verb,
             std::vector<std::string> arguments,
             ActionHandler handler);

/// Schedules every action of the log at its time; none may lie before simulation.now(). The log is
/// copied.
void replay(const ActionLog& log, Simulation& simulation, const ActionHandler& handler);

}  // namespace coalmine
