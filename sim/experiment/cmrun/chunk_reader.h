/// Reads the frame of a recording file. Opening reads header, end mark and directory; a chunk is
/// read, and its checksum looked at, when it is asked for. Whatever is wrong is an InvalidInput
/// that names the file and says what, and at which byte.
///
/// The file is input like any other: nothing in it can make the reader take more memory than the
/// file is long, or leave the file's bounds.
#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "sim/experiment/cmrun/bytes.h"
#include "sim/experiment/cmrun/format.h"

namespace coalmine::cmrun {

class ChunkReader {
 public:
  explicit ChunkReader(const std::filesystem::path& path);
  /// The same from anything that can be read from any place; `name` stands in messages.
  ChunkReader(std::unique_ptr<std::istream> in, std::string name);

  const std::vector<ChunkInfo>& chunks() const { return chunks_; }
  /// Hands the contents to `parse`, which must read them to the end.
  void read(const ChunkInfo& chunk, const std::function<void(ByteReader&)>& parse);
  /// Reads every chunk for its checksum alone.
  void check_all();

  const std::string& name() const { return name_; }
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  std::string bytes(std::uint64_t offset, std::uint64_t size);
  std::string contents(const ChunkInfo& chunk);
  void open();
  void read_header();
  void read_directory(std::uint64_t begin);
  [[noreturn]] void refuse_without_end();

  std::unique_ptr<std::istream> in_;
  std::string name_;
  std::uint64_t size_ = 0;
  std::vector<ChunkInfo> chunks_;
};

}  // namespace coalmine::cmrun
