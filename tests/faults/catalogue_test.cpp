#include "sim/faults/catalogue.h"

#include <array>
#include <catch2/catch.hpp>
#include <set>

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

struct Loaded {
  std::shared_ptr<const Fault> fault;
  Diagnostics diagnostics;
};

Loaded load(const std::string& key, const std::string& text) {
  Loaded result;
  const Value value = parse_flow(text, {SourceText::make("t", text), 1, 1, 1}, result.diagnostics);
  for (const FaultType& type : fault_catalogue())
    if (type.key == key)
      if (auto fault = type.load(value, result.diagnostics)) result.fault = *fault;
  return result;
}

/// The mark of a fault on its version, between 1 min and 2 min, for segment 3.
struct Mark {
  VersionEffects effects;
  VersionEffects beside;
};

constexpr EffectWindow kWindow{kTimeZero + 1min, kTimeZero + 2min, Duration(10s)};
constexpr SegmentSet kSegments = SegmentSet{1} << 3;
constexpr double kMemoryLimit = 512 * 1024 * 1024;
constexpr FaultSite kSite{
    .memory_limit = kMemoryLimit, .conversion = 0.05, .workers = 8, .left = Duration(10min)};

Mark install(const Fault& fault) {
  Mark mark;
  FaultTarget target{mark.effects,
                     kWindow,
                     [](std::string_view what) { return RandomKey{what.size()}; },
                     &mark.beside,
                     kSegments,
                     kMemoryLimit};
  fault.install(target);
  return mark;
}

VersionEffects effects_of(const std::string& key, const std::string& text) {
  const Loaded loaded = load(key, text);
  INFO(key << text);
  REQUIRE(loaded.fault);
  CHECK(loaded.fault->type() == key);
  return install(*loaded.fault).effects;
}

bool same(const EffectWindow& a, const EffectWindow& b) {
  return a.from == b.from && a.until == b.until && a.ramp == b.ramp;
}

}  // namespace

TEST_CASE("faults that fail requests install errors", "[faults]") {
  const auto error = effects_of("errorRate", "{p: 2%}").errors.at(0);
  CHECK(error.p == 0.02);
  CHECK(same(error.when, kWindow));
  CHECK(error.segments == kSegments);
  CHECK_FALSE(error.fast);
  CHECK(error.pods == 1);

  const auto partial = effects_of("configPartial", "{share: 25%, p: 50%}").errors.at(0);
  CHECK(partial.p == 0.5);
  CHECK(partial.pods == 0.25);
  CHECK(partial.pod_coin.value != partial.coin.value);
  CHECK(same(partial.when, kWindow));
  CHECK(partial.segments == kSegments);
  CHECK(effects_of("configPartial", "{share: 25%}").errors.at(0).p == 1);

  const auto down = effects_of("dependencyDown", "{service: payment, p: 30%}").errors.at(0);
  CHECK(down.p == 0.3);
  CHECK(down.fast);
  CHECK(same(down.when, kWindow));
  CHECK(down.segments == kSegments);
  CHECK(effects_of("dependencyDown", "{service: payment}").errors.at(0).p == 1);

  const auto lie = effects_of("readinessLie", "{for: 20s}").lies.at(0);
  CHECK(lie.lasts == Duration(20s));
  CHECK(same(lie.when, kWindow));
}

