#include "sim/experiment/recording_file.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

using cmrun::ByteReader;
using cmrun::ByteWriter;
using cmrun::ChunkKey;
using cmrun::ChunkType;

constexpr std::size_t kEventsPerBlock = 4096;
constexpr std::size_t kTextPerBlock = std::size_t{1} << 20U;
constexpr std::size_t kFramesPerBlock = 32;

std::int64_t number_of(Time t) {
  return t.time_since_epoch().count();
}

std::size_t text_bytes(const Event& e) {
  std::size_t bytes = e.object.size() + e.reason.size() + e.message.size();
  for (const Evidence& evidence : e.evidence)
    bytes += evidence.query.size() + evidence.problem.size();
  return bytes;
}

/// An order of columns of times, so that equal ones are found.
struct EarlierTimes {
  bool operator()(std::span<const Timestamp> a, std::span<const Timestamp> b) const {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
  }
};

/// The first and the last of their times, whatever their order.
template <class Timed>
ChunkKey span_of(std::span<const Timed> items) {
  ChunkKey key{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  for (const Timed& item : items) {
    key.first = std::min(key.first, number_of(item.time));
    key.last = std::max(key.last, number_of(item.time));
  }
  return key;
}

}  // namespace

// ---- writing

void RecordingWriter::write(const Recording& recording) {
  write_without_events(recording);
  write_events(recording.result.events);
}

void RecordingWriter::write_without_events(const Recording& recording) {
  const auto add = [this](ChunkType type, const auto& fill, ChunkKey key, std::uint64_t items) {
    ByteWriter contents;
    fill(contents);
    chunks_.add(type, contents, key, items);
  };
  const auto add_only = [&](ChunkType type, const auto& fill) { add(type, fill, {}, 1); };
  using namespace cmrun;
  add_only(ChunkType::result, [&](ByteWriter& out) { write_result(out, recording); });
  add_only(ChunkType::source, [&](ByteWriter& out) { write_source(out, recording.source); });
  add_only(ChunkType::cast, [&](ByteWriter& out) { write_cast(out, recording.cast); });
  write_series(recording.series);
  add_only(ChunkType::edge, [&](ByteWriter& out) { write_edge(out, recording.edge); });
  for (std::span<const KeyFrame> left = recording.frames; !left.empty();) {
    const auto block = left.first(std::min(kFramesPerBlock, left.size()));
    left = left.subspan(block.size());
    add(
        ChunkType::frames,
        [&](ByteWriter& out) { write_frames(out, block); },
        span_of(block),
        block.size());
  }
}

void RecordingWriter::write_series(std::span<const RecordedSeries> series) {
  const auto add = [this](ChunkType type, const auto& fill, ChunkKey key, std::uint64_t items) {
    ByteWriter contents;
    fill(contents);
    chunks_.add(type, contents, key, items);
  };
  std::vector<cmrun::SeriesEntry> entries;
  std::map<std::span<const Timestamp>, std::size_t, EarlierTimes> columns;
  for (const RecordedSeries& s : series)
    entries.push_back({s.labels, columns.try_emplace(s.times, columns.size()).first->second});
  add(
      ChunkType::series,
      [&](ByteWriter& out) { cmrun::write_series_list(out, entries); },
      {},
      series.size());
  for (const auto& [times, place] : columns) {
    const auto key = static_cast<std::int64_t>(place);
    const auto& column = times;
    add(
        ChunkType::times,
        [&](ByteWriter& out) { cmrun::write_timestamps(out, column); },
        {key, key},
        column.size());
  }
  for (std::size_t i = 0; i < series.size(); ++i) {
    const auto key = static_cast<std::int64_t>(i);
    add(
        ChunkType::column,
        [&](ByteWriter& out) { cmrun::write_samples(out, series[i].values); },
        {key, key},
        series[i].values.size());
  }
}

void RecordingWriter::write_events(std::span<const Event> events) {
  while (!events.empty()) {
    std::size_t n = 0;
    for (std::size_t text = 0; n < std::min(kEventsPerBlock, events.size()); ++n) {
      text += text_bytes(events[n]);
      if (n > 0 && text > kTextPerBlock) break;
    }
    const auto block = events.first(n);
    events = events.subspan(n);
    ByteWriter contents;
    cmrun::write_events(contents, block);
    chunks_.add(ChunkType::events, contents, span_of(block), block.size());
  }
}

