// JVM runtimes through Micrometer (specs/metric-dialects.md section 5).
#include <catch2/catch.hpp>

#include "dialect_lab.h"
#include "sim/service/longest_latency.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("a timer has no buckets unless it is asked for them") {
  DialectLab lab("micrometer-spring");
  lab.serve(0, Outcome::ok, 40ms, 2);
  lab.scrape();
  CHECK(lab.count("http_server_requests_seconds_bucket") == 0);
  CHECK(lab.ask("http_server_requests_seconds_count") == 2);
  CHECK(lab.ask("http_server_requests_seconds_sum") == Approx(0.08));
  CHECK(lab.dialect().families().front().type == "summary");
}

TEST_CASE("a percentile histogram has 68 finite buckets, with bounds as Java writes them") {
  DialectLab lab("micrometer-spring", {true, {}});
  lab.serve(0, Outcome::ok, 40ms);
  lab.scrape();
  const std::string bucket = "http_server_requests_seconds_bucket";
  CHECK(lab.count(bucket) == 69);
  for (const char* le : {"0.001",
                         "0.001048576",
                         "0.016777216",
                         "0.033554431",
                         "0.268435456",
                         "0.984263336",
                         "1.073741824",
                         "17.179869184",
                         "28.633115306",
                         "30.0"}) {
    CAPTURE(le);
    CHECK(lab.count(bucket + "{le=\"" + le + "\"}") == 1);
  }
  CHECK(lab.ask(bucket + "{le=\"0.039146836\"}") == 0);
  CHECK(lab.ask(bucket + "{le=\"0.044739241\"}") == 1);
  CHECK(lab.dialect().families().front().type == "histogram");
}

TEST_CASE("objectives of a service level are buckets of their own") {
  DialectLab lab("micrometer-quarkus", {false, {100ms, 1s}});
  lab.serve(0, Outcome::ok, 40ms);
  lab.scrape();
  CHECK(lab.count("http_server_requests_seconds_bucket") == 3);
  CHECK(lab.count("http_server_requests_seconds_bucket{le=\"0.1\"}") == 1);
  CHECK(lab.count("http_server_requests_seconds_bucket{le=\"1.0\"}") == 1);
}

TEST_CASE("each runtime has its own labels") {
  const auto labels_of = [](const char* dialect) {
    DialectLab lab(dialect);
    lab.serve(0, Outcome::error, 40ms);
    lab.scrape();
    std::string names;
    for (const Label& label : *lab.series("http_server_requests_seconds_count").labels)
      for (const char* own : {"error", "exception", "method", "outcome", "status", "uri"})
        if (label.name == own) names += label.name + "=" + label.value + " ";
    return names;
  };
  CHECK(labels_of("micrometer-spring") ==
        "error=IllegalStateException exception=IllegalStateException method=GET "
        "outcome=SERVER_ERROR status=500 uri=/podinfo ");
  CHECK(labels_of("micrometer-quarkus") ==
        "method=GET outcome=SERVER_ERROR status=500 uri=/podinfo ");
  CHECK(labels_of("micrometer-micronaut") ==
        "exception=IllegalStateException method=GET status=500 uri=/podinfo ");
}

TEST_CASE("the maximum falls back to zero and stays, requests turned away are not seen") {
  DialectLab lab("micrometer-spring");
  lab.source.process(0).count(Outcome::rejected);
  lab.scrape();
  CHECK(lab.count("http_server_requests_seconds_max") == 0);
  CHECK(lab.count("http_server_requests_seconds_count") == 0);
  lab.serve(0, Outcome::ok, 700ms);
  lab.source.longest_of(0) = 0.7;
  lab.scrape();
  CHECK(lab.ask("http_server_requests_seconds_max") == 0.7);
  lab.source.longest_of(0) = 0;
  lab.scrape();
  CHECK(lab.ask("http_server_requests_seconds_max") == 0);
}

TEST_CASE("the JVM tells its heap, its age and its pool") {
  DialectLab lab("micrometer-spring");
  lab.source.facts_of(0).in_flight = 11;
  lab.scrape();
  const std::string first = "{instance=\"10.244.0.2:8080\"}";
  CHECK(lab.ask("jvm_memory_used_bytes{area=\"heap\",instance=\"10.244.0.2:8080\"}") == 1e8);
  CHECK(lab.ask("max(jvm_memory_max_bytes)") == 2e8);
  CHECK(lab.ask("process_start_time_seconds" + first) == -3600);
  CHECK(lab.ask("process_uptime_seconds" + first) > 3600);
  CHECK(lab.ask("executor_active_threads" + first) == 8);
  CHECK(lab.ask("executor_queued_tasks" + first) == 3);
  CHECK(lab.ask("executor_pool_max_threads" + first) == 8);
  // Eight workers that need a processor half of the time would like four; there are two.
  CHECK(lab.ask("process_cpu_usage" + first) == 1);
  CHECK(lab.ask("process_cpu_usage{instance=\"10.244.0.3:8080\"}") == 0.75);
}

// A third of a minute is a slot: what was seen in the first is gone in the fourth.
TEST_CASE("the longest latency is remembered for two to three thirds of a minute more") {
  LongestLatency longest;
  const auto at = [](int s) { return Duration(std::chrono::seconds(s)).count(); };
  longest.observe(Outcome::ok, at(5), 900);
  longest.observe(Outcome::ok, at(25), 300);
  longest.observe(Outcome::error, at(25), 1000);
  CHECK(longest.longest(0, at(26)) == 900);
  CHECK(longest.longest(0, at(59)) == 900);
  CHECK(longest.longest(0, at(60)) == 300);
  CHECK(longest.longest(1, at(60)) == 1000);
  CHECK(longest.longest(0, at(80)) == 0);
  longest.observe(Outcome::ok, at(85), 7);
  CHECK(longest.longest(0, at(86)) == 7);
  CHECK(longest.longest(1, at(86)) == 0);
  LongestLatency before;
  before.observe(Outcome::ok, at(-1), 5);
  CHECK(before.longest(0, at(1)) == 5);
}

}  // namespace coalmine
