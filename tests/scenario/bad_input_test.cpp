/// Every message a user can get for a scenario, by what they wrote.
#include <catch2/catch.hpp>
#include <fstream>

#include "sim/scenario/yaml_reader.h"
#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

struct Case {
  std::string text;
  std::string found;
};

void check_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    INFO(c.text);
    const LoadResult result = load(c.text);
    CHECK_FALSE(result.scenario);
    CHECK(brief(result.diagnostics) == c.found);
  }
}

/// A mistake in the fourth line of a small scenario.
Case fourth(const std::string& line, const std::string& found) {
  return {kSmall + line + "\n", found};
}

}  // namespace

TEST_CASE("what is no scenario at all is refused", "[scenario][bad-input]") {
  check_all({
      {"", "0:0: the file is empty: it has no scenario\n"},
      {"# only a comment\n", "0:0: the file is empty: it has no scenario\n"},
      {"hello", "1:1: a scenario is a map, found hello\n"},
      {"[1, 2]", "1:1: a scenario is a map, found a list\n"},
      {"a: [1, 2", "1:1: not valid YAML: end of sequence flow not found\n"},
      {"kind: Scenario\napiVersion: coalmine/v9\n", "2:13: apiVersion coalmine/v9 is not known\n"},
      {"kind: Sweep\napiVersion: coalmine/v1alpha1\n", "1:7: kind Sweep is not known\n"},
      {"service: {name: a}\n",
       "1:1: scenario needs the key apiVersion\n1:1: scenario needs the key kind\n"},
      {kHead, "1:1: scenario needs the key service\n"},
      {std::string("a: \xff\n"), "1:4: not text in UTF-8 (byte 3)\n"},
      {std::string("a: b\n\0c", 7), "2:1: not text in UTF-8 (byte 5)\n"},
      {"? [a]\n: b\n", "1:3: a key must be plain text\n"},
      {std::string("{").append(1100, 'k').append(": 3}"),
       "1:2: a key must be plain text of at most 1024 characters\n"},
      {kSmall + "---\nkind: Service\n", "5:1: the document has no apiVersion\n"},
      {kSmall + "---\napiVersion: v1\n", "5:1: the document has no kind\n"},
      {kSmall + "---\nmetadata: {name: a}\n", "5:1: the document has no apiVersion and kind\n"},
      {"a: &x [*x]\n", "1:8: an alias stands inside its own anchor\n"},
  });
}

