// cAdvisor (specs/metric-dialects.md section 9).
#include <catch2/catch.hpp>

#include "dialect_lab.h"

namespace coalmine {

using namespace std::chrono_literals;

TEST_CASE("a container's use counts twice where the sum over the pod is not left out") {
  DialectLab lab("cadvisor");
  lab.serve(0, Outcome::ok, 1s, 10);
  lab.scrape();
  const std::string cpu = "container_cpu_usage_seconds_total{pod=\"podinfo-6d5f8c9b7f-0pods\"";
  CHECK(lab.ask("sum(" + cpu + ",container!=\"\"})") == 5);
  CHECK(lab.ask("sum(" + cpu + ",image!=\"\",cpu=\"total\"})") == 5);
  CHECK(lab.ask("sum(" + cpu + ",container=\"\"})") == 5);
  CHECK(lab.ask("sum(" + cpu + "})") == 10);
  CHECK(lab.ask("container_memory_working_set_bytes{container=\"podinfo\",namespace=\"test\","
                "pod=~\"podinfo-6.*\",image=\"podinfo:v1\"}") == 1e8);
  CHECK(lab.ask("max(container_spec_memory_limit_bytes)") == 2e8);
  CHECK(lab.ask("max(container_spec_cpu_quota/container_spec_cpu_period)") == 0.5);
  CHECK(lab.ask("max(container_start_time_seconds)") == -3600);
  CHECK(lab.ask("max(container_oom_events_total)") == 0);
}

TEST_CASE("samples are some seconds older than their scrape, of each pod by its own") {
  DialectLab lab("cadvisor");
  const auto newest = [&](const char* pod) {
    const auto series =
        lab.series(std::string("container_memory_rss{container!=\"\",pod=\"") + pod + "\"}");
    return series.times.empty() ? Time::min() : to_time(series.times.back());
  };
  std::vector<Duration> ages;
  Time seen = Time::min();
  for (int ms = 0; ms < 60000 && ages.empty(); ms += 1) {
    lab.sim.advance_to(Time(std::chrono::milliseconds(ms)));
    const Time now = newest("podinfo-6d5f8c9b7f-0pods");
    if (now != seen && seen != Time::min()) ages.push_back(lab.sim.now() - now);
    seen = now;
  }
  REQUIRE(ages.size() == 1);
  CHECK(ages[0] <= Scraper::kHousekeeping);
  lab.scrape();
  CHECK(newest("podinfo-6d5f8c9b7f-0pods") != newest("podinfo-canary-6d5f8c9b7f-1pods"));
}

TEST_CASE("a dead pod's memory stays to be seen for the lookback, its process's not") {
  DialectLab lab("cadvisor");
  lab.scrape();
  lab.source.remove(0);
  lab.scrape();
  lab.scrape();
  const std::string memory =
      "container_memory_rss{container!=\"\",pod=\"podinfo-6d5f8c9b7f-0pods\"}";
  CHECK(lab.count(memory) == 1);
  CHECK_FALSE(is_stale_marker(lab.series(memory).values.back()));
  lab.sim.advance_to(lab.sim.now() + 5min);
  CHECK(lab.count(memory) == 0);
}

TEST_CASE("a pod without a container has no samples") {
  DialectLab lab("cadvisor");
  lab.source.facts_of(0).info.container = false;
  lab.scrape();
  CHECK(lab.count("container_memory_rss{container!=\"\"}") == 1);
}

}  // namespace coalmine
