#include "sim/telemetry/promql_reader.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "sim/telemetry/series_store.h"

namespace coalmine {
namespace {

using namespace std::chrono_literals;

/// A store with hand-made series of steady rates, scraped every 15 s from 0 to 5 min, that have
/// counted for long already: no zero is near.
class Bench {
 public:
  void add(Labels labels, double per_second) {
    const SeriesId id = store.series(labels);
    for (int k = 0; k <= 20; ++k) store.append(id, Timestamp(k * 15s), 1e6 + per_second * 15 * k);
  }
  /// What one proxy tells of one Deployment.
  static Labels who(const std::string& workload,
                    Vantage vantage = Vantage::router,
                    const std::string& pod = {}) {
    return {{"reporter", vantage == Vantage::router ? "source" : "destination"},
            {"destination_workload", workload},
            {"pod", pod}};
  }
  void requests(Labels labels, const char* code, double per_second) {
    labels.set("__name__", "istio_requests_total");
    labels.set("response_code", code);
    add(labels, per_second);
  }
  /// Per second in all, up to 50, 250 and 300 ms.
  void latencies(Labels labels, double all, double to50, double to250, double to300) {
    const auto bucket = [&](const char* le, double per_second) {
      labels.set("__name__", "istio_request_duration_milliseconds_bucket");
      labels.set("le", le);
      add(labels, per_second);
    };
    bucket("50.0", to50);
    bucket("250.0", to250);
    bucket("300.0", to300);
    bucket("+Inf", all);
    labels.set("le", "");
    labels.set("__name__", "istio_request_duration_milliseconds_count");
    add(labels, all);
  }
  PromqlReader reader() {
    sim.advance_to(Time(300s));
    const auto name_of = [](DeploymentId d) {
      return std::vector<std::string>{"shop", "shop-canary", "shop.v2"}.at(d.index());
    };
    return PromqlReader(sim, store, name_of, {"staff", "beta \"testers\""});
  }
  Simulation sim;
  SeriesStore store;
};

MetricTarget target(std::vector<std::uint32_t> deployments, Vantage vantage = Vantage::router) {
  MetricTarget t;
  for (const auto d : deployments) t.deployments.push_back(DeploymentId{d});
  t.vantage = vantage;
  return t;
}

}  // namespace

TEST_CASE("the error ratio weighs Deployments by their requests") {
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 380);
  bench.requests(Bench::who("shop-canary"), "200", 16);
  bench.requests(Bench::who("shop-canary"), "500", 3);
  bench.requests(Bench::who("shop-canary"), "504", 1);
  bench.requests(Bench::who("shop-canary", Vantage::pod, "a"), "200", 8);
  bench.requests(Bench::who("shop-canary", Vantage::pod, "b"), "200", 8);
  bench.requests(Bench::who("shop-canary", Vantage::pod, "b"), "500", 2);
  const PromqlReader reader = bench.reader();
  CHECK(reader.error_ratio(target({1}), 2min).value.value() == Approx(0.2));
  CHECK(reader.error_ratio(target({1}, Vantage::pod), 2min).value.value() == Approx(2.0 / 18));
  const Reading both = reader.error_ratio(target({0, 1}), 2min);
  CHECK(both.value.value() == Approx(0.01));
  CHECK(both.samples == Approx(400 * 120));
  CHECK(both.window == 2min);
  CHECK(both.query ==
        "(sum(rate(istio_requests_total{reporter=\"source\","
        "destination_workload=~\"shop|shop-canary\",response_code=~\"5..\"}[2m])) or vector(0)) / "
        "sum(rate(istio_requests_total{reporter=\"source\","
        "destination_workload=~\"shop|shop-canary\"}[2m]))");
  const Reading rate = reader.request_rate(target({0, 1}), 2min);
  CHECK(rate.value.value() == Approx(400));
  CHECK(rate.samples == Approx(400 * 120));
  CHECK(reader.request_rate(target({1}, Vantage::pod), 2min).value.value() == Approx(18));
}

TEST_CASE("who has never failed has an error ratio of zero") {
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 380);
  const PromqlReader reader = bench.reader();
  CHECK(reader.error_ratio(target({0}), 2min).value == 0);
  CHECK(reader.error_ratio(target({0}), 2min).samples == Approx(380 * 120));
  // Who has failed and then no more, too.
  bench.requests(Bench::who("shop"), "503", 0);
  CHECK(reader.error_ratio(target({0}), 2min).value == 0);
}