void write_recording(const Recording& recording, const std::filesystem::path& path) {
  RecordingWriter writer(path);
  writer.write(recording);
  writer.finish();
}

// ---- reading

bool is_recording_name(const std::filesystem::path& path) {
  return path.extension() == ".cmrun";
}

bool is_recording(const std::filesystem::path& path) {
  if (is_recording_name(path)) return true;
  std::error_code problem;
  if (!std::filesystem::is_regular_file(path, problem)) return false;
  std::string begin(cmrun::kMagic.size(), '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  return in.good() && begin == cmrun::kMagic;
}

RecordingFile::RecordingFile(const std::filesystem::path& path) : chunks_(path) {
  sort_chunks();
}

RecordingFile::RecordingFile(std::unique_ptr<std::istream> in, std::string name)
    : chunks_(std::move(in), std::move(name)) {
  sort_chunks();
}

void RecordingFile::sort_chunks() {
  const auto refuse_order = [this](const char* what) {
    chunks_.refuse(std::string("damaged: the directory has ") + what);
  };
  for (const ChunkInfo& chunk : chunks_.chunks()) {
    if (chunk.type == ChunkType::events) {
      event_chunks_.push_back(&chunk);
      event_blocks_.push_back(
          {Time(Duration(chunk.key.first)), Time(Duration(chunk.key.last)), chunk.items});
    } else if (chunk.type == ChunkType::frames) {
      if (!frame_chunks_.empty() && chunk.key.first <= frame_chunks_.back()->key.last)
        refuse_order("key-frames that are not in the order of time");
      frame_chunks_.push_back(&chunk);
    } else if (chunk.type == ChunkType::times) {
      if (!times_chunks_.emplace(chunk.key.first, &chunk).second)
        refuse_order("a column of times twice");
    } else if (chunk.type == ChunkType::column) {
      if (!column_chunks_.emplace(chunk.key.first, &chunk).second) refuse_order("a series twice");
    }
  }
}

const cmrun::ChunkInfo& RecordingFile::the_only(ChunkType type) const {
  const ChunkInfo* found = nullptr;
  for (const ChunkInfo& chunk : chunks_.chunks()) {
    if (chunk.type != type) continue;
    if (found != nullptr)
      chunks_.refuse("damaged: there are two chunks " + name_of(type) + ", there must be one");
    found = &chunk;
  }
  if (found == nullptr) chunks_.refuse("damaged: there is no chunk " + name_of(type));
  return *found;
}

template <class Parse>
auto RecordingFile::parsed(const ChunkInfo& chunk, const Parse& parse) {
  std::optional<decltype(parse(std::declval<ByteReader&>()))> value;
  chunks_.read(chunk, [&](ByteReader& in) { value.emplace(parse(in)); });
  return *std::move(value);
}

Recording RecordingFile::summary() {
  Recording recording;
  chunks_.read(the_only(ChunkType::result),
               [&](ByteReader& in) { cmrun::read_result(in, recording); });
  return recording;
}

RunResult RecordingFile::result() {
  RunResult result = summary().result;
  for (std::size_t b = 0; b < event_blocks_.size(); ++b)
    for (Event& event : events_in(b)) result.events.push_back(std::move(event));
  return result;
}

ScenarioSource RecordingFile::source() {
  return parsed(the_only(ChunkType::source), cmrun::read_source);
}

const Cast& RecordingFile::cast() {
  if (!cast_) cast_ = parsed(the_only(ChunkType::cast), cmrun::read_cast);
  return *cast_;
}

// ---- events

std::vector<Event> RecordingFile::events_in(std::size_t block) {
  return parsed(*event_chunks_.at(block), [&](ByteReader& in) {
    std::vector<Event> events = cmrun::read_events(in);
    const ChunkInfo& chunk = *event_chunks_[block];
    if (events.size() != chunk.items || span_of(std::span<const Event>(events)) != chunk.key)
      in.fail("has other events than the directory says");
    return events;
  });
}

std::vector<Event> RecordingFile::events(Time from, Time to) {
  std::vector<Event> found;
  for (std::size_t b = 0; b < event_blocks_.size(); ++b) {
    if (event_blocks_[b].last < from || event_blocks_[b].first > to) continue;
    for (Event& event : events_in(b))
      if (from <= event.time && event.time <= to) found.push_back(std::move(event));
  }
  return found;
}

// ---- telemetry

const std::vector<cmrun::SeriesEntry>& RecordingFile::entries() {
  if (!entries_) {
    const ChunkInfo& chunk = the_only(ChunkType::series);
    entries_ = parsed(chunk, [&](ByteReader& in) {
      std::vector<cmrun::SeriesEntry> entries = cmrun::read_series_list(in);
      if (entries.size() != chunk.items) in.fail("has other series than the directory says");
      return entries;
    });
  }
  return *entries_;
}

std::size_t RecordingFile::series_count() {
  return entries().size();
}

const Labels& RecordingFile::labels(std::size_t series) {
  return entries().at(series).labels;
}

RecordedSeries RecordingFile::series(std::size_t series) {
  const cmrun::SeriesEntry& entry = entries().at(series);
  const auto times = times_chunks_.find(static_cast<std::int64_t>(entry.times));
  const auto values = column_chunks_.find(static_cast<std::int64_t>(series));
  if (times == times_chunks_.end() || values == column_chunks_.end())
    chunks_.refuse("damaged: there are no samples of series " + std::to_string(series));
  RecordedSeries read;
  read.labels = entry.labels;
  const auto exactly = [](const ChunkInfo& chunk, const auto& column, ByteReader& in) {
    if (column.size() != chunk.items) in.fail("has other samples than the directory says");
  };
  chunks_.read(*times->second, [&](ByteReader& in) {
    read.times = cmrun::read_timestamps(in);
    exactly(*times->second, read.times, in);
  });
  chunks_.read(*values->second, [&](ByteReader& in) {
    read.values = cmrun::read_samples(in);
    exactly(*values->second, read.values, in);
    if (read.values.size() != read.times.size()) in.fail("has not one value for each time");
  });
  return read;
}

RecordedEdge RecordingFile::edge() {
  return parsed(the_only(ChunkType::edge),
                [&](ByteReader& in) { return cmrun::read_edge(in, cast()); });
}

// ---- key-frames

std::uint64_t RecordingFile::frame_count() const {
  std::uint64_t n = 0;
  for (const ChunkInfo* chunk : frame_chunks_) n += chunk->items;
  return n;
}

std::optional<KeyFrame> RecordingFile::frame_at(Time t) {
  const auto later =
      std::partition_point(frame_chunks_.begin(), frame_chunks_.end(), [t](const ChunkInfo* chunk) {
        return chunk->key.first <= number_of(t);
      });
  if (later == frame_chunks_.begin()) return std::nullopt;
  return parsed(**std::prev(later),
                [&](ByteReader& in) { return cmrun::read_frame(in, cast(), t); });
}

std::vector<KeyFrame> RecordingFile::frames_of(const ChunkInfo& chunk) {
  return parsed(chunk, [&](ByteReader& in) {
    std::vector<KeyFrame> frames = cmrun::read_frames(in, cast());
    if (frames.size() != chunk.items || span_of(std::span<const KeyFrame>(frames)) != chunk.key)
      in.fail("has other key-frames than the directory says");
    return frames;
  });
}

Recording RecordingFile::read_all() {
  Recording recording = summary();
  recording.result = result();
  recording.source = source();
  recording.cast = cast();
  for (std::size_t i = 0; i < series_count(); ++i) recording.series.push_back(series(i));
  recording.edge = edge();
  for (const ChunkInfo* chunk : frame_chunks_)
    for (KeyFrame& frame : frames_of(*chunk)) recording.frames.push_back(std::move(frame));
  return recording;
}

Recording read_recording(const std::filesystem::path& path) {
  return RecordingFile(path).read_all();
}

}  // namespace coalmine
