/// What recording a run costs, how large a recording is and how fast it is read: the main scenario,
/// and ten million events (docs/recording-format.md states the budgets).

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "sim/experiment/recorder.h"
#include "sim/experiment/recording_file.h"
#include "sim/scenario/load.h"
#include "strategies/registry.h"

namespace {

using namespace coalmine;
using namespace coalmine::literals;

constexpr std::size_t kManyEvents = 10'000'000;
constexpr Duration kManyEventsEvery = 300us;  // over 50 min

/// A file that is gone when the program ends.
class TemporaryFile {
 public:
  TemporaryFile()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("coalmine-bench-{}-{}.cmrun", getpid(), ++count_)) {}
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  inline static int count_ = 0;
  std::filesystem::path path_;
};

RunSpec canary_of_main_scenario() {
  RunSpec spec;
  spec.scenario =
      load_scenario(COALMINE_SOURCE_DIR "/scenarios/checkout.yaml", all_strategies()).value();
  for (std::size_t i = 0; i < spec.scenario->strategies.size(); ++i)
    if (spec.scenario->strategies[i].type == "canary") spec.strategy = i;
  return spec;
}

const std::filesystem::path& main_file() {
  static const TemporaryFile file;
  static const bool written = [] {
    write_recording(record(canary_of_main_scenario()), file.path());
    return true;
  }();
  benchmark::DoNotOptimize(written);
  return file.path();
}

/// Five thousand pods tell what happens to them; every second message is like no other.
const std::filesystem::path& file_of_many_events() {
  static const TemporaryFile file;
  static const bool written = [] {
    RecordingWriter writer(file.path());
    Recording recording;
    recording.cast.services = {"checkout"};
    recording.edge.bin = 10s;
    recording.edge.versions.resize(1);
    writer.write_without_events(recording);
    std::vector<Event> part;
    for (std::size_t i = 0; i < kManyEvents; ++i) {
      part.push_back({kTimeZero + static_cast<std::int64_t>(i) * kManyEventsEvery,
                      fmt::format("pod/checkout-6d4cf56db6-{}", i % 5000),
                      i % 2 == 0 ? "Unhealthy" : "Scheduled",
                      i % 2 == 0 ? "readiness probe failed: the process does not answer"
                                 : fmt::format("assigned as number {}", i),
                      {}});
      if (part.size() < 100'000) continue;
      writer.write_events(part);
      part.clear();
    }
    writer.finish();
    return true;
  }();
  benchmark::DoNotOptimize(written);
  return file.path();
}

void report_size(benchmark::State& state, const std::filesystem::path& path) {
  state.counters["MB"] = static_cast<double>(std::filesystem::file_size(path)) / 1e6;
}

// ---- the main scenario

void play_unrecorded(benchmark::State& state) {
  const RunSpec spec = canary_of_main_scenario();
  for (auto _ : state) benchmark::DoNotOptimize(play(spec));
}
BENCHMARK(play_unrecorded)->Unit(benchmark::kMillisecond);

void play_recorded(benchmark::State& state) {
  const RunSpec spec = canary_of_main_scenario();
  for (auto _ : state) benchmark::DoNotOptimize(record(spec));
}
BENCHMARK(play_recorded)->Unit(benchmark::kMillisecond);

void write_file(benchmark::State& state) {
  const Recording recording = record(canary_of_main_scenario());
  const TemporaryFile file;
  for (auto _ : state) write_recording(recording, file.path());
  report_size(state, file.path());
}
BENCHMARK(write_file)->Unit(benchmark::kMillisecond);

/// What `coalmine run X.cmrun` does before it prints.
void open_and_check(benchmark::State& state) {
  for (auto _ : state) {
    RecordingFile file(main_file());
    file.check();
    benchmark::DoNotOptimize(file.result());
  }
  report_size(state, main_file());
}
BENCHMARK(open_and_check)->Unit(benchmark::kMillisecond);

void read_everything(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(read_recording(main_file()));
}
BENCHMARK(read_everything)->Unit(benchmark::kMillisecond);

void scrub(benchmark::State& state) {
  RecordingFile file(main_file());
  Duration t{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(file.frame_at(kTimeZero + t));
    t = (t + 617s) % 45min;
  }
}
BENCHMARK(scrub)->Unit(benchmark::kMillisecond);

// ---- ten million events

void open_many_events(benchmark::State& state) {
  const auto& path = file_of_many_events();
  for (auto _ : state) {
    RecordingFile file(path);
    benchmark::DoNotOptimize(file.summary());
    benchmark::DoNotOptimize(file.event_blocks().size());
  }
  report_size(state, path);
}
BENCHMARK(open_many_events)->Unit(benchmark::kMillisecond);

void one_second_of_many_events(benchmark::State& state) {
  RecordingFile file(file_of_many_events());
  std::size_t events = 0;
  for (auto _ : state) events = file.events(kTimeZero + 1000s, kTimeZero + 1001s).size();
  state.counters["events"] = static_cast<double>(events);
}
BENCHMARK(one_second_of_many_events)->Unit(benchmark::kMillisecond);

void check_many_events(benchmark::State& state) {
  RecordingFile file(file_of_many_events());
  for (auto _ : state) file.check();
}
BENCHMARK(check_many_events)->Unit(benchmark::kMillisecond);

void read_many_events(benchmark::State& state) {
  RecordingFile file(file_of_many_events());
  double events = 0;
  for (auto _ : state)
    for (std::size_t b = 0; b < file.event_blocks().size(); ++b)
      events += static_cast<double>(file.events_in(b).size());
  state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
}
BENCHMARK(read_many_events)->Unit(benchmark::kMillisecond);

}  // namespace