TEST_CASE("no series, no samples or no requests: no value, never zero errors") {
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 0);  // counters that stand still
  bench.latencies(Bench::who("shop"), 0, 0, 0, 0);
  const PromqlReader reader = bench.reader();
  CHECK_FALSE(reader.error_ratio(target({0}), 2min).value);
  CHECK_FALSE(reader.slow_ratio(target({0}), 300ms, 2min).value);
  CHECK_FALSE(reader.latency_quantile(target({0}), 0.99, 2min).value);
  CHECK(reader.request_rate(target({0}), 2min).value == 0);
  CHECK(reader.error_ratio(target({0}), 2min).samples == 0);
  for (const MetricTarget& who : {target({1}), target({0}, Vantage::pod)}) {
    CHECK_FALSE(reader.error_ratio(who, 2min).value);
    CHECK_FALSE(reader.request_rate(who, 2min).value);
    CHECK_FALSE(reader.latency_quantile(who, 0.99, 2min).value);
    CHECK_FALSE(reader.slow_ratio(who, 300ms, 2min).value);
    CHECK_FALSE(reader.users(who).value);
    CHECK_FALSE(reader.conversions(who).value);
    CHECK(reader.error_ratio(who, 2min).samples == 0);
  }
  CHECK_FALSE(reader.error_ratio(target({0}), 10s).value);  // shorter than the scrape interval
}

TEST_CASE("latency quantiles and slow shares come from the summed buckets") {
  Bench bench;
  // Of 100/s: 50 up to 50 ms, 40 more up to 250 ms, 8 more up to 300 ms.
  bench.latencies(Bench::who("shop", Vantage::pod, "a"), 40, 10, 32, 38);
  bench.latencies(Bench::who("shop", Vantage::pod, "b"), 60, 40, 58, 60);
  bench.latencies(Bench::who("shop"), 100, 0, 0, 0);  // the router sees it otherwise
  const PromqlReader reader = bench.reader();
  const auto pods = target({0}, Vantage::pod);
  CHECK(reader.latency_quantile(pods, 0.5, 2min).value.value() == Approx(0.05));
  CHECK(reader.latency_quantile(pods, 0.7, 2min).value.value() == Approx(0.15));
  CHECK(reader.latency_quantile(pods, 0.94, 2min).value.value() == Approx(0.275));
  CHECK(reader.latency_quantile(pods, 0.99, 2min).value.value() == Approx(0.3));  // no bound above
  CHECK(reader.latency_quantile(pods, 0.99, 2min).samples == Approx(12000));
  CHECK(reader.latency_quantile(pods, 0.99, 2min).query ==
        "histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{"
        "reporter=\"destination\",destination_workload=\"shop\"}[2m]))) / 1000");
  CHECK(reader.slow_ratio(pods, 250ms, 2min).value.value() == Approx(0.10));
  const Reading slow = reader.slow_ratio(pods, 300ms, 2min);
  CHECK(slow.value.value() == Approx(0.02));
  CHECK(slow.samples == Approx(12000));
  CHECK(slow.query ==
        "1 - (sum(rate(istio_request_duration_milliseconds_bucket{reporter=\"destination\","
        "destination_workload=\"shop\",le=\"300.0\"}[2m])) or vector(0)) / "
        "sum(rate(istio_request_duration_milliseconds_count{reporter=\"destination\","
        "destination_workload=\"shop\"}[2m]))");
  CHECK(reader.slow_ratio(target({0}), 300ms, 2min).value.value() == Approx(1));
}

TEST_CASE("failures that were never observed do not count as fast requests") {
  // 90/s answered within 50 ms, 10/s found no endpoint: none of the observed ones is slow.
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 90);
  bench.requests(Bench::who("shop"), "503", 10);
  bench.latencies(Bench::who("shop"), 90, 90, 90, 90);
  const PromqlReader reader = bench.reader();
  const Reading slow = reader.slow_ratio(target({0}), 300ms, 2min);
  CHECK(slow.value.value() == Approx(0).margin(1e-12));
  CHECK(slow.samples == Approx(90 * 120));
  CHECK(reader.error_ratio(target({0}), 2min).value.value() == Approx(0.1));
}

TEST_CASE("one segment of the users is read by its name, those in none as none") {
  Bench bench;
  const auto requests = [&](const char* segment, const char* code, double per_second) {
    Labels labels = Bench::who("shop");
    labels.set("user_segment", segment);
    bench.requests(labels, code, per_second);
  };
  requests("staff", "200", 9);
  requests("staff", "500", 1);
  requests("beta \"testers\"", "200", 20);
  requests("none", "200", 70);
  const PromqlReader reader = bench.reader();
  MetricTarget who = target({0});
  CHECK(reader.request_rate(who, 2min).value.value() == Approx(100));
  who.segment = 0;
  CHECK(reader.error_ratio(who, 2min).value.value() == Approx(0.1));
  CHECK(reader.request_rate(who, 2min).query ==
        "sum(rate(istio_requests_total{reporter=\"source\",destination_workload=\"shop\","
        "user_segment=\"staff\"}[2m]))");
  who.segment = 1;
  CHECK(reader.request_rate(who, 2min).value.value() == Approx(20));
  who.segment = 2;
  CHECK(reader.request_rate(who, 2min).value.value() == Approx(70));
}