TEST_CASE("every section refuses wrong keys, units and ranges", "[scenario][bad-input]") {
  check_all({
      fourth("durration: 1h", "4:1: durration is not a key of scenario\n"),
      fourth("duration: 45", "4:11: duration: 45 has no unit; write 45s, 45m or 45h\n"),
      fourth("duration: 0s", "4:11: duration: 0s is out of range\n"),
      fourth("duration: nan",
             "4:11: duration: nan is not a duration such as 250ms, 12s, 1h30m or "
             "30d\n"),
      fourth("duration: 1h\nduration: 2h", "5:1: the key duration is given twice\n"),
      fourth("seed: -1", "4:7: seed: -1 is out of range\n"),
      fourth("metadata: {nam: x}", "4:12: nam is not a key of metadata\n"),
      fourth("metadata: {namespace: a_b}", "4:23: 'a_b' cannot be a namespace\n"),
      fourth("metadata: {namespace: -a}", "4:23: '-a' cannot be a namespace\n"),
      fourth("traffic: {rate: 400}", "4:17: rate: 400 has no unit; write 400/s\n"),
      fourth("traffic: {rate: 0/s}", "4:17: rate: 0/s is out of range\n"),
      fourth("traffic: {rate: 1e308/s}", "4:17: rate: 1e308/s is out of range\n"),
      fourth("traffic: {rate: -4/s}", "4:17: rate: -4/s is negative\n"),
      fourth("traffic: {rate: 1/s, users: 0}", "4:29: users: 0 is out of range\n"),
      fourth("traffic: {rate: 1/s, trace: {file: x.csv}}",
             "4:29: traffic is given in 2 ways (rate, trace); keep one\n"
             "4:36: the file ./x.csv does not exist\n"),
      fourth("traffic: {peak: 4/s}", "4:17: peak belongs to base\n"),
      fourth("traffic: {base: 4/s}", "4:17: base needs peak, the highest rate of the cycle\n"),
      fourth("traffic: {base: 4/s, peak: 3/s}", "4:28: peak is less than base\n"),
      fourth("traffic: {base: 4/s, peak: 5/s, period: 1h, peakAt: 1h}",
             "4:53: peakAt must be less than period\n"),
      fourth("traffic: {points: []}",
             "4:19: points: the times must rise, and there must be at "
             "least one\n"),
      fourth("traffic: {points: [[5m, 1/s], [5m, 2/s]]}",
             "4:19: points: the times must rise, and there must be at least one\n"),
      fourth("traffic: {points: [[0s, 1e9/s]]}", "4:25: points[0]: 1e9/s is out of range\n"),
      fourth("traffic: {points: [5]}", "4:20: points[0]: 5 is not [duration, rate]\n"),
      fourth("traffic: {bursts: {calm: 1/s}}", "4:19: bursts needs the key burst\n"),
      fourth("traffic: {trace: {}}", "4:18: trace needs the key file\n"),
      fourth("traffic: {segments: [{name: a, share: 60%}, {name: b, share: 60%}]}",
             "4:21: the shares of the segments add up to 120%\n"),
      fourth("traffic: {sessions: {requests: 0}}", "4:32: requests: 0 is out of range\n"),
      fourth("traffic: {rate: 1000/s, sessions: {requests: 10, think: 4h}}",
             "4:35: more than 10000000 users would pause at a time\n"),
      fourth("release: {at: 1h}", "4:15: at: the release would begin after the end of the run\n"),
      fourth("release: {version: v1}", "4:20: the new version has the name of the old one, v1\n"),
      fourth("release: {faults: [{errorRat: {p: 1%}}]}", "4:21: errorRat is not a known fault\n"),
      fourth("release: {faults: [{errorRate: {p: 1%}, latency: {factor: 2}}]}",
             "4:20: a fault is written as one key with its settings, such as - type: {key: "
             "value}\n"),
      fourth("release: {faults: [{errorRate: {p: 1%, on: {version: v1}}}]}",
             "4:54: a release fault acts on the new version, v2\n"),
      fourth("faults: [{errorRate: {p: 1%, at: 46m}}]",
             "4:34: at: the fault would begin after the end of the run\n"),
      fourth("faults: [{errorRate: {p: 1%, on: {service: paymnt}}}]",
             "4:44: paymnt is not a service of this scenario\n"),
      fourth("faults: [{errorRate: {p: 1%, on: {version: v7}}}]",
             "4:44: v7 is not a version of checkout\n"),
      fourth("release: {faults: [{memoryLeak: {perRequest: 1Mi}}]}",
             "4:33: memoryLeak needs a limit: its own, or a memory limit in the manifest\n"),
      fourth("release: {faults: [{conversionLoss: {factor: 0.9}}]}",
             "4:37: conversionLoss needs traffic.conversion or release.conversion: nobody converts "
             "there\n"),
      fourth("release: {faults: [{dependencyDown: {service: payment}}]}\n"
             "services: [{name: payment}]",
             "4:21: dependencyDown belongs below faults: a release makes its own service fail with "
             "errorRate\n"),
      fourth("release: {faults: [{dependencyDown: {service: checkout}}]}",
             "4:21: dependencyDown belongs below faults: a release makes its own service fail with "
             "errorRate\n"),
      fourth("release: {variants: {sluggish: [{dependencySlow: {service: checkout, factor: 2}}]}, "
             "mix: {good: 50%, sluggish: 50%}}",
             "4:34: dependencySlow belongs below faults: a release makes its own service slow with "
             "latency\n"),
      fourth("release: {faults: [{errorRate: {p: 1%, on: {service: payment}}}]}\n"
             "services: [{name: payment}]",
             "4:54: a release fault acts on the service being released, checkout\n"),
      fourth("faults: [{dependencyDown: {service: paymnt}}]\nservices: [{name: payment}]",
             "4:37: paymnt is not a service of this scenario\n"),
      fourth("faults: [{dependencySlow: {service: checkout, shift: 1s, on: {segment: vip}}}]",
             "4:72: dependencySlow cannot be narrowed to a segment\n"),
      fourth("faults: [{incompatibleSchema: {}}]",
             "4:11: incompatibleSchema belongs below release.faults: it is the new version that "
             "writes\n"),
      fourth("objectives: [{availability: 100%}]", "4:29: availability: 100% is out of range\n"),
      fourth("objectives: [{window: 30d}]",
             "4:14: an objective is either an availability or a latency\n"),
      fourth("objectives: [{availability: 99%, target: 99%}]", "4:42: target belongs to latency\n"),
      fourth("onCall: nobody", "4:9: onCall must be a map of keys, found nobody\n"),
      fourth("onCall: {action: rollForward}", "4:18: action: rollForward is not one of rollBack\n"),
      fourth("telemetry: {scrapeInterval: 0s}", "4:29: scrapeInterval: 0s is out of range\n"),
      fourth("network: {proxyApply: {p50: 2s, p99: 1s}}",
             "4:23: proxyApply: p99 is less than "
             "p50\n"),
      fourth("strategies: [canry: {}]", "4:14: canry is not a known strategy\n"),
      fourth("strategies: {}", "4:13: strategies: expected a list, found a map\n"),
      fourth("strategies: []", "4:13: strategies is empty\n"),
      fourth("strategies: [{canary: {}}, {canary: {}}]",
             "4:28: two strategies are called canary-out\n"),
      fourth("strategies: [{canary: {name: control}}]",
             "4:14: control is what the run without a release is called\n"),
      fourth("strategies: [{canary: {interval: 0s}}]", "4:34: interval: 0s is out of range\n"),
  });
}

