/// The frame of a recording file (docs/recording-format.md has it byte by byte):
///
///     header     magic, version, checksum of the two
///     chunk      type, length, checksum, contents    any number of them, back to back
///     directory  a chunk too: type, length and key of every chunk before it
///     end mark   where the directory begins, how long the file is, checksum
///
/// Every byte of the file is under a checksum, and nothing lies between the parts. Header and end
/// mark never change; all else belongs to the version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coalmine::cmrun {

/// Not text (first byte), and damaged visibly by what mends line ends (last two).
inline constexpr std::string_view kMagic =
    "\x89"
    "CMRUN\r\n";
inline constexpr std::uint32_t kVersion = 3;
inline constexpr std::string_view kEndMagic = "CMEND\r\n\x1a";

inline constexpr std::size_t kHeaderSize = 16;
inline constexpr std::size_t kChunkHeadSize = 16;
inline constexpr std::size_t kEndSize = 28;

/// More than any chunk we write, and little enough to be read at once.
inline constexpr std::uint64_t kMostChunkBytes = std::uint64_t{1} << 30U;

/// Four letters as the bytes of the file spell them.
constexpr std::uint32_t letters(const char (&text)[5]) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) << (8 * i);
  return value;
}

/// What a chunk holds. A reader passes over types it does not know.
enum class ChunkType : std::uint32_t {
  result = letters("RSLT"),  ///< what was played and how it ended, without events
  source = letters("SRCE"),  ///< scenario, overrides and files
  cast = letters("CAST"),    ///< names by id
  series = letters("SERS"),  ///< the labels of what was scraped
  times = letters("TIME"),   ///< a column of times; key: its place
  column = letters("COLM"),  ///< the values of one series; key: series
  edge = letters("EDGE"),    ///< the truth at the edge
  events = letters("EVNT"),  ///< some of the events; key: first and last time
  frames = letters("FRAM"),  ///< some of the key-frames; key: first and last time
  directory = letters("DRCT"),
};
/// "EVNT", or for bytes that are no letters their hexadecimal value.
std::string name_of(ChunkType type);

/// By what a chunk is found without being read: two numbers whose meaning hangs on the type.
struct ChunkKey {
  std::int64_t first = 0;
  std::int64_t last = 0;
  friend bool operator==(const ChunkKey&, const ChunkKey&) = default;
};

struct ChunkInfo {
  ChunkType type{};
  std::uint64_t length = 0;  ///< of the contents
  ChunkKey key;
  std::uint64_t items = 0;   ///< events, frames, samples; 1 for what is one thing
  std::uint64_t offset = 0;  ///< of its head in the file; not written: the sum of what is before
};
inline constexpr std::size_t kDirectoryEntrySize = 36;

}  // namespace coalmine::cmrun
