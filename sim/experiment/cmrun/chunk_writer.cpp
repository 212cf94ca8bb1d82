#include "sim/experiment/cmrun/chunk_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "sim/experiment/cmrun/checksum.h"
#include "sim/kernel/assert.h"

namespace coalmine::cmrun {

ChunkWriter::ChunkWriter(const std::filesystem::path& path) : path_(path) {
  if (std::filesystem::is_directory(path_)) fail(EISDIR);
  constexpr int kTries = 100;
  for (int i = 0; file_ < 0; ++i) {
    temporary_ = path_;
    temporary_ += ".part-" + std::to_string(getpid()) + "-" + std::to_string(i);
    file_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file_ < 0 && (errno != EEXIST || i == kTries)) fail(errno);
  }
  ByteWriter header;
  header.raw(kMagic);
  header.u32(kVersion);
  header.u32(checksum_of(header.bytes()));
  write(header);
}

ChunkWriter::~ChunkWriter() {
  if (file_ < 0) return;
  close(file_);
  unlink(temporary_.c_str());
}

void ChunkWriter::add(ChunkType type,
                      const ByteWriter& contents,
                      ChunkKey key,
                      std::uint64_t items) {
  chunks_.push_back({type, contents.size(), key, items, size_});
  write_chunk(type, contents);
}

void ChunkWriter::finish() {
  ByteWriter directory;
  for (const ChunkInfo& chunk : chunks_) {
    directory.u32(static_cast<std::uint32_t>(chunk.type));
    directory.u64(chunk.length);
    directory.u64(static_cast<std::uint64_t>(chunk.key.first));
    directory.u64(static_cast<std::uint64_t>(chunk.key.last));
    directory.u64(chunk.items);
  }
  const std::uint64_t begin = size_;
  write_chunk(ChunkType::directory, directory);
  ByteWriter end;
  end.u64(begin);
  end.u64(size_ + kEndSize);
  end.raw(kEndMagic);
  end.u32(checksum_of(end.bytes()));
  write(end);
  // On the disk before it takes the name: a crash leaves the old file or the new one.
  if (fsync(file_) != 0 && errno != EINVAL) fail(errno);
  if (close(std::exchange(file_, -1)) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    unlink(temporary_.c_str());
    fail(error);
  }
}

void ChunkWriter::write_chunk(ChunkType type, const ByteWriter& contents) {
  CM_ASSERT(file_ >= 0 && contents.size() <= kMostChunkBytes);
  ByteWriter head;
  head.u32(static_cast<std::uint32_t>(type));
  head.u64(contents.size());
  Checksum sum;
  sum.add(head.bytes());
  sum.add(contents.bytes());
  head.u32(sum.value());
  write(head);
  write(contents);
}

void ChunkWriter::write(const ByteWriter& bytes) {
  const char* from = bytes.bytes().data();
  for (std::size_t left = bytes.size(); left > 0;) {
    const ssize_t n = ::write(file_, from, left);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno);
    from += n;
    left -= static_cast<std::size_t>(n);
  }
  size_ += bytes.size();
}

void ChunkWriter::fail(int error) const {
  throw RecordingNotWritten(path_.string(), std::generic_category().message(error));
}

}  // namespace coalmine::cmrun