TEST_CASE("the service section refuses what cannot be", "[scenario][bad-input]") {
  const auto service = [](const std::string& keys) { return kHead + "service: {" + keys + "}\n"; };
  check_all({
      {service("replicas: 3"), "3:10: service needs the key name\n"},
      {service("name: a, replicas: 1e308"), "3:30: replicas: 1e308 is not a whole number\n"},
      {service("name: a, replicas: -1"), "3:30: replicas: -1 is out of range\n"},
      {service("name: a, replicas: 0"), "3:30: replicas: the service being released has no pods\n"},
      {service("name: a, manifest: nowhere.yaml"),
       "3:30: the file ./nowhere.yaml does not exist\n"},
      {service("name: a, manifest: /"), "3:30: the file / is a folder\n"},
      {service("name: a, manifest: ''"), "3:30: manifest: the text is empty\n"},
      {service("name: a, pod: {concurrency: 0}"), "3:39: concurrency: 0 is out of range\n"},
      {service("name: a, pod: {discipline: fiffo}"),
       "3:38: discipline: fiffo is not one of fifo, lifo, ps\n"},
      {service("name: a, errorRate: 2"), "3:31: errorRate: 2 has no unit; write 2%\n"},
      {service("name: a, liveness: {successThreshold: 2}"),
       "3:30: liveness: successThreshold must be 1 here\n"},
      {service("name: a, calls: [{service: b}]"), "3:38: b is not a service of this scenario\n"},
      {service("name: a, calls: [{perRequest: 1}]"), "3:28: call needs the key service\n"},
      {service("name: a, calls: [{service: a}]"), "3:38: the calls go in a circle: a -> a\n"},
  });
}

TEST_CASE("nothing is reported at the key that has it, not at what follows",
          "[scenario][bad-input]") {
  check_all({
      fourth("duration:\nseed: 7", "4:1: duration: has no value; expected a duration\n"),
      fourth(
          "release:\n  faults:\n    - errorRate\n    - latency:\n  at: 3m",
          "6:7: errorRate needs the key p\n7:7: latency changes nothing: give factor or shift\n"),
      fourth("release:\n  faults:\n    -\n    - errorRate: {p: 1%}",
             "6:5: a fault is written as one key with its settings, such as - type: {key: "
             "value}\n"),
  });
}

