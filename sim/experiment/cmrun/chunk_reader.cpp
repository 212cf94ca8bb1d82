#include "sim/experiment/cmrun/chunk_reader.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "sim/experiment/cmrun/checksum.h"
#include "sim/kernel/diagnostics.h"
#include "sim/scenario/yaml_reader.h"

namespace coalmine::cmrun {
namespace {

std::string at_byte(std::uint64_t offset) {
  return " at byte " + std::to_string(offset);
}

std::string called(const ChunkInfo& chunk) {
  return "chunk " + name_of(chunk.type) + at_byte(chunk.offset);
}

std::unique_ptr<std::istream> open_file(const std::filesystem::path& path) {
  Diagnostics diagnostics;
  const Position at = whole_file(path.string());
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  auto in = std::make_unique<std::ifstream>();
  if (!std::filesystem::exists(status)) {
    diagnostics.error(at, "the file does not exist");
  } else if (!std::filesystem::is_regular_file(status)) {
    diagnostics.error(at, "this is no file that could hold a recording");
  } else {
    in->open(path, std::ios::binary);
    if (!*in) diagnostics.error(at, "the file cannot be read");
  }
  diagnostics.throw_if_errors();
  return in;
}

}  // namespace

std::string name_of(ChunkType type) {
  const auto value = static_cast<std::uint32_t>(type);
  std::string letters;
  std::string hexadecimal = "0x";
  for (unsigned i = 0; i < 4; ++i) {
    const std::uint32_t byte = value >> (8 * i) & 0xffU;
    letters += static_cast<char>(byte);
    hexadecimal += "0123456789abcdef"[byte >> 4U];
    hexadecimal += "0123456789abcdef"[byte & 0xfU];
  }
  const bool readable =
      std::all_of(letters.begin(), letters.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return readable ? letters : hexadecimal;
}

ChunkReader::ChunkReader(const std::filesystem::path& path)
    : ChunkReader(open_file(path), path.string()) {}

ChunkReader::ChunkReader(std::unique_ptr<std::istream> in, std::string name)
    : in_(std::move(in)), name_(std::move(name)) {
  in_->seekg(0, std::ios::end);
  const auto size = static_cast<std::streamoff>(in_->tellg());
  if (!*in_ || size < 0) refuse("the file cannot be read");
  size_ = static_cast<std::uint64_t>(size);
  open();
}

void ChunkReader::refuse(const std::string& what) const {
  Diagnostics diagnostics;
  diagnostics.error(whole_file(name_), what);
  throw InvalidInput(diagnostics);
}

std::string ChunkReader::bytes(std::uint64_t offset, std::uint64_t size) {
  std::string read(size, '\0');
  in_->clear();
  in_->seekg(static_cast<std::streamoff>(offset));
  in_->read(read.data(), static_cast<std::streamsize>(size));
  if (static_cast<std::uint64_t>(in_->gcount()) != size)
    refuse("the file cannot be read any more" + at_byte(offset));
  return read;
}

void ChunkReader::open() {
  read_header();
  if (size_ < kHeaderSize + kChunkHeadSize + kEndSize) refuse_without_end();
  const std::string end = bytes(size_ - kEndSize, kEndSize);
  ByteReader in(end);
  const std::uint64_t begin = in.u64();
  const std::uint64_t length = in.u64();
  const bool marked = in.raw(kEndMagic.size()) == kEndMagic;
  if (!marked) refuse_without_end();
  const std::uint32_t sum = checksum_of(std::string_view(end).substr(0, in.at()));
  if (in.u32() != sum)
    refuse("damaged: the end mark" + at_byte(size_ - kEndSize) + " does not match its checksum");
  if (length != size_)
    refuse("not whole: it was written with " + std::to_string(length) + " bytes and has " +
           std::to_string(size_));
  read_directory(begin);
}

void ChunkReader::read_header() {
  if (size_ == 0) refuse("the file is empty: it holds no recording");
  const std::string header = bytes(0, std::min<std::uint64_t>(size_, kHeaderSize));
  const std::string_view magic = std::string_view(header).substr(0, kMagic.size());
  if (kMagic.substr(0, magic.size()) != magic) refuse("not a recording: it does not begin as one");
  if (header.size() < kHeaderSize) refuse_without_end();
  ByteReader in(header);
  in.raw(kMagic.size());
  const std::uint32_t version = in.u32();
  const std::uint32_t sum = checksum_of(std::string_view(header).substr(0, in.at()));
  if (in.u32() != sum) refuse("damaged: the header does not match its checksum");
  if (version != kVersion)
    refuse("a recording of format version " + std::to_string(version) +
           "; this coalmine reads version " + std::to_string(kVersion));
}

/// The directory is the only list of chunks; what follows one chunk is the next.
void ChunkReader::read_directory(std::uint64_t begin) {
  const std::uint64_t end = size_ - kEndSize;
  if (begin < kHeaderSize || begin > end - kChunkHeadSize)
    refuse("damaged: the end mark puts the directory" + at_byte(begin));
  ChunkInfo directory;
  directory.type = ChunkType::directory;
  directory.offset = begin;
  directory.length = end - begin - kChunkHeadSize;
  std::uint64_t offset = kHeaderSize;
  read(directory, [&](ByteReader& in) {
    while (in.left() > 0) {
      ChunkInfo chunk;
      chunk.type = static_cast<ChunkType>(in.u32());
      chunk.length = in.u64();
      chunk.key.first = static_cast<std::int64_t>(in.u64());
      chunk.key.last = static_cast<std::int64_t>(in.u64());
      chunk.items = in.u64();
      chunk.offset = offset;
      if (offset + kChunkHeadSize > begin || chunk.length > begin - offset - kChunkHeadSize)
        in.fail("puts " + called(chunk) + " beyond its own place");
      offset += kChunkHeadSize + chunk.length;
      chunks_.push_back(chunk);
    }
  });
  if (offset != begin) refuse("damaged: the directory leaves out what lies" + at_byte(offset));
}

std::string ChunkReader::contents(const ChunkInfo& chunk) {
  if (chunk.length > kMostChunkBytes)
    refuse(called(chunk) + " is " + std::to_string(chunk.length) + " bytes long, more than the " +
           std::to_string(kMostChunkBytes) + " that a chunk may have");
  const std::string head = bytes(chunk.offset, kChunkHeadSize);
  std::string contents = bytes(chunk.offset + kChunkHeadSize, chunk.length);
  ByteReader in(head);
  const auto type = static_cast<ChunkType>(in.u32());
  const std::uint64_t length = in.u64();
  Checksum sum;
  sum.add(std::string_view(head).substr(0, in.at()));
  sum.add(contents);
  if (type != chunk.type || length != chunk.length || in.u32() != sum.value())
    refuse("damaged: " + called(chunk) + " does not match its checksum");
  return contents;
}

void ChunkReader::read(const ChunkInfo& chunk, const std::function<void(ByteReader&)>& parse) {
  const std::string data = contents(chunk);
  ByteReader in(data);
  try {
    parse(in);
    in.expect_end();
  } catch (const Malformed& e) {
    refuse("damaged: " + called(chunk) + " " + e.what() + " (" +
           at_byte(chunk.offset + kChunkHeadSize + e.at()).substr(1) + ")");
  }
}

void ChunkReader::check_all() {
  for (const ChunkInfo& chunk : chunks_) contents(chunk);
}

/// Says how far the file is whole.
void ChunkReader::refuse_without_end() {
  const std::string cut = "truncated: the file ends at byte " + std::to_string(size_) + ", ";
  if (size_ < kHeaderSize) refuse(cut + "within its header");
  std::uint64_t offset = kHeaderSize;
  while (size_ - offset >= kChunkHeadSize) {
    const std::string head = bytes(offset, kChunkHeadSize);
    ByteReader in(head);
    ChunkInfo chunk;
    chunk.type = static_cast<ChunkType>(in.u32());
    chunk.length = in.u64();
    chunk.offset = offset;
    if (chunk.length > size_ - offset - kChunkHeadSize)
      refuse(cut + "where " + called(chunk) + " promises " + std::to_string(chunk.length) +
             " bytes of contents");
    offset += kChunkHeadSize + chunk.length;
    if (chunk.type == ChunkType::directory)
      refuse("damaged: there is no end mark" + at_byte(offset) + ", behind the directory");
  }
  refuse(cut + "and has no directory");
}

}  // namespace coalmine::cmrun
