// Recordings on disk: what goes in comes out, in whole and in part.
#include "sim/experiment/recording_file.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sim/experiment/cmrun/checksum.h"
#include "sim/experiment/recorder.h"
#include "sim/kernel/diagnostics.h"
#include "sim/scenario/load.h"
#include "strategies/registry.h"
#include "tests/experiment/short_release.h"
#include "tests/experiment/small_recording.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

Event event(Duration at, std::string message) {
  return {kTimeZero + at, "pod/a", "Ready", std::move(message), {}};
}

/// Some blocks of events, ten a second.
Recording eventful() {
  Recording recording = small_recording();
  recording.result.events.clear();
  for (int i = 0; i < 20'000; ++i)
    recording.result.events.push_back(event(i * 100ms, "event " + std::to_string(i)));
  return recording;
}

}  // namespace

TEST_CASE("a recording comes back whole", "[experiment][recording-file]") {
  const Recording small = small_recording();
  check_same(recording_of(bytes_of(small)), small);
  const Recording empty;
  Recording nothing = empty;
  nothing.cast.services = {"a"};
  nothing.edge.bin = 10s;
  nothing.edge.versions.resize(1);
  check_same(recording_of(bytes_of(nothing)), nothing);
}

TEST_CASE("a run comes back whole", "[experiment][recording-file]") {
  const auto scenario = short_scenario();
  for (const StrategyChoice& choice : scenario->strategies) {
    INFO(choice.name);
    const Recording recording = record(spec_of(scenario, choice.name));
    check_same(recording_of(bytes_of(recording)), recording);
  }
  // Long enough for thinned key-frames, with calls and segments of users.
  const auto rich = short_scenario({"duration=40m",
                                    "services=[{name: depot, replicas: 2, response: 10ms}]",
                                    "service.calls=[{service: depot}]",
                                    "traffic={rate: 20/s, segments: [{name: staff, share: 10%}]}",
                                    "telemetry.scrapeLoss=5%"});
  const Recording recording = record(spec_of(rich, "canary"));
  check_same(recording_of(bytes_of(recording)), recording);
}

// Of a recording made by hand, so that only the format can change it. A change needs a new version.
TEST_CASE("the bytes of the format are frozen", "[experiment][recording-file]") {
  const std::string bytes = bytes_of(small_recording());
  CHECK(bytes.substr(0, 8) ==
        "\x89"
        "CMRUN\r\n");
  CHECK(bytes.substr(8, 4) == std::string("\3\0\0\0", 4));
  CHECK(bytes.size() == 2230);
  CHECK(cmrun::checksum_of(bytes) == 0x7bc974f9);
}

TEST_CASE("the same run gives the same bytes, alone or beside others",
          "[experiment][recording-file]") {
  const auto file = [] { return bytes_of(record(spec_of(short_scenario(), "canary"))); };
  const std::string alone = file();
  std::string one;
  std::string other;
  {
    const std::jthread first([&] { one = file(); });
    const std::jthread second([&] { other = file(); });
  }
  CHECK(one == alone);
  CHECK(other == alone);
  // Neither where the scenario lies nor how its file is called gets in.
  LoadOptions how;
  const std::string text = short_scenario()->source.text;
  const auto elsewhere =
      load_scenario_text("/else/where.yaml", text, "/else", all_strategies(), how).value();
  CHECK(bytes_of(record(spec_of(elsewhere, "canary"))) == alone);
}

TEST_CASE("a recording can be played again without its files", "[experiment][recording-file]") {
  const auto load = [](const std::string& text,
                       const std::filesystem::path& folder,
                       const std::vector<std::string>& overrides) {
    LoadOptions how;
    how.overrides = overrides;
    return load_scenario_text("again.yaml", text, folder, all_strategies(), how).value();
  };
  std::string bytes;
  {
    const TemporaryFolder origin;
    write_bytes(origin / "requests.csv", "offset_s\n0\n0.5\n0.6\n2\n");
    const std::string text = short_scenario()->source.text;
    bytes = bytes_of(record(spec_of(
        load(text,
             origin / "",
             {"traffic={trace: {file: requests.csv, repeat: true}}", "duration=7m", "seed=8"}),
        "rolling")));
  }
  const Recording recording = recording_of(bytes);
  const TemporaryFolder copy;
  for (const SourceFile& file : recording.source.files) write_bytes(copy / file.name, file.text);
  RunSpec again = spec_of(load(recording.source.text, copy / "", recording.source.overrides),
                          recording.result.name,
                          recording.result.release,
                          recording.result.seed);
  again.replication = recording.result.replication;
  CHECK(bytes_of(record(again)) == bytes);
}

