/// Recordings on disk: `.cmrun` files. The format is in docs/recording-format.md and, piece by
/// piece, in the headers of cmrun/.
///
/// The same recording gives the same bytes on every machine; no clock and no path gets into them. A
/// file that is truncated, damaged, foreign or of a newer format is refused with what is wrong and
/// where (InvalidInput), never half read.
#pragma once

#include <filesystem>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sim/experiment/cmrun/chunk_reader.h"
#include "sim/experiment/cmrun/chunk_writer.h"
#include "sim/experiment/cmrun/contents.h"
#include "sim/experiment/recording.h"

namespace coalmine {

/// Writes one recording. The file appears under its name when finish() has returned; a writer that
/// dies before leaves nothing. All throw RecordingNotWritten.
class RecordingWriter {
 public:
  /// Tries at once whether a file can be written there.
  explicit RecordingWriter(const std::filesystem::path& path) : chunks_(path) {}

  void write(const Recording& recording);
  void finish() { chunks_.finish(); }

  /// For recordings too long to be held in memory: all but the events, then these in any number of
  /// parts, in the order of time.
  void write_without_events(const Recording& recording);
  void write_events(std::span<const Event> events);

 private:
  void write_series(std::span<const RecordedSeries> series);

  cmrun::ChunkWriter chunks_;
};

void write_recording(const Recording& recording, const std::filesystem::path& path);

/// "X.cmrun".
bool is_recording_name(const std::filesystem::path& path);
/// Whether a file calls itself a recording: by its name, or by how it begins.
bool is_recording(const std::filesystem::path& path);

/// An open recording. Only what is asked for is read; what was read is not kept, save the names
/// (`cast`) and the list of series. Not for several threads at once.
class RecordingFile {
 public:
  explicit RecordingFile(const std::filesystem::path& path);
  RecordingFile(std::unique_ptr<std::istream> in, std::string name);

  /// Reads all of it for the checksums alone.
  void check() { chunks_.check_all(); }

  RunResult result();  ///< with all events
  /// `result` without events, `duration` and `release_at`; the rest empty.
  Recording summary();
  ScenarioSource source();
  const Cast& cast();

  /// Events lie in blocks of some thousands, in the order of time.
  struct Block {
    Time first{};  ///< the earliest of its events
    Time last{};
    std::uint64_t events = 0;
  };
  const std::vector<Block>& event_blocks() const { return event_blocks_; }
  std::vector<Event> events_in(std::size_t block);
  std::vector<Event> events(Time from, Time to);  ///< from <= time <= to

  std::size_t series_count();
  const Labels& labels(std::size_t series);  ///< by place, as in Recording::series
  RecordedSeries series(std::size_t series);

  RecordedEdge edge();

  std::uint64_t frame_count() const;
  /// The newest key-frame at or before `t`; none before time zero.
  std::optional<KeyFrame> frame_at(Time t);

  Recording read_all();

 private:
  using ChunkInfo = cmrun::ChunkInfo;
  using ChunkType = cmrun::ChunkType;
  void sort_chunks();
  const ChunkInfo& the_only(ChunkType type) const;
  /// The chunk's contents as `parse` understands them.
  template <class Parse>
  auto parsed(const ChunkInfo& chunk, const Parse& parse);
  std::vector<KeyFrame> frames_of(const ChunkInfo& chunk);
  const std::vector<cmrun::SeriesEntry>& entries();

  cmrun::ChunkReader chunks_;
  std::vector<Block> event_blocks_;
  std::vector<const ChunkInfo*> event_chunks_;              ///< as event_blocks_
  std::vector<const ChunkInfo*> frame_chunks_;              ///< in the order of time
  std::map<std::int64_t, const ChunkInfo*> times_chunks_;   ///< by place
  std::map<std::int64_t, const ChunkInfo*> column_chunks_;  ///< by series
  std::optional<Cast> cast_;
  std::optional<std::vector<cmrun::SeriesEntry>> entries_;
};

Recording read_recording(const std::filesystem::path& path);

}  // namespace coalmine
