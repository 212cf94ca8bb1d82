#include "cli/options.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <system_error>
#include <thread>

#include "sim/experiment/recording_file.h"
#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace coalmine::cli {
namespace {

/// A signal handler may only touch a lock-free flag; a thread of this object turns it into a stop
/// request.
volatile std::sig_atomic_t interrupted = 0;

extern "C" void on_signal(int number) {
  if (interrupted != 0) std::_Exit(128 + number);  // asked twice: go at once
  interrupted = 1;
}

class Interruption {
 public:
  Interruption() {
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
    watcher_ = std::jthread([this](const std::stop_token& end) {
      while (!end.stop_requested()) {
        if (interrupted != 0) {
          source_.request_stop();
          return;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    });
  }
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace

Format CommonOptions::chosen_format() const {
  return format == "json" ? Format::json : format == "csv" ? Format::csv : Format::table;
}

void add_common(CLI::App& command, CommonOptions& options) {
  command.add_option("FILE", options.file, "the scenario")->required();
  command.add_option("--format", options.format, "table, json or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}));
  only_whole_numbers(
      *command.add_option(
          "--seed", options.seed, "seed of all random numbers, instead of the scenario's"),
      0,
      std::numeric_limits<std::uint64_t>::max());
  command.add_option("--set", options.set, "PATH=VALUE: change a key of the scenario (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--out", options.out, "write to this file");
  command.add_flag("--strict", options.strict, "treat warnings as errors");
}

void only_whole_numbers(CLI::Option& option, std::uint64_t least, std::uint64_t most) {
  option.check([least, most](const std::string& text) {
    std::uint64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data(), end, number);
    const bool good = problem == std::errc{} && stop == end && least <= number && number <= most;
    return good ? std::string()
                : fmt::format("{} is not a whole number from {} to {}", text, least, most);
  });
}

std::shared_ptr<const Scenario> load(const CommonOptions& options) {
  LoadOptions how;
  how.overrides = options.set;
  how.strict = options.strict;
  if (is_recording(options.file))
    refuse(options.file, "this is a recording; run, query and export take one");
  const LoadResult loaded = load_scenario(options.file, all_strategies(), how);
  if (loaded.scenario) complain(loaded.diagnostics.text());
  return loaded.value();
}

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  Diagnostics diagnostics;
  diagnostics.error({SourceText::make(file, ""), 0, 0, 1}, message);
  throw InvalidInput(diagnostics);
}

namespace {

/// Why the last call into the system failed.
std::string last_problem() {
  return std::generic_category().message(errno);
}

}  // namespace

void check_writable(const CommonOptions& options) {
  if (options.out.empty()) return;
  std::error_code ignored;
  if (std::filesystem::equivalent(options.file, options.out, ignored))
    refuse(options.out, "is the file that is read: write somewhere else");
  const bool there = std::filesystem::exists(options.out, ignored);
  const bool opens = std::ofstream(options.out, std::ios::app).is_open();
  const std::string why = last_problem();
  if (!opens) refuse(options.out, "cannot be written: " + why);
  if (!there) std::filesystem::remove(options.out, ignored);
}

void deliver(const CommonOptions& options, const std::string& text) {
  if (options.out.empty()) return print(text);
  std::ofstream file(options.out, std::ios::binary);
  file << text;
  file.flush();
  if (!file) throw NotWritten(options.out + " could not be written: " + last_problem());
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void complain(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::stop_token interruption() {
  static Interruption watch;
  return watch.token();
}

bool on_terminal() {
  return isatty(STDERR_FILENO) != 0;
}

}  // namespace coalmine::cli
