// Files that are no recordings, or no longer: each is refused with what is wrong, and none can make
// the reader crash, hang or take memory.
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "sim/experiment/cmrun/bytes.h"
#include "sim/experiment/cmrun/checksum.h"
#include "sim/experiment/cmrun/format.h"
#include "sim/kernel/diagnostics.h"
#include "tests/experiment/small_recording.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace coalmine::cmrun;
using Catch::Contains;

namespace {

std::uint64_t little_endian(const std::string& bytes, std::size_t at, std::size_t size) {
  ByteReader in(std::string_view(bytes).substr(at, size));
  return size == 4 ? in.u32() : in.u64();
}

void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  ByteWriter out;
  out.u64(value);
  bytes.replace(at, size, out.bytes().substr(0, size));
}

/// Where chunks begin, the directory last.
std::vector<std::size_t> heads(const std::string& bytes) {
  std::vector<std::size_t> found;
  for (std::size_t at = kHeaderSize; at < bytes.size() - kEndSize;) {
    found.push_back(at);
    at += kChunkHeadSize + little_endian(bytes, at + 4, 8);
  }
  return found;
}

/// Makes every checksum right again: what somebody would do who wants to harm.
std::string sealed(std::string bytes) {
  const auto sum = [&](std::size_t from, std::size_t to) {
    return checksum_of(std::string_view(bytes).substr(from, to - from));
  };
  put(bytes, 12, sum(0, 12), 4);
  for (const std::size_t head : heads(bytes)) {
    const std::size_t end = head + kChunkHeadSize + little_endian(bytes, head + 4, 8);
    Checksum chunk;
    chunk.add(std::string_view(bytes).substr(head, 12));
    chunk.add(std::string_view(bytes).substr(head + kChunkHeadSize, end - head - kChunkHeadSize));
    put(bytes, head + 12, chunk.value(), 4);
  }
  put(bytes, bytes.size() - 4, sum(bytes.size() - kEndSize, bytes.size() - 4), 4);
  return bytes;
}

/// With the contents of the chunk of that type replaced, everything else being right.
std::string with_contents(const std::string& bytes, ChunkType type, const std::string& contents) {
  ByteWriter out;
  out.raw(std::string_view(bytes).substr(0, kHeaderSize));
  const std::vector<std::size_t> all = heads(bytes);
  std::size_t entry = all.back() + kChunkHeadSize;
  std::string directory = bytes.substr(entry, bytes.size() - kEndSize - entry);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const std::size_t head = all[i];
    std::string chunk = bytes.substr(head + kChunkHeadSize, all[i + 1] - head - kChunkHeadSize);
    if (little_endian(bytes, head, 4) == static_cast<std::uint32_t>(type)) chunk = contents;
    put(directory, i * kDirectoryEntrySize + 4, chunk.size(), 8);
    out.u32(static_cast<std::uint32_t>(little_endian(bytes, head, 4)));
    out.u64(chunk.size());
    out.u32(0);
    out.raw(chunk);
  }
  const std::size_t begin = out.size();
  out.u32(static_cast<std::uint32_t>(ChunkType::directory));
  out.u64(directory.size());
  out.u32(0);
  out.raw(directory);
  const std::size_t size = out.size() + kEndSize;
  out.u64(begin);
  out.u64(size);
  out.raw(kEndMagic);
  out.u32(0);
  return sealed(out.bytes());
}

/// Reads it every way there is. False: refused.
bool readable(const std::string& bytes) {
  try {
    RecordingFile file = file_of(bytes);
    file.check();
    file.frame_at(kTimeZero + std::chrono::seconds(1));
    file.events(kTimeZero, kNever);
    file.read_all();
    return true;
  } catch (const InvalidInput&) {
    return false;
  }
}

}  // namespace

TEST_CASE("any byte that is not what it was is noticed", "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  REQUIRE(readable(bytes));
  std::size_t unnoticed = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const unsigned flip : {0x01U, 0x20U, 0x80U, 0xffU}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ flip);
      const std::string complaint = complaint_about(damaged);
      if (complaint.empty()) UNSCOPED_INFO("byte " << at << " xor " << flip);
      unnoticed += complaint.empty();
    }
  CHECK(unnoticed == 0);
}

TEST_CASE("a file cut off anywhere is refused as such", "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  std::size_t unnoticed = 0;
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const std::string complaint = complaint_about(bytes.substr(0, size));
    const bool said = complaint.find("truncated") != std::string::npos ||
                      complaint.find("no end mark") != std::string::npos;
    if (!said) UNSCOPED_INFO(size << ": " << complaint);
    unnoticed += !said;
  }
  CHECK(unnoticed == 0);
  CHECK_THAT(complaint_about(bytes.substr(0, 5)),
             Contains("truncated: the file ends at byte 5, within its header"));
  CHECK_THAT(complaint_about(bytes.substr(0, 40)),
             Contains("where chunk RSLT at byte 16 promises"));
}