// Whatever was scraped, and whenever: holes, restarts, gauges of any kind.
TEST_CASE("series made up at random come back to the last bit", "[experiment][recording-file]") {
  std::mt19937_64 bits(1);
  const auto one_in = [&](unsigned n) { return bits() % n == 0; };
  for (int round = 0; round < 30; ++round) {
    Recording recording = small_recording();
    recording.series.clear();
    std::vector<Timestamp> shared;
    for (std::size_t n = bits() % 40; n > 0; --n) {
      RecordedSeries series;
      for (std::size_t i = bits() % 5; i > 0; --i)
        series.labels.set(std::string(1, static_cast<char>('a' + bits() % 9)),
                          std::to_string(bits() % 99));
      Timestamp next(Millis(-static_cast<std::int64_t>(bits() % 30'000'000)));
      for (std::size_t i = bits() % 60; i > 0; --i) {
        series.times.push_back(next);
        next += Millis(one_in(4) ? 1 + static_cast<std::int64_t>(bits() % 90'000) : 15'000);
      }
      if (one_in(2)) series.times = shared;
      shared = series.times;
      double counter = static_cast<double>(bits() % 100);
      const bool wild = one_in(3);
      for (std::size_t i = 0; i < series.times.size(); ++i) {
        counter = one_in(20) ? 0 : counter + static_cast<double>(bits() % 6000);
        series.values.push_back(one_in(9)   ? kStaleMarker
                                : one_in(9) ? kOrdinaryNan
                                : wild      ? std::bit_cast<double>(bits())
                                            : counter);
      }
      recording.series.push_back(std::move(series));
    }
    check_same(recording_of(bytes_of(recording)), recording);
  }
}

TEST_CASE("columns of times that are the same are there once", "[experiment][recording-file]") {
  Recording recording = small_recording();
  recording.series.clear();
  RecordedSeries series;
  for (int i = 0; i < 1000; ++i) {
    series.times.push_back(Timestamp(i * 15s + (i % 7) * 1ms));  // not regular: some bytes each
    series.values.push_back(0);
  }
  recording.series.push_back(series);
  const std::size_t one = bytes_of(recording).size();
  series.labels.set("pod", "b");
  recording.series.push_back(series);
  CHECK(bytes_of(recording).size() < one + 1200);
}

// ---- in part

TEST_CASE("events are read by time, and no other blocks than needed",
          "[experiment][recording-file]") {
  const std::string bytes = bytes_of(eventful());
  RecordingFile file = file_of(bytes);
  REQUIRE(file.event_blocks().size() == 5);
  const auto found = file.events(kTimeZero + 1000s, kTimeZero + 1001s);
  REQUIRE(found.size() == 11);  // both ends belong to it
  CHECK(found.front().message == "event 10000");
  CHECK(found.back().message == "event 10010");
  CHECK(file.events(kTimeZero - 5s, kTimeZero - 1s).empty());
  CHECK(file.events(kTimeZero + 3000s, kNever).empty());
  CHECK(file.events(Time::min(), kNever).size() == 20'000);

  // With every block damaged but the first, its events can still be read.
  std::string damaged = bytes;
  for (std::size_t at = damaged.find("event 4096"); at != std::string::npos;
       at = damaged.find("event ", at + 1))
    damaged[at] = 'E';
  RecordingFile rest = file_of(damaged);
  CHECK(rest.events(kTimeZero, kTimeZero + 10s).size() == 101);
  CHECK_THROWS_AS(rest.events(kTimeZero, kTimeZero + 1000s), InvalidInput);
  CHECK_THROWS_AS(rest.check(), InvalidInput);
}

TEST_CASE("events out of order are found too, in the order of the recording",
          "[experiment][recording-file]") {
  Recording recording = eventful();
  recording.result.events[3] = event(1500s, "early told");
  recording.result.events[19'999] = event(2s, "late told");
  RecordingFile file = file_of(bytes_of(recording));
  CHECK(file.events(kTimeZero + 1500s, kTimeZero + 1500s).front().message == "early told");
  CHECK(file.events(kTimeZero + 2s, kTimeZero + 2s).back().message == "late told");
}

TEST_CASE("one series and one key-frame are read by themselves", "[experiment][recording-file]") {
  const Recording small = small_recording();
  RecordingFile file = file_of(bytes_of(small));
  REQUIRE(file.series_count() == small.series.size());
  CHECK(file.labels(1).text() == small.series[1].labels.text());
  CHECK(file.series(0).times == small.series[0].times);
  CHECK(file.series(0).values == small.series[0].values);
  CHECK(is_stale_marker(file.series(1).values.back()));
  CHECK(file.series(5).times.empty());

  CHECK(file.frame_count() == 4);
  CHECK_FALSE(file.frame_at(kTimeZero - 1ns).has_value());
  CHECK(file.frame_at(kTimeZero)->pods[0].in_flight == 0);
  CHECK(file.frame_at(kTimeZero + 1s)->pods[0].in_flight == 1);
  CHECK(file.frame_at(kTimeZero + 5min)->pods[0].in_flight == 200);
  CHECK(file.frame_at(kNever)->pods[0].in_flight == 3);
}

TEST_CASE("of many key-frames the one in force is found", "[experiment][recording-file]") {
  Recording recording = small_recording();
  const KeyFrame model = recording.frames[0];
  recording.frames.clear();
  for (int i = 0; i < 300; ++i) {
    recording.frames.push_back(model);
    recording.frames.back().time = kTimeZero + i * 2s;
    recording.frames.back().pods[0].in_flight = static_cast<std::uint32_t>(i);
  }
  RecordingFile file = file_of(bytes_of(recording));
  for (int i = 0; i < 300; ++i) {
    CHECK(file.frame_at(kTimeZero + i * 2s)->pods[0].in_flight == static_cast<std::uint32_t>(i));
    CHECK(file.frame_at(kTimeZero + i * 2s + 1999ms)->time == kTimeZero + i * 2s);
  }
}

TEST_CASE("a recording too long for memory is written in parts", "[experiment][recording-file]") {
  const Recording recording = eventful();
  const TemporaryFolder folder;
  RecordingWriter writer(folder / "x.cmrun");
  writer.write_without_events(recording);
  const std::span<const Event> events = recording.result.events;
  writer.write_events(events.first(5));
  writer.write_events(events.subspan(5));
  writer.finish();
  check_same(read_recording(folder / "x.cmrun"), recording);
}

TEST_CASE("long texts make blocks of events shorter", "[experiment][recording-file]") {
  Recording recording = small_recording();
  recording.result.events.clear();
  for (int i = 0; i < 40; ++i)
    recording.result.events.push_back(event(i * 1s, std::string(100'000, 'x')));
  recording.result.events.push_back(event(50s, std::string(3'000'000, 'y')));
  RecordingFile file = file_of(bytes_of(recording));
  CHECK(file.event_blocks().size() >= 5);
  check_same(file.read_all(), recording);
}

// ---- writing

TEST_CASE("a file is there whole or not at all", "[experiment][recording-file]") {
  const TemporaryFolder folder;
  const auto path = folder / "x.cmrun";
  {
    RecordingWriter given_up(path);
    given_up.write(small_recording());
    CHECK_FALSE(std::filesystem::exists(path));
  }
  CHECK(folder.files().empty());

  write_bytes(path, "what was there before");
  {
    RecordingWriter given_up(path);
    given_up.write(small_recording());
  }
  CHECK(read_bytes(path) == "what was there before");

  RecordingWriter writer(path);
  writer.write(small_recording());
  CHECK(read_bytes(path) == "what was there before");
  writer.finish();
  CHECK(folder.files() == std::vector<std::string>{"x.cmrun"});
  check_same(read_recording(path), small_recording());
}

TEST_CASE("what cannot be written is said at once, with the reason",
          "[experiment][recording-file]") {
  const TemporaryFolder folder;
  write_bytes(folder / "file", "");
  CHECK_THROWS_WITH(RecordingWriter(folder / "nowhere/x.cmrun"),
                    Contains("nowhere/x.cmrun could not be written: No such file or directory"));
  CHECK_THROWS_WITH(RecordingWriter(folder / "file/x.cmrun"), Contains("Not a directory"));
  std::filesystem::create_directory(folder / "x.cmrun");
  CHECK_THROWS_WITH(RecordingWriter(folder / "x.cmrun"), Contains("Is a directory"));
}

TEST_CASE("a recording is known by its name or by how it begins", "[experiment][recording-file]") {
  const TemporaryFolder folder;
  write_recording(small_recording(), folder / "renamed");
  write_bytes(folder / "scenario.yaml", "kind: Scenario\n");
  write_bytes(folder / "empty", "");
  CHECK(is_recording(folder / "renamed"));
  CHECK(is_recording(folder / "not-there.cmrun"));
  CHECK_FALSE(is_recording(folder / "scenario.yaml"));
  CHECK_FALSE(is_recording(folder / "empty"));
  CHECK_FALSE(is_recording(folder / "not-there.yaml"));
  CHECK_FALSE(is_recording(folder / ""));
}
