// What is too big to be played is refused with its place, before it takes the machine's memory.
#include "sim/scenario/size.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

std::string found(const std::string& text) {
  return brief(load(text).diagnostics);
}

/// A scenario whose service calls a chain of others, each `per_request` times.
std::string chain(int length, const std::string& per_request) {
  std::ostringstream text;
  text << kHead << "service: ";
  for (int i = 0; i <= length; ++i) {
    text << (i == 0 ? "{name: s" : "  - {name: s") << i;
    if (i < length)
      text << ", calls: [{service: s" << i + 1 << ", perRequest: " << per_request << "}]";
    text << (i == 0 ? "}\nservices:\n" : "}\n");
  }
  return text.str();
}

}  // namespace

TEST_CASE("the calls one request causes are counted along every path and bounded",
          "[scenario][size]") {
  const LoadResult good = load(chain(2, "4"));
  REQUIRE(good.scenario);
  CHECK(hops_per_request(*good.scenario) == 1 + 4 + 16);

  // A diamond: both ways lead to the bank.
  const LoadResult diamond = load(kHead +
                                  "service: {name: a, calls: [{service: b}, {service: c}]}\n"
                                  "services: [{name: b, calls: [{service: d}]},\n"
                                  "  {name: c, calls: [{service: d, perRequest: 0.5}]},\n"
                                  "  {name: d}, {name: nobody-calls}]\n");
  REQUIRE(diamond.scenario);
  CHECK(hops_per_request(*diamond.scenario) == 1 + 2 + 1.5);

  CHECK(found(chain(2, "100")) == "3:28: calls: one request causes 10100 others in all\n");
  CHECK(found(chain(40, "2")) == "3:28: calls: one request causes 2199023255550 others in all\n");
}

TEST_CASE("worker slots are bounded over all services, at the one that has most",
          "[scenario][size]") {
  CHECK(found(kHead + "service: {name: a, replicas: 10000, pod: {concurrency: 100}}\n").empty());
  CHECK(found(kHead + "service: {name: a, replicas: 10000, pod: {concurrency: 10000}}\n") ==
        "3:56: replicas x concurrency of all services is 100000000 worker slots\n");
  CHECK(found(kHead +
              "service: {name: a, replicas: 10}\n"
              "services: [{name: b}, {name: c, replicas: 1000, pod: {concurrency: 1001}}]\n") ==
        "4:68: replicas x concurrency of all services is 1001088 worker slots\n");
}

TEST_CASE("the samples that scrapes leave behind are bounded", "[scenario][size]") {
  const std::string month = "duration: 30d\n";
  CHECK(found(kHead + "service: {name: a, replicas: 50}\n" + month).empty());
  CHECK(found(kHead + "service: {name: a, replicas: 100}\n" + month) ==
        "4:11: duration: 100 pods scraped every 15s give 17280000 samples\n");
}

TEST_CASE("the peak rate is that of the fullest moment", "[scenario][size]") {
  TrafficSettings t;
  using Kind = TrafficSettings::Kind;
  t.rate = 3;
  CHECK(peak_rate(t) == 3);
  t.kind = Kind::piecewise;
  t.points = {{Duration{}, 5}, {std::chrono::seconds(9), 7}, {std::chrono::seconds(20), 1}};
  CHECK(peak_rate(t) == 7);
  t.kind = Kind::mmpp;
  t.mmpp_rate[0] = 4;
  t.mmpp_rate[1] = 90;
  CHECK(peak_rate(t) == 90);
  t.trace = {{Duration{}, 100}, {std::chrono::minutes(5), 600}};
  t.trace_bucket = std::chrono::minutes(5);
  t.trace_scale = 10;
  t.kind = Kind::trace_counts;
  CHECK(peak_rate(t) == Approx(20));
  t.kind = Kind::trace_offsets;
  t.trace.clear();
  for (const int ms : {0, 100, 900, 1050, 1099, 2500})
    t.trace.emplace_back(std::chrono::milliseconds(ms), 1);
  CHECK(peak_rate(t) == 40);  // from 100 ms to 1099 ms
}

TEST_CASE("recorded instants are refused when scale or repeats make them too many",
          "[scenario][size]") {
  std::string folder = (std::filesystem::temp_directory_path() / "coalmine-size-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  std::ofstream trace(folder + "/t.csv");
  trace << "offset_s\n";
  for (int i = 0; i < 1000; ++i) trace << i * 0.01 << '\n';
  trace.close();
  const auto with = [&](const std::string& keys) {
    const LoadResult r = load(kSmall + "traffic: {trace: {file: t.csv, " + keys + "}}\n",
                              {"release.at=1s"},
                              false,
                              folder);
    return brief(r.diagnostics);
  };
  CHECK(with("scale: 90000, repeat: true").empty());
  CHECK(with("scale: 1000000000, repeat: true") ==
        "4:39: the trace reaches more than 10000000/s with this scale\n");
  CHECK(brief(load(kSmall + "duration: 30d\ntraffic: {trace: {file: t.csv, repeat: true}}\n",
                   {},
                   false,
                   folder)
                  .diagnostics) ==
        "5:25: the trace begins again so often that it has more than 50000000 lines\n");
  std::filesystem::remove_all(folder);
}