TEST_CASE("what was added to a file is noticed", "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  CHECK_THAT(complaint_about(bytes + "x"), Contains("no end mark at byte"));
  CHECK_THAT(complaint_about(bytes + bytes), Contains("not whole: it was written with"));
  CHECK_THAT(complaint_about(bytes + bytes.substr(bytes.size() - kEndSize)),
             Contains("not whole: it was written with"));
}

TEST_CASE("files of other kinds are told apart from damaged ones", "[experiment][damaged]") {
  CHECK_THAT(complaint_about(""), Contains("x.cmrun: error: the file is empty"));
  CHECK_THAT(complaint_about("kind: Scenario\n"), Contains("not a recording"));
  CHECK_THAT(complaint_about(std::string(5000, '\0')), Contains("not a recording"));
  CHECK_THAT(complaint_about("\x89PNG\r\n\x1a\n" + std::string(100, 'x')),
             Contains("not a recording"));
  std::string newer = bytes_of(small_recording());
  put(newer, 8, kVersion + 1, 4);
  CHECK_THAT(complaint_about(newer), Contains("damaged: the header"));
  CHECK_THAT(complaint_about(sealed(newer)),
             Contains("a recording of format version 4; this coalmine reads version 3"));
  std::string older = bytes_of(small_recording());
  put(older, 8, 1, 4);
  CHECK_THAT(complaint_about(sealed(older)),
             Contains("a recording of format version 1; this coalmine reads version 3"));
  // Mended line ends, as mail and version control do it.
  std::string mended = bytes_of(small_recording());
  mended.erase(mended.find('\r'), 1);
  CHECK_THAT(complaint_about(mended), Contains("not a recording"));
}

TEST_CASE("what is no file is refused and not waited for", "[experiment][damaged]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_recording(folder / "nowhere.cmrun"), Contains("does not exist"));
  CHECK_THROWS_WITH(read_recording(folder / ""), Contains("no file that could hold a recording"));
  REQUIRE(mkfifo((folder / "pipe.cmrun").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_recording(folder / "pipe.cmrun"), Contains("no file that could"));
}

TEST_CASE("a complaint says which chunk is damaged, and where", "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  std::string damaged = bytes;
  damaged[damaged.find("to 3")] = 'T';
  CHECK_THAT(complaint_about(damaged),
             Contains("x.cmrun: error: damaged: chunk EVNT at byte ") &&
                 Contains("does not match its checksum"));
  damaged = sealed(with_contents(bytes, ChunkType::cast, "\x05\x01"));
  CHECK_THAT(complaint_about(damaged),
             Contains("damaged: chunk CAST at byte ") &&
                 Contains("promises 5 services in 1 bytes (at byte "));
}

// Somebody who means harm gets the checksums right.
TEST_CASE("absurd lengths and counts are refused before they cost anything",
          "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  const std::size_t directory = heads(bytes).back();
  const auto with = [&](std::size_t at, std::uint64_t value) {
    std::string changed = bytes;
    put(changed, at, value, 8);
    return changed;
  };
  // The end mark's place of the directory, which no other checksum covers.
  for (const std::uint64_t begin :
       {std::uint64_t{0}, std::uint64_t{17}, bytes.size() - 1, ~std::uint64_t{0}}) {
    std::string changed = with(bytes.size() - kEndSize, begin);
    put(changed,
        bytes.size() - 4,
        checksum_of(std::string_view(changed).substr(bytes.size() - kEndSize, kEndSize - 4)),
        4);
    INFO(begin);
    CHECK_THAT(complaint_about(changed), Contains("damaged"));
  }
  // Lengths and counts in the directory.
  for (const std::uint64_t absurd :
       {std::uint64_t{0}, std::uint64_t{1} << 40U, std::uint64_t{1} << 63U, ~std::uint64_t{0}})
    for (const std::size_t field : {std::size_t{4}, std::size_t{28}})
      for (std::size_t entry = directory + kChunkHeadSize;
           entry + kDirectoryEntrySize <= bytes.size() - kEndSize;
           entry += kDirectoryEntrySize) {
        INFO(absurd << " at " << entry + field);
        const std::string complaint = complaint_about(sealed(with(entry + field, absurd)));
        const std::string type = bytes.substr(entry, 4);
        // How many things there are says nothing of chunks that hold one.
        const bool counted = type == "TIME" || type == "COLM" || type == "EVNT" || type == "FRAM";
        const bool same = little_endian(bytes, entry + field, 8) == absurd;
        if (field == 4 || (counted && !same)) CHECK_THAT(complaint, Contains("damaged"));
      }
  // Counts inside a chunk: a block of events that promises 2^60 of them, or of texts.
  ByteWriter events;
  events.varint(0);
  events.varint(std::uint64_t{1} << 60U);
  CHECK_THAT(complaint_about(with_contents(bytes, ChunkType::events, events.bytes())),
             Contains("promises 1152921504606846976 events"));
  ByteWriter texts;
  texts.varint(std::uint64_t{1} << 60U);
  CHECK_THAT(complaint_about(with_contents(bytes, ChunkType::events, texts.bytes())),
             Contains("promises 1152921504606846976 texts"));
}

TEST_CASE("a small file cannot blow up to a large one", "[experiment][damaged]") {
  // One text of 1 MB, used by a thousand events.
  ByteWriter out;
  out.varint(1);
  out.text(std::string(1'000'000, 'x'));
  out.varint(1000);
  for (int i = 0; i < 1000; ++i)
    for (int byte = 0; byte < 5; ++byte) out.u8(0);
  const std::string bytes =
      with_contents(bytes_of(small_recording()), ChunkType::events, out.bytes());
  CHECK_THAT(complaint_about(bytes), Contains("has more text than a block of events may have"));
}

TEST_CASE("a chunk that is missing or twice there is named", "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  const std::size_t directory = heads(bytes).back() + kChunkHeadSize;
  std::string unknown = bytes;
  for (const std::size_t at : {heads(bytes)[0], directory}) unknown.replace(at, 4, "ZZZZ");
  CHECK_THAT(complaint_about(sealed(unknown)), Contains("there is no chunk RSLT"));
  std::string twice = bytes;
  for (const std::size_t at : {heads(bytes)[1], directory + kDirectoryEntrySize})
    twice.replace(at, 4, "RSLT");
  CHECK_THAT(complaint_about(sealed(twice)), Contains("two chunks RSLT"));
}

TEST_CASE("a chunk of a kind that came later is passed over", "[experiment][damaged]") {
  const std::string bytes = bytes_of(small_recording());
  const std::size_t directory = heads(bytes).back();
  // Between the last chunk and the directory.
  ByteWriter chunk;
  chunk.u32(letters("LATE"));
  chunk.u64(3);
  chunk.u32(0);
  chunk.raw("abc");
  ByteWriter entry;
  entry.u32(letters("LATE"));
  entry.u64(3);
  for (int i = 0; i < 3; ++i) entry.u64(0);
  std::string extended = bytes;
  extended.insert(bytes.size() - kEndSize, entry.bytes());
  extended.insert(directory, chunk.bytes());
  const std::size_t begin = directory + chunk.size();
  put(extended, begin + 4, bytes.size() - kEndSize - directory - kChunkHeadSize + entry.size(), 8);
  put(extended, extended.size() - kEndSize, begin, 8);
  put(extended, extended.size() - kEndSize + 8, extended.size(), 8);
  check_same(recording_of(sealed(extended)), small_recording());
}

// ---- at random

namespace {

/// Changes a few bytes, cuts, doubles or inserts some.
std::string mutated(std::string bytes, std::mt19937_64& bits) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(bits() % n); };
  static constexpr std::array<unsigned, 8> kFavourites{0, 1, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x10};
  for (std::size_t n = 1 + below(4); n > 0; --n) {
    const std::size_t at = below(bytes.size());
    switch (below(6)) {
      case 0:
        bytes.erase(at, 1 + below(20));
        break;
      case 1:
        bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(20)));
        break;
      case 2:
        bytes[at] = static_cast<char>(bits());
        break;
      default:
        bytes[at] = static_cast<char>(kFavourites[below(kFavourites.size())]);
    }
    if (bytes.empty()) bytes = "x";
  }
  return bytes;
}

}  // namespace