TEST_CASE("faults that slow requests install latencies, caches and slow starts", "[faults]") {
  const auto latency = effects_of("latency", "{factor: 2, shift: 30ms}").latencies.at(0);
  CHECK(latency.factor == 2);
  CHECK(latency.shift == Duration(30ms));
  CHECK(latency.p == 1);
  CHECK_FALSE(latency.cpu_only);
  CHECK(same(latency.when, kWindow));

  const auto tail = effects_of("latencyTail", "{pSlow: 3%, factor: 20}").latencies.at(0);
  CHECK(tail.p == 0.03);
  CHECK(tail.factor == 20);
  CHECK(tail.coin.value != 0);
  CHECK(same(tail.when, kWindow));

  const auto cpu = effects_of("cpuRegression", "{factor: 3}").latencies.at(0);
  CHECK(cpu.cpu_only);
  CHECK(cpu.factor == 3);
  CHECK(same(cpu.when, kWindow));

  const auto slow =
      effects_of("dependencySlow", "{service: payment, factor: 4, shift: 5ms}").latencies.at(0);
  CHECK(slow.factor == 4);
  CHECK(slow.shift == Duration(5ms));
  CHECK(same(slow.when, kWindow));

  const auto cache =
      effects_of("coldCache", "{hitRatio: 80%, keys: 50, miss: 20ms}").cold_caches.at(0);
  CHECK(cache.hit_ratio == 0.8);
  CHECK(cache.keys == 50);
  CHECK(cache.miss == Duration(20ms));
  CHECK(same(cache.when, kWindow));

  const auto start = effects_of("slowStart", "{for: 90s, slowdown: 4}").slow_starts.at(0);
  CHECK(start.lasts == Duration(90s));
  CHECK(start.slowdown == 4);
  CHECK(same(start.when, kWindow));

  const auto load_bug =
      effects_of("loadBug", "{aboveConcurrency: 5, aboveRate: 30/s, p: 40%, factor: 2}")
          .loads.at(0);
  CHECK(load_bug.above_concurrency == 5);
  CHECK(load_bug.above_rate == 30);
  CHECK(load_bug.p == 0.4);
  CHECK(load_bug.factor == 2);
  CHECK(same(load_bug.when, kWindow));
}

TEST_CASE("faults that end processes install crashes, poison and leaks", "[faults]") {
  const auto crash = effects_of("crashOnStart", "{p: 50%, after: 2s}").crashes.at(0);
  CHECK(crash.p == 0.5);
  CHECK(crash.after == Duration(2s));
  CHECK(same(crash.when, kWindow));

  const auto poison = effects_of("crashOnRequest", "{p: 0.1%}").poisons.at(0);
  CHECK(poison.p == 0.001);
  CHECK(poison.segments == kSegments);
  CHECK(same(poison.when, kWindow));

  const auto leak =
      effects_of("memoryLeak", "{perRequest: 200Ki, perSecond: 1Ki, base: 100Mi, limit: 256Mi}")
          .leaks.at(0);
  CHECK(leak.per_request == 200 * 1024);
  CHECK(leak.per_second == 1024);
  CHECK(leak.base == 100 * 1024 * 1024);
  CHECK(leak.limit == 256 * 1024 * 1024);
  CHECK(same(leak.when, kWindow));
  CHECK(effects_of("memoryLeak", "{perRequest: 1}").leaks.at(0).limit == kMemoryLimit);
}

TEST_CASE("an incompatible schema marks the old version too", "[faults]") {
  const auto installed = [](const std::string& text) {
    return install(*load("incompatibleSchema", text).fault);
  };
  const Mark plain = installed("{}");
  CHECK_FALSE(plain.effects.writes.at(0).all);
  CHECK(same(plain.effects.writes.at(0).when, kWindow));
  CHECK(plain.effects.unreadable.empty());
  CHECK(plain.beside.writes.empty());
  CHECK(plain.beside.unreadable.at(0).p == 1);
  const Mark migration = installed("{writes: migration, p: 30%}");
  CHECK(migration.effects.writes.at(0).all);
  CHECK(migration.beside.unreadable.at(0).p == 0.3);
}

TEST_CASE("faults of metrics and of the business leave requests alone", "[faults]") {
  const auto lost = effects_of("metricsLost", "{share: 30%}");
  CHECK(lost.scrapes.at(0).loss == 0.3);
  CHECK(same(lost.scrapes.at(0).when, kWindow));
  CHECK(lost.none());
  CHECK(effects_of("metricsLost", "{}").scrapes.at(0).loss == 1);
  const auto late = effects_of("metricsLate", "{by: 45s}");
  CHECK(late.scrapes.at(0).loss == 0);
  CHECK(late.scrapes.at(0).delay == Duration(45s));
  CHECK(late.none());
  const auto slow = effects_of("metricsSlow", "{takes: 4s}");
  CHECK(slow.scrapes.at(0).takes == Duration(4s));
  CHECK(slow.scrapes.at(0).delay == Duration{});
  CHECK(slow.none());
  const auto conversion = effects_of("conversionLoss", "{factor: 0.8}");
  CHECK(conversion.conversions.at(0).factor == 0.8);
  CHECK(same(conversion.conversions.at(0).when, kWindow));
  CHECK(conversion.none());
}

