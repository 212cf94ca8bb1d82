/// What several subcommands take, and how a command ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace CLI {
class App;
}

namespace coalmine::cli {

/// Exit codes (design section 5).
inline constexpr int kDone = 0;
inline constexpr int kBoundBroken = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kInterrupted = 3;

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

/// Loads, printing warnings to standard error. Throws InvalidInput.
std::shared_ptr<const Scenario> load(const CommonOptions& options);

/// A mistake of the user that belongs to a file but to no line of it.
[[noreturn]] void refuse(const std::string& file, const std::string& message);

/// Prints to standard output, or writes the file of --out.
void deliver(const CommonOptions& options, const std::string& text);

/// Set by Ctrl-C (and SIGTERM): commands finish what they have and end with kInterrupted.
std::stop_token interruption();

/// Whether standard error is a terminal: only then is progress shown.
bool on_terminal();

}  // namespace coalmine::cli