TEST_CASE("a circle of calls is named at the call that closes it", "[scenario][bad-input]") {
  check_all({{kHead + "service: {name: checkout, calls: [{service: payment}]}\n"
                      "services:\n"
                      "  - {name: payment, calls: [{service: bank}]}\n"
                      "  - {name: bank, calls: [{service: checkout}]}\n",
              "6:36: the calls go in a circle: checkout -> payment -> bank -> checkout\n"},
             {kHead + "service: {name: a}\nservices: [{name: a}]\n",
              "4:19: two services are called a\n"}});
}

TEST_CASE("all mistakes of a file are reported at once", "[scenario][bad-input]") {
  const LoadResult result = load(kHead +
                                 "durration: 1h\n"
                                 "service: {name: a, replicas: x, calls: [{service: b}]}\n"
                                 "traffic: {rate: 5}\n"
                                 "strategies: [{canary: {steps: [0%, 200%]}}]\n"
                                 "---\n"
                                 "kind: Pod\n"
                                 "apiVersion: v1\n");
  CHECK(result.diagnostics.errors() == 7);
}

TEST_CASE("a mistake is shown with its line and the nearest name", "[scenario][bad-input]") {
  const LoadResult result = load(kSmall + "strategies:\n  - canary: {intervall: 1m}\n");
  CHECK(result.diagnostics.text() ==
        "s.yaml:5:14: error: intervall is not a key of canary\n"
        "    5 |   - canary: {intervall: 1m}\n"
        "      |              ^~~~~~~~~ did you mean interval?\n"
        "  known keys: name, steps, interval, failureLimit\n");
  CHECK_THROWS_AS(result.value(), InvalidInput);
}

TEST_CASE("hostile YAML is refused by limits, not by a crash", "[scenario][bad-input]") {
  const auto first = [](const std::string& text) {
    const LoadResult result = load(text);
    CHECK_FALSE(result.scenario);
    const auto found = result.diagnostics.sorted();
    return found.empty() ? std::string() : found[0].message;
  };
  CHECK(first(std::string(1000000, '[')) == "a key must be plain text");
  CHECK(first("a: " + std::string(100, '[') + std::string(100, ']')) ==
        "nested more than 64 levels deep");
  std::string blocks;
  for (int i = 0; i < 100000; ++i) blocks += "- ";
  CHECK(first(blocks) == "nested more than 64 levels deep");
  std::string maps;
  for (int i = 0; i < 1000; ++i) maps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  CHECK(first(maps) == "nested more than 64 levels deep");
  // Nine lines that would unfold to a thousand million values.
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const char name[] = {'a', static_cast<char>('0' + i), '\0'};
    const char before[] = {'*', 'a', static_cast<char>('0' + i - 1), '\0'};
    bomb.append(name).append(": &").append(name).append(" [x");
    for (int k = 0; k < 10; ++k) bomb.append(", ").append(before);
    bomb.append("]\n");
  }
  CHECK(first(bomb) == "the file unfolds to more than 200000 values (aliases counted each time)");
  std::string many = "a: [";
  for (int i = 0; i < 250000; ++i) many += "1, ";
  CHECK(first(many + "1]") ==
        "the file unfolds to more than 200000 values (aliases counted each time)");
  CHECK(first(std::string(kMostYamlBytes + 1, '#')) == "the file is larger than 4 MiB");
}

TEST_CASE("files that cannot be read are refused", "[scenario][bad-input]") {
  const auto message = [](const std::filesystem::path& path) {
    return load_scenario(path, catalogue()).diagnostics.text();
  };
  CHECK(message("no/such.yaml") == "no/such.yaml: error: the file does not exist\n");
  CHECK(message("/") == "/: error: the file is a folder\n");
  const auto big = std::filesystem::temp_directory_path() / "coalmine_big_test.yaml";
  std::ofstream(big) << std::string(kMostYamlBytes + 10, '#');
  CHECK(message(big) == big.string() + ": error: the file is larger than 4 MiB\n");
  std::filesystem::remove(big);
}