TEST_CASE("a fault that changes nothing says what would", "[faults]") {
  const std::vector<std::array<std::string, 3>> cases{
      {"errorRate", "{p: 0%}", "p above 0%"},
      {"latency", "{factor: 1}", "a factor other than 1, or a shift"},
      {"latency", "{shift: 0s}", "a factor other than 1, or a shift"},
      {"latencyTail", "{pSlow: 0%}", "pSlow above 0%"},
      {"latencyTail", "{factor: 1}", "a factor other than 1"},
      {"cpuRegression", "{factor: 1}", "a factor other than 1"},
      {"crashOnStart", "{p: 0%}", "p above 0%"},
      {"crashOnStart", "{after: 10m}", "an after below 10m, which is what the run has left"},
      {"crashOnRequest", "{p: 0%}", "p above 0%"},
      {"memoryLeak",
       "{perRequest: 0}",
       "at least a byte perRequest or perSecond (1m is a thousandth of one, 1Mi a mebibyte)"},
      {"memoryLeak",
       "{perRequest: 1m, perSecond: 900m}",
       "at least a byte perRequest or perSecond (1m is a thousandth of one, 1Mi a mebibyte)"},
      {"loadBug", "{aboveRate: 1/s, p: 0%}", "p above 0%, or a factor other than 1"},
      {"loadBug", "{aboveConcurrency: 8, p: 5%}", "an aboveConcurrency below pod.concurrency, 8"},
      {"configPartial", "{share: 0%}", "a share above 0%"},
      {"configPartial", "{share: 5%, p: 0%}", "p above 0%"},
      {"slowStart", "{slowdown: 1}", "a slowdown above 1"},
      {"coldCache", "{miss: 0s}", "a miss above 0s"},
      {"incompatibleSchema", "{p: 0%}", "p above 0%"},
      {"conversionLoss", "{factor: 1}", "a factor below 1"},
      {"dependencyDown", "{service: payment, p: 0%}", "p above 0%"},
      {"dependencySlow", "{service: payment, factor: 1}", "a factor other than 1, or a shift"},
      {"metricsLost", "{share: 0%}", "a share above 0%"},
      {"metricsLate", "{by: 0s}", "by above 0s"},
      {"metricsSlow", "{takes: 0s}", "takes above 0s"}};
  for (const auto& [key, text, lacks] : cases) {
    INFO(key << text);
    const Loaded loaded = load(key, text);
    REQUIRE(loaded.fault);
    CHECK(loaded.fault->lacks(kSite) == lacks);
  }
}

TEST_CASE("every kind of fault can change something", "[faults]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"errorRate", "{p: 0.1%}"},
      {"latency", "{factor: 1.1}"},
      {"latency", "{shift: 1ms}"},
      {"latencyTail", "{}"},
      {"cpuRegression", "{factor: 2}"},
      {"crashOnStart", "{}"},
      {"crashOnStart", "{after: 9m}"},
      {"crashOnRequest", "{p: 1%}"},
      {"memoryLeak", "{perSecond: 1}"},
      // Garbage collection alone: 450 Mi of 512 Mi are 88 %.
      {"memoryLeak", "{perRequest: 0, base: 450Mi}"},
      {"loadBug", "{aboveRate: 1/s, factor: 2}"},
      {"loadBug", "{aboveConcurrency: 7, p: 5%}"},
      {"configPartial", "{share: 1%}"},
      {"readinessLie", "{}"},
      {"slowStart", "{}"},
      {"coldCache", "{hitRatio: 100%, miss: 1ms}"},
      {"incompatibleSchema", "{}"},
      {"conversionLoss", "{factor: 0.9}"},
      {"dependencyDown", "{service: payment}"},
      {"dependencySlow", "{service: payment, factor: 2}"},
      {"metricsLost", "{}"},
      {"metricsLate", "{by: 1m}"},
      {"metricsSlow", "{takes: 1s}"}};
  std::set<std::string> tried;
  for (const auto& [key, text] : cases) {
    INFO(key << text);
    const Loaded loaded = load(key, text);
    REQUIRE(loaded.fault);
    CHECK(loaded.fault->lacks(kSite).empty());
    CHECK(loaded.fault->noticeable() == (key.rfind("metrics", 0) != 0));
    tried.insert(key);
  }
  CHECK(tried.size() == fault_catalogue().size());
}