TEST_CASE("names mean themselves, also in a regular expression") {
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 1);
  bench.requests(Bench::who("shop.v2"), "200", 10);
  bench.requests(Bench::who("shop-v2"), "200", 100);
  bench.requests(Bench::who("my-shop"), "200", 1000);
  const PromqlReader reader = bench.reader();
  CHECK(reader.request_rate(target({2}), 2min).value.value() == Approx(10));
  const Reading both = reader.request_rate(target({0, 2}), 2min);
  CHECK(both.value.value() == Approx(11));
  CHECK(both.query ==
        "sum(rate(istio_requests_total{reporter=\"source\",destination_workload=~\"shop|shop"
        "\\\\.v2\"}[2m]))");
}

TEST_CASE("users and conversions of an experiment are read as they stand") {
  Bench bench;
  bench.add({{"__name__", "experiment_users_total"}, {"deployment", "shop"}}, 2);
  bench.add({{"__name__", "experiment_users_total"}, {"deployment", "shop-canary"}}, 1);
  bench.add({{"__name__", "experiment_conversions_total"}, {"deployment", "shop-canary"}}, 0.5);
  const PromqlReader reader = bench.reader();
  const Reading users = reader.users(target({1}));
  CHECK(users.value == 1e6 + 300);
  CHECK(users.samples == 1e6 + 300);
  CHECK(users.window == Duration(0));
  CHECK(users.query == "sum(experiment_users_total{deployment=\"shop-canary\"})");
  CHECK(reader.users(target({0, 1})).value == 2e6 + 900);
  const Reading conversions = reader.conversions(target({1}));
  CHECK(conversions.value == 1e6 + 150);
  CHECK(conversions.samples == 1e6 + 300);
}

// The text is the evidence of a decision: who asks it again must get the same answer.
TEST_CASE("the text of a reading is what is asked") {
  Bench bench;
  for (const Vantage vantage : {Vantage::router, Vantage::pod}) {
    bench.requests(Bench::who("shop", vantage), "200", 95);
    bench.requests(Bench::who("shop", vantage), "500", 5);
    bench.latencies(Bench::who("shop", vantage), 100, 50, 90, 98);
  }
  const PromqlReader reader = bench.reader();
  std::size_t asked = 0;
  for (const MetricTarget& who :
       {target({0}), target({0, 1}), target({0}, Vantage::pod), target({2})})
    for (const Duration window : {Duration(30s), Duration(90s), Duration(1500ms), Duration(72h)}) {
      for (const Reading& reading : {reader.error_ratio(who, window),
                                     reader.latency_quantile(who, 0.999, window),
                                     reader.slow_ratio(who, 250ms, window),
                                     reader.request_rate(who, window),
                                     reader.users(who),
                                     reader.conversions(who)}) {
        INFO(reading.query);
        CHECK(reader.query(reading.query).value == reading.value);
        asked += reading.value.has_value();
      }
    }
  CHECK(asked == 3 * 3 * 4);  // nobody knows of d2, 1.5 s hold no two samples
}

TEST_CASE("a whole service is read at the router, whoever serves it") {
  Bench bench;
  const auto of_service = [](const char* service, const char* workload, Vantage vantage) {
    Labels labels = Bench::who(workload, vantage);
    labels.set("destination_service_name", service);
    return labels;
  };
  bench.requests(of_service("shop", "shop", Vantage::router), "200", 90);
  bench.requests(of_service("shop", "shop-canary", Vantage::router), "500", 10);
  bench.requests(of_service("shop", "shop", Vantage::pod), "500", 1000);
  bench.requests(of_service("depot", "depot", Vantage::router), "500", 1000);
  bench.latencies(of_service("shop", "shop", Vantage::router), 100, 50, 90, 98);
  bench.latencies(of_service("depot", "depot", Vantage::router), 100, 0, 0, 0);
  const PromqlReader reader = bench.reader();
  const std::string errors = PromqlReader::error_ratio_of_service("shop", 2min);
  CHECK(errors ==
        "(sum(rate(istio_requests_total{reporter=\"source\",destination_service_name=\"shop\","
        "response_code=~\"5..\"}[2m])) or vector(0)) / "
        "sum(rate(istio_requests_total{reporter=\"source\",destination_service_name=\"shop\"}"
        "[2m]))");
  CHECK(reader.query(errors).value.value() == Approx(0.1));
  CHECK(reader.query(PromqlReader::slow_ratio_of_service("shop", 250ms, 2min, PromDialect::v3))
            .value.value() == Approx(0.1));
  CHECK_THAT(PromqlReader::slow_ratio_of_service("shop", 2500ms, 2min, PromDialect::v2),
             Catch::Contains("le=\"2500\""));
}

