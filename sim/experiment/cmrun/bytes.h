/// The smallest pieces of a recording file. Whole numbers are little-endian, whatever the machine.
///
/// A *varint* has seven bits a byte, the lowest first; the top bit says that more follow: at most
/// ten bytes, and never a longer form than needed. A *signed varint* is the varint of its zigzag
/// (0, -1, 1, -2, ... become 0, 1, 2, 3, ...). A *double* is its IEEE 754 bits in eight bytes. A
/// *text* is its length as a varint and its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "sim/kernel/time.h"

namespace coalmine::cmrun {

/// Bytes that cannot be what they should be.
class Malformed : public std::runtime_error {
 public:
  Malformed(std::size_t at, const std::string& what) : std::runtime_error(what), at_(at) {}
  std::size_t at() const { return at_; }  ///< offset in what was being read

 private:
  std::size_t at_;
};

class ByteWriter {
 public:
  void u8(std::uint8_t value) { bytes_ += static_cast<char>(value); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  void varint(std::uint64_t value);
  void signed_varint(std::int64_t value);
  void number(double value);
  void optional_number(std::optional<double> value);  ///< a byte 0, or a byte 1 and the double
  void text(std::string_view value);
  void time(Time value) { signed_varint(value.time_since_epoch().count()); }
  void duration(Duration value) { signed_varint(value.count()); }
  /// A time as its distance from another, modulo 2^64.
  void time_after(Time value, Time other);
  void raw(std::string_view value) { bytes_ += value; }

  const std::string& bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  void fixed(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) u8(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  std::string bytes_;
};

/// Reads what a ByteWriter wrote. Throws Malformed instead of reading past the end, and before
/// anything is allocated for a count that the bytes left cannot hold.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8();
  std::uint32_t u32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t u64() { return fixed(8); }
  std::uint64_t varint();
  std::int64_t signed_varint();
  double number();
  std::optional<double> optional_number();
  std::string text() { return std::string(view()); }
  std::string_view view();  ///< of a text, as long as the bytes live
  Time time() { return Time(Duration(signed_varint())); }
  Duration duration() { return Duration(signed_varint()); }
  Time time_after(Time other);
  std::string_view raw(std::uint64_t size);

  bool flag();  ///< a byte, 0 or 1
  /// A varint at most `most`.
  std::uint64_t at_most(std::uint64_t most, const char* what);
  template <class T>
  T whole(const char* what) {
    return static_cast<T>(at_most(static_cast<std::uint64_t>(std::numeric_limits<T>::max()), what));
  }
  /// How many of something follow, each of at least `bytes_each` bytes.
  std::size_t count(const char* what, std::size_t bytes_each = 1);
  /// The place of something in a list of `size`.
  std::uint32_t place(std::size_t size, const char* what);

  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  void expect_end() const;
  [[noreturn]] void fail(const std::string& what) const { throw Malformed(at_, what); }

 private:
  std::uint64_t fixed(int bytes);

  std::string_view bytes_;
  std::size_t at_ = 0;
};

}  // namespace coalmine::cmrun
