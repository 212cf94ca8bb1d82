#include "sim/experiment/cmrun/bytes.h"

#include <bit>

namespace coalmine::cmrun {
namespace {

std::uint64_t bits_of(Time t) {
  return static_cast<std::uint64_t>(t.time_since_epoch().count());
}

}  // namespace

void ByteWriter::varint(std::uint64_t value) {
  for (; value >= 0x80U; value >>= 7U) u8(static_cast<std::uint8_t>(value | 0x80U));
  u8(static_cast<std::uint8_t>(value));
}

void ByteWriter::signed_varint(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  varint(bits << 1U ^ (value < 0 ? ~std::uint64_t{0} : 0U));
}

void ByteWriter::time_after(Time value, Time other) {
  signed_varint(static_cast<std::int64_t>(bits_of(value) - bits_of(other)));
}

void ByteWriter::number(double value) {
  u64(std::bit_cast<std::uint64_t>(value));
}

void ByteWriter::optional_number(std::optional<double> value) {
  u8(value ? 1 : 0);
  if (value) number(*value);
}

void ByteWriter::text(std::string_view value) {
  varint(value.size());
  raw(value);
}

std::uint8_t ByteReader::u8() {
  if (at_ == bytes_.size()) fail("ends in the middle of something");
  return static_cast<std::uint8_t>(bytes_[at_++]);
}

std::uint64_t ByteReader::fixed(int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) value |= std::uint64_t{u8()} << (8 * i);
  return value;
}

std::uint64_t ByteReader::varint() {
  const std::size_t begin = at_;
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = u8();
    const std::uint64_t bits = byte & 0x7fU;
    if (shift == 63 && bits > 1) break;
    value |= bits << shift;
    if (byte >= 0x80U) continue;
    if (bits == 0 && shift > 0) break;
    return value;
  }
  throw Malformed(begin, "has a whole number that is none");
}

std::int64_t ByteReader::signed_varint() {
  const std::uint64_t zigzag = varint();
  return static_cast<std::int64_t>(zigzag >> 1U ^ ((zigzag & 1U) != 0 ? ~std::uint64_t{0} : 0U));
}

Time ByteReader::time_after(Time other) {
  const std::uint64_t bits = bits_of(other) + static_cast<std::uint64_t>(signed_varint());
  return Time(Duration(static_cast<std::int64_t>(bits)));
}

double ByteReader::number() {
  return std::bit_cast<double>(u64());
}

std::optional<double> ByteReader::optional_number() {
  return flag() ? std::optional(number()) : std::nullopt;
}

std::string_view ByteReader::view() {
  return raw(varint());
}

std::string_view ByteReader::raw(std::uint64_t size) {
  if (size > left())
    fail("has a text of " + std::to_string(size) + " bytes where " + std::to_string(left()) +
         " are left");
  const std::string_view bytes = bytes_.substr(at_, size);
  at_ += size;
  return bytes;
}

bool ByteReader::flag() {
  const std::uint8_t value = u8();
  if (value > 1) throw Malformed(at_ - 1, "has a flag that is neither 0 nor 1");
  return value == 1;
}

std::uint64_t ByteReader::at_most(std::uint64_t most, const char* what) {
  const std::size_t begin = at_;
  const std::uint64_t value = varint();
  if (value > most)
    throw Malformed(begin,
                    std::string("has ") + what + " " + std::to_string(value) +
                        ", the highest possible is " + std::to_string(most));
  return value;
}

std::size_t ByteReader::count(const char* what, std::size_t bytes_each) {
  const std::size_t begin = at_;
  const std::uint64_t n = varint();
  if (n > left() / bytes_each)
    throw Malformed(
        begin,
        "promises " + std::to_string(n) + " " + what + " in " + std::to_string(left()) + " bytes");
  return n;
}

std::uint32_t ByteReader::place(std::size_t size, const char* what) {
  const std::size_t begin = at_;
  const std::uint64_t value = varint();
  if (value >= size)
    throw Malformed(begin,
                    "names " + std::string(what) + " " + std::to_string(value) + ", there are " +
                        std::to_string(size));
  return static_cast<std::uint32_t>(value);
}

void ByteReader::expect_end() const {
  if (left() > 0) fail("goes on for " + std::to_string(left()) + " bytes after its end");
}

}  // namespace coalmine::cmrun