TEST_CASE("random damage is refused", "[experiment][damaged][random]") {
  const std::string bytes = bytes_of(small_recording());
  std::mt19937_64 bits(1);
  std::size_t unnoticed = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string damaged = mutated(bytes, bits);
    unnoticed += damaged != bytes && readable(damaged);
  }
  CHECK(unnoticed == 0);
}

// With the checksums right, the contents may say anything; what is read must still make sense.
TEST_CASE("contents made up at random are refused or read, and nothing else happens",
          "[experiment][damaged][random]") {
  const std::string bytes = bytes_of(small_recording());
  const std::vector<std::size_t> all = heads(bytes);
  std::mt19937_64 bits(2);
  std::size_t refused = 0, read = 0;
  for (int round = 0; round < 1000; ++round)
    for (std::size_t i = 0; i + 1 < all.size(); ++i) {
      const auto type = static_cast<ChunkType>(little_endian(bytes, all[i], 4));
      const std::string contents =
          bytes.substr(all[i] + kChunkHeadSize, all[i + 1] - all[i] - kChunkHeadSize);
      const std::string made_up = with_contents(bytes, type, mutated(contents, bits));
      (readable(made_up) ? read : refused) += 1;
    }
  // Both happen: the files reach the readers of contents, and these look.
  CHECK(refused > 1000);
  CHECK(read > 100);
}

TEST_CASE("directories made up at random are refused or read, and nothing else happens",
          "[experiment][damaged][random]") {
  const std::string bytes = bytes_of(small_recording());
  const std::size_t begin = heads(bytes).back() + kChunkHeadSize;
  const std::size_t size = bytes.size() - kEndSize - begin;
  std::mt19937_64 bits(3);
  std::size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string changed = bytes;
    for (std::size_t n = 1 + bits() % 3; n > 0; --n)
      changed[begin + bits() % size] = static_cast<char>(bits() % 4 == 0 ? 0xff : bits() % 3);
    refused += !readable(sealed(changed));
  }
  CHECK(refused > 2500);
}
