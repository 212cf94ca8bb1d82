/// What several subcommands take, and how a command ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class Option;
}  // namespace CLI

namespace coalmine::cli {

/// Exit codes (the README lists them).
inline constexpr int kDone = 0;
inline constexpr int kBoundBroken = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kInterrupted = 3;
inline constexpr int kInternalError = 70;
inline constexpr int kNotWritten = 74;

/// What was played could not be written.
class NotWritten : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Format { table, json, csv };

struct CommonOptions {
  std::string file;
  std::string format = "table";
  std::optional<std::uint64_t> seed;
  std::vector<std::string> set;  ///< PATH=VALUE
  std::string out;               ///< empty: standard output
  bool strict = false;

  Format chosen_format() const;
};

void add_common(CLI::App& command, CommonOptions& options);

/// Takes whole numbers from `least` to `most` only: the parser itself wraps round.
void only_whole_numbers(CLI::Option& option, std::uint64_t least, std::uint64_t most);

/// Loads, printing warnings to standard error. Throws InvalidInput.
std::shared_ptr<const Scenario> load(const CommonOptions& options);

/// A mistake of the user that belongs to a file but to no line of it.
[[noreturn]] void refuse(const std::string& file, const std::string& message);

/// Throws InvalidInput if the file of --out cannot be written: asked before anything is played.
/// What the file holds is left alone.
void check_writable(const CommonOptions& options);
/// Prints to standard output, or writes the file of --out (or throws NotWritten).
void deliver(const CommonOptions& options, const std::string& text);
/// Prints to standard output; main() looks whether it arrived.
void print(const std::string& text);
/// Prints to standard error, whether anybody listens or not.
void complain(const std::string& text);

/// Set by Ctrl-C (and SIGTERM): commands finish what they have and end with kInterrupted.
std::stop_token interruption();

/// Whether standard error is a terminal: only then is progress shown.
bool on_terminal();

}  // namespace coalmine::cli
