/// What stands in the chunks of a recording file, each written and read by a pair of functions
/// (docs/recording-format.md has them byte by byte). Readers check everything they are given: a
/// place in a list lies within the list, an enumerator exists, a count fits the bytes that are
/// left. What is wrong is thrown as Malformed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/experiment/cmrun/bytes.h"
#include "sim/experiment/recording.h"

namespace coalmine::cmrun {

// ---- run_chunks.cpp

/// `result` without its events, `duration`, `release_at`.
void write_result(ByteWriter& out, const Recording& recording);
void read_result(ByteReader& in, Recording& recording);

void write_source(ByteWriter& out, const ScenarioSource& source);
ScenarioSource read_source(ByteReader& in);

/// A block of events. All uses of its texts together may have this many bytes.
inline constexpr std::size_t kMostTextBytes = std::size_t{64} << 20U;
void write_events(ByteWriter& out, std::span<const Event> events);
std::vector<Event> read_events(ByteReader& in);

// ---- world_chunks.cpp

void write_cast(ByteWriter& out, const Cast& cast);
Cast read_cast(ByteReader& in);

/// The frames of one block: first their times and lengths, so that one can be read without the
/// others.
void write_frames(ByteWriter& out, std::span<const KeyFrame> frames);
std::vector<KeyFrame> read_frames(ByteReader& in, const Cast& cast);
/// The newest one at or before `t`; none: the first one is later.
std::optional<KeyFrame> read_frame(ByteReader& in, const Cast& cast, Time t);

// ---- metric_chunks.cpp

/// The labels of every series, and which column of times each has.
struct SeriesEntry {
  Labels labels;
  std::size_t times = 0;
};
/// Beyond kMostTextBytes, names and values together have no more than this a label on average.
inline constexpr std::size_t kMostTextPerLabel = 512;
void write_series_list(ByteWriter& out, std::span<const SeriesEntry> series);
std::vector<SeriesEntry> read_series_list(ByteReader& in);

/// A column of times, shared by all series that have exactly these.
void write_timestamps(ByteWriter& out, std::span<const Timestamp> times);
std::vector<Timestamp> read_timestamps(ByteReader& in);

/// A column of values: where the staleness markers are, then the others as numbers.
void write_samples(ByteWriter& out, std::span<const double> values);
std::vector<double> read_samples(ByteReader& in);

void write_edge(ByteWriter& out, const RecordedEdge& edge);
RecordedEdge read_edge(ByteReader& in, const Cast& cast);

}  // namespace coalmine::cmrun
