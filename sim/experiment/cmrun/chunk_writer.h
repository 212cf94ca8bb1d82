/// Writes the frame of a recording file: chunks in the order given, then directory and end mark.
/// The file appears under its name only when it is complete: until then it is a temporary one
/// beside it, which goes if the writer does. What was there before stays until it is replaced.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/experiment/cmrun/bytes.h"
#include "sim/experiment/cmrun/format.h"

namespace coalmine {

/// The file cannot be written; what() names it and says why.
class RecordingNotWritten : public std::runtime_error {
 public:
  RecordingNotWritten(const std::string& file, const std::string& why)
      : std::runtime_error(file + " could not be written: " + why), why_(why) {}
  const std::string& why() const { return why_; }

 private:
  std::string why_;
};

}  // namespace coalmine

namespace coalmine::cmrun {

class ChunkWriter {
 public:
  /// Throws RecordingNotWritten at once if nothing can be written there.
  explicit ChunkWriter(const std::filesystem::path& path);
  ~ChunkWriter();
  ChunkWriter(const ChunkWriter&) = delete;
  ChunkWriter& operator=(const ChunkWriter&) = delete;

  void add(ChunkType type, const ByteWriter& contents, ChunkKey key = {}, std::uint64_t items = 1);
  /// Completes the file and gives it its name. Nothing can be added any more.
  void finish();

 private:
  void write(const ByteWriter& bytes);
  void write_chunk(ChunkType type, const ByteWriter& contents);
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::vector<ChunkInfo> chunks_;
};

}  // namespace coalmine::cmrun
