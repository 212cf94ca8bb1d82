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
#include "sim/telemetry/sample.h"

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

// ---- series

namespace {

std::vector<SeriesEntry> through_list(const std::vector<SeriesEntry>& series,
                                      std::size_t* size = nullptr) {
  const std::string bytes = written([&](ByteWriter& out) { write_series_list(out, series); });
  if (size != nullptr) *size = bytes.size();
  ByteReader in(bytes);
  std::vector<SeriesEntry> read = read_series_list(in);
  in.expect_end();
  return read;
}

std::vector<double> through_samples(const std::vector<double>& values,
                                    std::size_t* size = nullptr) {
  const std::string bytes = written([&](ByteWriter& out) { write_samples(out, values); });
  if (size != nullptr) *size = bytes.size();
  ByteReader in(bytes);
  std::vector<double> read = read_samples(in);
  in.expect_end();
  return read;
}

}  // namespace

TEST_CASE("labels of series come back, each text is there once", "[experiment][cmrun][series]") {
  std::vector<SeriesEntry> series;
  const std::string long_name(100, 'n');
  for (std::size_t i = 0; i < 50; ++i)
    series.push_back({{{"__name__", long_name}, {"pod", std::to_string(i % 7)}}, i / 2});
  series.push_back({{}, 300});
  std::size_t size = 0;
  const auto read = through_list(series, &size);
  CHECK(size < 100 + 50 * 6 + 60);
  REQUIRE(read.size() == series.size());
  for (std::size_t i = 0; i < series.size(); ++i) {
    CHECK(read[i].labels == series[i].labels);
    CHECK(read[i].times == series[i].times);
  }
}

TEST_CASE("labels that are none are refused", "[experiment][cmrun][series]") {
  const auto list = [](std::vector<std::string> texts, std::vector<std::uint64_t> rest) {
    return written([&](ByteWriter& out) {
      out.varint(texts.size());
      for (const std::string& text : texts) out.text(text);
      for (const std::uint64_t n : rest) out.varint(n);
    });
  };
  const auto refused = [](const std::string& bytes) {
    return refusal(bytes, [](ByteReader& in) { read_series_list(in); });
  };
  CHECK(refused(list({"a", "b"}, {1, 1, 0, 1, 0})).empty());
  CHECK_THAT(refused(list({"a", "b"}, {1, 1, 0, 2, 0})), Contains("label value 2, there are 2"));
  CHECK_THAT(refused(list({"a", "b"}, {1, 1, 7, 1, 0})), Contains("label name 7, there are 2"));
  CHECK_THAT(refused(list({"a", ""}, {1, 1, 0, 1, 0})), Contains("a label that is none"));
  CHECK_THAT(refused(list({"a", ""}, {1, 1, 1, 0, 0})), Contains("a label that is none"));
  CHECK_THAT(refused(list({"a", "b"}, {1, 2, 0, 1, 0, 0, 0})), Contains("a label that is none"));
  CHECK_THAT(refused(list({"a"}, {std::uint64_t{1} << 50})), Contains("promises"));
  CHECK_THAT(refused(list({"a"}, {1, std::uint64_t{1} << 50})), Contains("promises"));
  // A text of a megabyte, used a thousand times over.
  std::vector<std::uint64_t> often{1000};
  for (int i = 0; i < 1000; ++i) often.insert(often.end(), {1, 0, 1, 0});
  CHECK_THAT(refused(list({"a", std::string(1'000'000, 'x')}, often)),
             Contains("more text than its labels may have"));
}

TEST_CASE("times of samples come back, in their order or not at all",
          "[experiment][cmrun][series]") {
  const auto through = [](const std::vector<Timestamp>& times) {
    const std::string bytes = written([&](ByteWriter& out) { write_timestamps(out, times); });
    ByteReader in(bytes);
    return read_timestamps(in);
  };
  std::mt19937_64 bits(1);
  for (int round = 0; round < 100; ++round) {
    std::vector<Timestamp> times;
    Timestamp next(Millis(-static_cast<std::int64_t>(bits() % 100'000'000)));
    for (std::size_t i = bits() % 50; i > 0; --i) {
      times.push_back(next);
      next +=
          round % 2 == 0 ? Millis(15'000) : Millis(1 + static_cast<std::int64_t>(bits() % 99'999));
    }
    CHECK(through(times) == times);
  }
  const auto refused = [](const std::vector<Time>& times) {
    return refusal(written([&](ByteWriter& out) { write_times(out, times); }),
                   [](ByteReader& in) { read_timestamps(in); });
  };
  CHECK(refused({Time(1ms), Time(2ms)}).empty());
  CHECK_THAT(refused({Time(2ms), Time(1ms)}), Contains("not in the order of time"));
  CHECK_THAT(refused({Time(2ms), Time(2ms)}), Contains("not in the order of time"));
  CHECK_THAT(refused({Time(1ms + 1ns)}), Contains("between two milliseconds"));
}

TEST_CASE("samples come back to the last bit, staleness markers among them",
          "[experiment][cmrun][series]") {
  const double nan = kOrdinaryNan;
  const double stale = kStaleMarker;
  const std::vector<std::vector<double>> columns{{},
                                                 {stale},
                                                 {stale, stale, stale},
                                                 {1, 2, stale},
                                                 {stale, 1, 2},
                                                 {1, stale, 2, stale, stale, 0.1},
                                                 {nan, stale, -nan, std::nan("1")}};
  for (const auto& column : columns) CHECK(same_bits(through_samples(column), column));

  std::mt19937_64 bits(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<double> column;
    double sum = 0;
    for (std::size_t i = bits() % 100; i > 0; --i) {
      sum += static_cast<double>(bits() % 1000) * (round % 2 == 0 ? 1 : 1e-9);
      const bool marker = bits() % 5 == 0;
      const bool wild = round % 3 == 0 && bits() % 7 == 0;
      column.push_back(marker ? stale : wild ? std::bit_cast<double>(bits()) : sum);
    }
    CHECK(same_bits(through_samples(column), column));
  }

  // A marker does not spoil the numbers beside it.
  std::vector<double> counter;
  for (int i = 0; i < 1000; ++i) counter.push_back(i == 500 ? stale : 6000.0 * i);
  std::size_t size = 0;
  through_samples(counter, &size);
  CHECK(size < 1020);

  const std::string beyond = written([](ByteWriter& out) {
    out.varint(1);
    out.varint(3);
    write_numbers(out, std::vector<double>{1, 2});
  });
  CHECK_THAT(refusal(beyond, [](ByteReader& in) { read_samples(in); }),
             Contains("a staleness marker beyond its samples"));
}