TEST_CASE("a fault of a service that is called names it itself", "[faults]") {
  for (const char* text : {"{service: payment, shift: 5ms, at: 20m}",
                           "{service: payment, shift: 5ms, on: {version: v1}}"}) {
    const Loaded loaded = load("dependencySlow", text);
    REQUIRE(loaded.fault);
    CHECK(loaded.fault->common.on_service == "payment");
  }
}

TEST_CASE("a fault says what makes it impossible at its place", "[faults]") {
  const auto objection = [](const std::string& key, const std::string& text, FaultSite site) {
    const Loaded loaded = load(key, text);
    REQUIRE(loaded.fault);
    return loaded.fault->objection(site);
  };
  const FaultSite release{};
  const FaultSite elsewhere{.memory_limit = 1000, .conversion = 0.1};
  CHECK(objection("memoryLeak", "{perRequest: 1}", elsewhere).empty());
  CHECK(objection("memoryLeak", "{perRequest: 1, limit: 5}", release).empty());
  CHECK(objection("memoryLeak", "{perRequest: 1}", release) ==
        "memoryLeak needs a limit: its own, or a memory limit in the manifest");
  CHECK(objection("memoryLeak", "{perRequest: 1, base: 1000}", elsewhere) ==
        "memoryLeak: base is not below the limit");
  CHECK(objection("conversionLoss", "{factor: 0.5}", elsewhere).empty());
  CHECK(objection("conversionLoss", "{factor: 0.5}", release) ==
        "conversionLoss needs traffic.conversion or release.conversion: nobody converts there");
  CHECK(objection("errorRate", "{p: 1%}", release).empty());
}

TEST_CASE("a fault says which processes have it", "[faults]") {
  const auto presence = [](const std::string& key, const std::string& text) {
    VersionEffects effects;
    FaultTarget target{
        effects, kWindow, [](std::string_view what) { return RandomKey{what.size()}; }};
    load(key, text).fault->install(target);
    return target.presence;
  };
  const ProcessRef process{3, start_address(3, 0), kTimeZero + 1min};
  const auto acts = [&](const FaultPresence& fault, Duration at, Duration sent) {
    return fault.acts(kTimeZero + at, kTimeZero + sent, process);
  };
  const FaultPresence error = presence("errorRate", "{p: 1%}");
  CHECK(acts(error, 90s, 90s));
  CHECK_FALSE(acts(error, 59s, 59s));
  CHECK_FALSE(acts(error, 2min, 119s));

  const FaultPresence partial = presence("configPartial", "{share: 25%}");
  CHECK(partial.share == 0.25);
  CHECK(partial.coin.value == RandomKey{std::string_view("pod").size()}.value);
  CHECK_FALSE(partial.of_start);

  const FaultPresence crash = presence("crashOnStart", "{after: 30s}");
  CHECK(crash.of_start);
  CHECK(presence("crashOnStart", "{p: 25%}").share == 0.25);
  // Started at 1 min + 1 s, within the window: it has the fault until it ends.
  const ProcessRef within{3, start_address(3, 0), kTimeZero + 61s};
  const ProcessRef before{3, start_address(3, 0), kTimeZero + 59s};
  CHECK(crash.acts(kTimeZero + 3min, kTimeZero + 3min, within));
  CHECK_FALSE(crash.acts(kTimeZero + 70s, kTimeZero + 70s, before));

  // Young when the request was sent; a process of time zero never was.
  for (const FaultPresence& young :
       {presence("readinessLie", "{for: 20s}"), presence("slowStart", "{for: 20s}")}) {
    CHECK(young.young == Duration(20s));
    CHECK(acts(young, 81s, 79s));
    CHECK_FALSE(acts(young, 81s, 80s));
    CHECK_FALSE(young.acts(kTimeZero + 90s, kTimeZero + 90s, ProcessRef{}));
  }
}

