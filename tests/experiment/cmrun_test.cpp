// The pieces of the recording format: numbers, texts, columns and the checksum.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "sim/experiment/cmrun/bytes.h"
#include "sim/experiment/cmrun/checksum.h"
#include "sim/experiment/cmrun/columns.h"
#include "sim/experiment/cmrun/contents.h"

using namespace coalmine;
using namespace coalmine::cmrun;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

template <class Write>
std::string written(const Write& write) {
  ByteWriter out;
  write(out);
  return out.bytes();
}

/// What is wrong with `bytes`; "" if `read` takes them, to the end.
template <class Read>
std::string refusal(const std::string& bytes, const Read& read) {
  ByteReader in(bytes);
  try {
    read(in);
    in.expect_end();
  } catch (const Malformed& e) {
    return e.what();
  }
  return "";
}

std::vector<double> through_file(const std::vector<double>& values, std::size_t* size = nullptr) {
  const std::string bytes = written([&](ByteWriter& out) { write_numbers(out, values); });
  if (size != nullptr) *size = bytes.size();
  ByteReader in(bytes);
  std::vector<double> read = read_numbers(in);
  in.expect_end();
  return read;
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  });
}

}  // namespace

// The check value of CRC-32C, and RFC 3720 B.4: 32 bytes of zeros, of ones, and counting up.
TEST_CASE("the checksum is CRC-32C", "[experiment][cmrun]") {
  CHECK(checksum_of("") == 0);
  CHECK(checksum_of("123456789") == 0xE3069283);
  CHECK(checksum_of(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(checksum_of(std::string(32, '\xff')) == 0x62A8AB43);
  std::string counting(32, '\0');
  for (std::size_t i = 0; i < 32; ++i) counting[i] = static_cast<char>(i);
  CHECK(checksum_of(counting) == 0x46DD794E);
  // However it is cut.
  for (std::size_t cut = 0; cut <= 32; ++cut) {
    Checksum sum;
    sum.add(std::string_view(counting).substr(0, cut));
    sum.add(std::string_view(counting).substr(cut));
    CHECK(sum.value() == 0x46DD794E);
  }
}

TEST_CASE("numbers have the bytes of the format on every machine", "[experiment][cmrun]") {
  CHECK(hex(written([](ByteWriter& out) { out.u32(0x01020304); })) == "04030201");
  CHECK(hex(written([](ByteWriter& out) { out.varint(0); })) == "00");
  CHECK(hex(written([](ByteWriter& out) { out.varint(300); })) == "ac02");
  CHECK(hex(written([](ByteWriter& out) { out.varint(~std::uint64_t{0}); })) ==
        "ffffffffffffffffff01");
  CHECK(hex(written([](ByteWriter& out) { out.signed_varint(-1); })) == "01");
  CHECK(hex(written([](ByteWriter& out) { out.signed_varint(1); })) == "02");
  CHECK(hex(written([](ByteWriter& out) {
          out.signed_varint(std::numeric_limits<std::int64_t>::min());
        })) == "ffffffffffffffffff01");
  CHECK(hex(written([](ByteWriter& out) { out.number(1.0); })) == "000000000000f03f");
  CHECK(hex(written([](ByteWriter& out) { out.text("ab"); })) == "026162");
}

TEST_CASE("whole numbers come back, each in one form only", "[experiment][cmrun]") {
  const std::vector<std::int64_t> values{0,
                                         1,
                                         -1,
                                         63,
                                         64,
                                         -64,
                                         -65,
                                         1'000'000'007,
                                         std::numeric_limits<std::int64_t>::max(),
                                         std::numeric_limits<std::int64_t>::min()};
  for (const std::int64_t value : values) {
    const std::string bytes = written([&](ByteWriter& out) { out.signed_varint(value); });
    ByteReader in(bytes);
    CHECK(in.signed_varint() == value);
    CHECK(in.left() == 0);
    const auto other = Time(Duration(123));
    const std::string time =
        written([&](ByteWriter& out) { out.time_after(Time(Duration(value)), other); });
    ByteReader later(time);
    CHECK(later.time_after(other) == Time(Duration(value)));
  }
  const auto read = [](ByteReader& in) { in.varint(); };
  CHECK(refusal("\x7f", read).empty());
  CHECK_THAT(refusal(std::string("\x80\x00", 2), read), Contains("whole number that is none"));
  CHECK_THAT(refusal(std::string(9, '\xff') + "\x02", read), Contains("that is none"));
  CHECK_THAT(refusal(std::string(11, '\xff'), read), Contains("that is none"));
  CHECK_THAT(refusal("\xff", read), Contains("ends in the middle"));
}

TEST_CASE("a count that the bytes cannot hold is refused before anything is allocated",
          "[experiment][cmrun]") {
  const auto promise = [](std::uint64_t n) {
    return written([n](ByteWriter& out) {
      out.varint(n);
      out.u32(0);
    });
  };
  CHECK_THAT(refusal(promise(5), [](ByteReader& in) { in.count("pods"); }),
             Contains("promises 5 pods in 4 bytes"));
  CHECK_THAT(refusal(promise(3), [](ByteReader& in) { in.count("pods", 2); }),
             Contains("promises 3 pods in 4 bytes"));
  CHECK_THAT(refusal(promise(~std::uint64_t{0}), [](ByteReader& in) { in.count("pods", 7); }),
             Contains("promises"));
  CHECK_THAT(refusal(promise(std::uint64_t{1} << 62), [](ByteReader& in) { in.text(); }),
             Contains("where 4 are left"));
  CHECK_THAT(refusal(promise(1), [](ByteReader& in) { in.place(1, "pod"); }),
             Contains("names pod 1, there are 1"));
  CHECK_THAT(refusal("\x02", [](ByteReader& in) { in.flag(); }), Contains("neither 0 nor 1"));
}

TEST_CASE("columns of numbers come back to the last bit", "[experiment][cmrun][columns]") {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::vector<std::vector<double>> columns{
      {},
      {0},
      {5, 5, 5, 4, 1e15, 0},
      {9007199254740991.0, -9007199254740991.0},
      {9007199254740992.0, 1},
      {-0.0, 0.0},
      {0.5, 1.0 / 3, 2.0 / 3, -1e-300, 1e300},
      {123'456'789 * 1e-9, 223'456'789 * 1e-9, 0, 1e6},
      {-5e-9, 2'000'000'000'001 * 1e-9},
      {kInfinity, -kInfinity, std::nan(""), std::numeric_limits<double>::denorm_min()}};
  for (const std::vector<double>& column : columns) CHECK(same_bits(through_file(column), column));

  std::mt19937_64 bits(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> column;
    double sum = 0;
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t draw = bits();
      // Counters, sums of nanoseconds, anything at all.
      if (round % 3 == 0) sum += static_cast<double>(draw % 1000);
      if (round % 3 == 1) sum += static_cast<double>(draw % 100'000'000'000) * 1e-9;
      if (round % 3 == 2) sum = std::bit_cast<double>(draw);
      column.push_back(sum);
    }
    CHECK(same_bits(through_file(column), column));
  }
}

// 400 requests/s scraped every 15 s: 6000 a scrape with a deviation of 77, which differ from one
// to the next by some 110, twice that as a zigzag: two bytes, often one.
TEST_CASE("a counter takes two bytes a scrape, a regular scrape one",
          "[experiment][cmrun][columns]") {
  std::mt19937_64 bits(1);
  std::vector<double> counter;
  std::vector<double> seconds;
  std::vector<Time> times;
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    double noise = 0;
    for (int k = 0; k < 12; ++k) noise += static_cast<double>(bits() % 1000) / 1000 - 0.5;
    sum += std::round(6000 + 77 * noise);
    counter.push_back(sum);
    seconds.push_back(static_cast<double>(static_cast<std::int64_t>(sum) * 40'123'457) * 1e-9);
    times.push_back(kTimeZero + 3'123'456'789ns + i * 15s);
  }
  std::size_t size = 0;
  through_file(counter, &size);
  CHECK(size < 2100);
  through_file(seconds, &size);
  CHECK(size < 6100);
  const std::string bytes = written([&](ByteWriter& out) { write_times(out, times); });
  CHECK(bytes.size() < 1020);
  ByteReader in(bytes);
  CHECK(read_times(in) == times);
}

TEST_CASE("every series has a name of its own that does not hang on its number",
          "[experiment][cmrun]") {
  CHECK(series_name(requests_column(Outcome::ok)) == "requests_total{outcome=\"ok\"}");
  CHECK(series_name(requests_column(Outcome::timed_out)) ==
        "requests_total{outcome=\"timed_out\"}");
  CHECK(series_name(bucket_column(0)) == "request_duration_seconds_bucket{le=\"0.005\"}");
  CHECK(series_name(bucket_column(kBuckets - 1)) == "request_duration_seconds_bucket{le=\"+Inf\"}");
  CHECK(series_name(kLatencySum) == "request_duration_seconds_sum");
  CHECK(series_name(kBusySeconds) == "worker_busy_seconds_total");
  CHECK(series_name(kUsers) == "experiment_users_total");
  CHECK(series_name(kConversions) == "experiment_conversions_total");
  CHECK(series_name(kInFlight) == "requests_in_flight");
}