TEST_CASE("a query gives one number, or says why not") {
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 1);
  bench.requests(Bench::who("shop"), "500", 1);
  const PromqlReader reader = bench.reader();
  const auto value = [&](const std::string& text) { return reader.query(text).value; };
  const auto problem = [&](const std::string& text) {
    const Reading reading = reader.query(text);
    CHECK_FALSE(reading.value);
    CHECK(reading.query == text);
    return reading.problem;
  };
  CHECK(value("1 + 1") == 2);
  CHECK(value("istio_requests_total{response_code=\"200\"}") == 1e6 + 300);
  CHECK(value("vector(1) / 0") == std::numeric_limits<double>::infinity());
  CHECK(reader.query("1").problem.empty());
  CHECK(problem("istio_requests_total") == "2 series where one is needed");
  CHECK(problem("nobody") == "no data");
  CHECK(problem("0 / 0") == "not a number");
  CHECK(problem("vector(0) / 0") == "not a number");
  CHECK(problem("rate({response_code=\"200\"}[5m]) + on () group_left () "
                "rate(istio_requests_total[5m])") != "");
}

TEST_CASE("a query tells how far it looks back, and on how many observations") {
  Bench bench;
  bench.requests(Bench::who("shop"), "200", 9);
  bench.requests(Bench::who("shop"), "500", 1);
  bench.latencies(Bench::who("shop"), 10, 5, 8, 9);
  const PromqlReader reader = bench.reader();
  const auto behind = [&](const std::string& text, Duration window) {
    const Reading reading = reader.query(text);
    INFO(text << ": " << reading.problem);
    CHECK(reading.value);
    CHECK(reading.window == window);
    return reading.samples;
  };
  const std::string all = "sum(rate(istio_requests_total[2m]))";
  const std::string bad = "sum(rate(istio_requests_total{response_code=\"500\"}[2m]))";
  CHECK(behind("1 - " + bad + " / " + all, 2min) == Approx(10 * 120));
  CHECK(behind(bad, 2min) == Approx(120));
  CHECK(behind("sum(increase(istio_requests_total[2m]))", 2min) == Approx(10 * 120));
  CHECK(behind("max_over_time((" + bad + ")[1m:15s])", 2min) == 0);
  CHECK(behind("count(istio_requests_total)", 0min) == 0);
  CHECK(behind("histogram_quantile(0.9, sum by (le) "
               "(rate(istio_request_duration_milliseconds_bucket[2m])))",
               2min) ==
        Approx(behind("sum(rate(istio_request_duration_milliseconds_count[2m]))", 2min)));
}

TEST_CASE("what the readings of a service could select is known beforehand") {
  const auto reads = [](std::string_view name, const Labels& labels) {
    const bool with = PromqlReader::reads("shop", true, name, labels);
    // Of the sidecars' view nothing, unless somebody reads pods.
    Labels theirs = labels;
    theirs.set("reporter", "destination");
    if (labels.get("reporter") == "source") {
      CHECK(PromqlReader::reads("shop", true, name, theirs) == with);
      CHECK_FALSE(PromqlReader::reads("shop", false, name, theirs));
    }
    CHECK(PromqlReader::reads("shop", false, name, labels) == with);
    return with;
  };
  const Labels shop{{"destination_service_name", "shop"}, {"reporter", "source"}};
  for (const char* name : {"istio_requests_total",
                           "istio_request_duration_milliseconds_bucket",
                           "istio_request_duration_milliseconds_count"}) {
    CHECK(reads(name, shop));
    CHECK_FALSE(reads(name, {{"destination_service_name", "depot"}, {"reporter", "source"}}));
  }
  CHECK_FALSE(reads("istio_request_duration_milliseconds_sum", shop));
  CHECK_FALSE(reads("istio_request_duration_milliseconds", shop));
  CHECK_FALSE(reads("up", shop));
  for (const char* name : {"experiment_users_total", "experiment_conversions_total"}) {
    CHECK(reads(name, {{"service", "shop"}}));
    CHECK_FALSE(reads(name, {{"service", "depot"}}));
  }
}

}  // namespace coalmine
