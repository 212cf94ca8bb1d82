#include "cli/options.h"

#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

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
  command.add_option(
      "--seed", options.seed, "seed of all random numbers, instead of the scenario's");
  command.add_option("--set", options.set, "PATH=VALUE: change a key of the scenario (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--out", options.out, "write to this file");
  command.add_flag("--strict", options.strict, "treat warnings as errors");
}

std::shared_ptr<const Scenario> load(const CommonOptions& options) {
  LoadOptions how;
  how.overrides = options.set;
  how.strict = options.strict;
  const LoadResult loaded = load_scenario(options.file, all_strategies(), how);
  if (loaded.scenario) fmt::print(stderr, "{}", loaded.diagnostics.text());
  return loaded.value();
}

[[noreturn]] void refuse(const std::string& file, const std::string& message) {
  Diagnostics diagnostics;
  diagnostics.error({SourceText::make(file, ""), 0, 0, 1}, message);
  throw InvalidInput(diagnostics);
}

void deliver(const CommonOptions& options, const std::string& text) {
  if (options.out.empty()) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  std::ofstream file(options.out, std::ios::binary);
  file << text;
  file.flush();
  if (!file) throw std::runtime_error("cannot write " + options.out);
}

std::stop_token interruption() {
  static Interruption watch;
  return watch.token();
}

bool on_terminal() {
  return isatty(STDERR_FILENO) != 0;
}

}  // namespace coalmine::cli