TEST_CASE("what the new version writes is of a release, what is called is not", "[faults]") {
  for (const FaultType& type : fault_catalogue()) {
    INFO(type.key);
    const bool called = type.key == "dependencyDown" || type.key == "dependencySlow";
    CHECK(type.refused(true).empty() != called);
    CHECK(type.refused(false).empty() != (type.key == "incompatibleSchema"));
  }
}

TEST_CASE("every fault has the common keys", "[faults]") {
  const auto loaded = load(
      "errorRate", "{p: 1%, at: 20m, until: 25m, ramp: 1m, on: {service: payment, version: v1}}");
  REQUIRE(loaded.fault);
  const FaultCommon& common = loaded.fault->common;
  CHECK(common.at == Duration(20min));
  CHECK(common.until == Duration(25min));
  CHECK(common.ramp == Duration(1min));
  CHECK(common.on_service == "payment");
  CHECK(common.on_version == "v1");
  for (const FaultType& type : fault_catalogue()) {
    const auto keys = type.table->keys();
    for (const char* key : {"at", "until", "ramp", "on"})
      CHECK(std::count(keys.begin(), keys.end(), key) == 1);
  }
}

TEST_CASE("the settings of faults are checked", "[faults]") {
  const std::vector<std::array<std::string, 3>> cases{
      {"errorRate", "{}", "errorRate needs the key p"},
      {"errorRate", "{p: 101%}", "p: 101% is out of range"},
      {"errorRate", "{p: 1%, at: 5m, until: 5m}", "until: the fault would end before it begins"},
      {"latency", "{}", "latency changes nothing: give factor or shift"},
      {"latency", "{factor: 0}", "factor: 0 is out of range"},
      {"crashOnStart", "{after: -1s}", "after: -1s is negative"},
      {"readinessLie", "{for: 0s}", "for: 0s is out of range"},
      {"crashOnRequest", "{}", "crashOnRequest needs the key p"},
      {"memoryLeak", "{limit: 1Gi}", "memoryLeak loses nothing: give perRequest or perSecond"},
      {"memoryLeak", "{perRequest: 5, limit: 0}", "limit: 0 is out of range"},
      {"loadBug", "{p: 1%}", "loadBug needs aboveConcurrency or aboveRate"},
      {"loadBug", "{aboveRate: 5/s}", "loadBug changes nothing: give p or factor"},
      {"loadBug", "{aboveConcurrency: 0, p: 1%}", "aboveConcurrency: 0 is out of range"},
      {"loadBug", "{aboveRate: 0/s, p: 1%}", "aboveRate: 0/s is out of range"},
      {"cpuRegression", "{}", "cpuRegression needs the key factor"},
      {"latencyTail", "{pSlow: 101%}", "pSlow: 101% is out of range"},
      {"configPartial", "{p: 1%}", "configPartial needs the key share"},
      {"incompatibleSchema", "{writes: rows}", "writes: rows is not one of requests, migration"},
      {"coldCache", "{hitRatio: 90%}", "coldCache needs the key miss"},
      {"coldCache", "{miss: 1ms, keys: 0}", "keys: 0 is out of range"},
      {"slowStart", "{slowdown: 0.5}", "slowdown: 0.5 is out of range"},
      {"dependencyDown", "{}", "dependencyDown needs the key service"},
      {"dependencyDown",
       "{service: payment, on: {service: payment}}",
       "the service is named twice"},
      {"dependencySlow",
       "{service: payment}",
       "dependencySlow changes nothing: give factor or shift"},
      {"metricsLate", "{}", "metricsLate needs the key by"},
      {"metricsSlow", "{}", "metricsSlow needs the key takes"},
      {"conversionLoss", "{factor: 2}", "factor: 2 is out of range"},
      {"readinessLie", "{fro: 1s}", "fro is not a key of readinessLie"}};
  for (const auto& [key, text, message] : cases) {
    INFO(key << text);
    const Loaded loaded = load(key, text);
    CHECK_FALSE(loaded.fault);
    REQUIRE(loaded.diagnostics.has_errors());
    CHECK(loaded.diagnostics.sorted()[0].message == message);
  }
}
