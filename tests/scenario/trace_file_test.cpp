#include "sim/scenario/trace_file.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;
using namespace std::chrono_literals;

namespace {

struct Read {
  Trace trace;
  Diagnostics diagnostics;
};

Read read(const std::string& text) {
  Read result;
  result.trace = read_trace("t.csv", text, result.diagnostics);
  return result;
}

}  // namespace

TEST_CASE("counts keep their times when slots are missing", "[scenario][trace]") {
  const Read result = read(
      "timestamp,value\n"
      "2014-04-10 00:04:00,94.0\n"
      "2014-04-10 00:09:00,56.0\n"
      "2014-04-10 00:19:00,187.0\n"
      "2014-04-10 00:24:00,1\n");
  CHECK(result.diagnostics.text().empty());
  CHECK_FALSE(result.trace.offsets);
  CHECK(result.trace.bucket == Duration(5min));
  REQUIRE(result.trace.points.size() == 4);
  CHECK(result.trace.points[2] == std::pair<Duration, double>(15min, 187));
  CHECK(result.trace.length() == Duration(25min));
}

TEST_CASE("counts of one slot in several lines add up", "[scenario][trace]") {
  const Read result = read(
      "timestamp,value\n"
      "2014-04-10 00:04:00,94\n"
      "2014-04-10 00:04:00,6\n"
      "2014-04-10 00:09:00,50\n"
      "2014-04-10 00:09:00,25\n"
      "2014-04-10 00:09:00,5\n");
  CHECK(result.diagnostics.text().empty());
  REQUIRE(result.trace.points.size() == 2);
  CHECK(result.trace.points[0].second == 100);
  CHECK(result.trace.points[1] == std::pair<Duration, double>(5min, 80));
  CHECK(result.trace.bucket == Duration(5min));
}

TEST_CASE("offsets are requests, further columns are not read", "[scenario][trace]") {
  const Read result = read("offset_s,context\r\n0.0,4808\r\n0.0520000,3180\r\n");
  CHECK(result.diagnostics.text().empty());
  CHECK(result.trace.offsets);
  CHECK(result.trace.points.at(1) == std::pair<Duration, double>(52ms, 1));
  CHECK(result.trace.length() == Duration(52ms));
}

TEST_CASE("mistakes in a trace are reported by line", "[scenario][trace]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "1:1: the first line must be the header timestamp,value or offset_s\n"},
      {"time,count\n", "1:1: the first line must be the header timestamp,value or offset_s\n"},
      {"offset_s\n", "1:1: the trace has no lines\n"},
      {"offset_s\nx\n", "2:1: x is not an offset in seconds, 0 or more\n"},
      {"offset_s\n-1\n", "2:1: -1 is not an offset in seconds, 0 or more\n"},
      {"offset_s\n2\n1\n", "3:1: the offset is less than the one before\n"},
      {"timestamp,value\n2014-13-10 00:00:00,1\n",
       "2:1: 2014-13-10 00:00:00 is not a timestamp YYYY-MM-DD HH:MM:SS\n"},
      {"timestamp,value\n2014-04-10 00:00:00,\n", "2:1: nothing is not a count, 0 or more\n"},
      {"timestamp,value\n2014-04-10 00:00:00,nan\n", "2:1: nan is not a count, 0 or more\n"},
      {"timestamp,value\n2014-04-10 00:00:00,-3\n", "2:1: -3 is not a count, 0 or more\n"},
      {"timestamp,value\n2014-04-10 00:00:01,1\n2014-04-10 00:00:00,1\n",
       "3:1: the timestamp is before the one before\n"},
      {"timestamp,value\n2014-04-10 00:00:00,1\n2014-04-10 00:00:00,1\n",
       "1:1: a trace of counts needs two slots or more\n"},
      {"timestamp,value\n2014-04-10 00:00:00,1\n",
       "1:1: a trace of counts needs two slots or more\n"}};
  for (const auto& [text, found] : cases) {
    INFO(text);
    CHECK(brief(read(text).diagnostics) == found);
  }
  std::string many = "offset_s\n";
  for (int i = 0; i < 100; ++i) many += "x\n";
  CHECK(read(many).diagnostics.errors() == 20);
}

TEST_CASE("the shared traces are read whole", "[scenario][trace]") {
  const std::vector<std::pair<std::string, std::size_t>> files{
      {"nab_elb_request_count_5min.csv", 4032},
      {"nab_twitter_volume_amzn_5min.csv", 15831},
      {"azure_llm_code_arrivals.csv", 8819}};
  for (const auto& [file, lines] : files) {
    std::ifstream in(shared_folder() / "data" / file);
    if (!in) {
      WARN("SKIP: the shared folder is not here");
      return;
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const Read result = read(text);
    INFO(file);
    CHECK(result.diagnostics.text().empty());
    CHECK(result.trace.points.size() == lines);
  }
}

TEST_CASE("a trace must cover the run", "[scenario][trace]") {
  const auto folder = std::filesystem::temp_directory_path() / "coalmine_trace_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "t.csv") << "offset_s\n0\n60\n";
  const auto found = [&](const std::string& trace) {
    return brief(
        load(kSmall + "duration: 2m\nrelease: {at: 10s}\ntraffic: {trace: {" + trace + "}}\n",
             {},
             false,
             folder)
            .diagnostics);
  };
  CHECK(found("file: t.csv") == "6:25: the trace ends after 1m, the run lasts 2m\n");
  CHECK(found("file: t.csv, from: 5m, repeat: true") ==
        "6:38: from lies after the end of the "
        "trace\n");
  CHECK(found("file: t.csv, repeat: true").empty());
  CHECK(found("file: t.csv, scale: 0, repeat: true") == "6:39: scale: 0 is out of range\n");
  std::filesystem::remove_all(folder);
}
