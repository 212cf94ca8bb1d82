// The program itself: what it prints where, and the exit codes scripts rely on.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/program.h"

using Catch::Contains;
using Catch::Matches;
using nlohmann::json;
namespace fs = std::filesystem;

namespace coalmine::cli {
namespace {

constexpr const char* kScenario = R"(apiVersion: coalmine/v1alpha1
kind: Scenario
metadata: {name: tiny}
duration: 8m
service:
  name: shop
  replicas: 3
  pod: {concurrency: 8, start: {p50: 3s, p99: 6s}}
  response: {p50: 20ms, p99: 100ms}
traffic: {rate: 40/s, users: 1000}
release:
  version: v2
  at: 1m
  faults:
    - errorRate: {p: 30%}
objectives:
  - {availability: 99.9%, window: 30d}
strategies:
  - rolling: {}
  - canary: {name: careful, steps: [34%], interval: 45s, initialDelay: 15s}
)";

/// With a field that Kubernetes does not know and one that changes nothing here.
constexpr const char* kDeployment = R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  replica: 3
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec:
      containers:
      - name: shop
        env: [{name: COLOUR, value: blue}]
        image: shop:1
)";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

// ---- usage

TEST_CASE("the option --version names the program and its version", "[cli][command]") {
  const Ended e = coalmine("--version");
  CHECK(e.code == 0);
  CHECK_THAT(e.out, Matches("coalmine [0-9]+\\.[0-9]+\\.[0-9]+ \\([0-9a-z-]+\\)\\n"));
  CHECK(e.err.empty());
}

TEST_CASE("the option --help lists the subcommands", "[cli][command]") {
  const Ended e = coalmine("--help");
  CHECK(e.code == 0);
  for (const char* name : {"run", "compare", "validate", "schema", "query"})
    CHECK_THAT(e.out, Contains(name));
}

TEST_CASE("bad usage ends with 2 and a message on standard error", "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  for (const std::string& arguments : {std::string(),
                                       std::string("frobnicate"),
                                       std::string("run"),
                                       "run '" + file + "' --format xml",
                                       "run '" + file + "' --release ugly",
                                       "run '" + file + "' --seed many",
                                       "run '" + file + "' --seed -1",
                                       "run '" + file + "' --seed 18446744073709551616",
                                       "run '" + file + "' --replication -1",
                                       "run '" + file + "' --replication 4294967296",
                                       "run '" + file + "' --no-such-option",
                                       "compare '" + file + "' -n 0",
                                       "compare '" + file + "' -n 18446744073709551617",
                                       "compare '" + file + "' -j 0",
                                       "run '" + file + "' --strategy nobody"}) {
    INFO(arguments);
    const Ended e = coalmine(arguments);
    CHECK(e.code == 2);
    CHECK(e.out.empty());
    CHECK_FALSE(e.err.empty());
  }
  CHECK_THAT(coalmine("run '" + file + "' --format xml").err, Contains("xml"));
  CHECK_THAT(coalmine("run '" + file + "' --seed -1").err, Contains("-1 is not a whole number"));
  CHECK_THAT(coalmine("compere '" + file + "'").err,
             Contains("compere is not a command; did you mean compare?") &&
                 Contains("known: run, compare, validate, schema, query"));
  CHECK_THAT(coalmine("run '" + file + "' --strategy nobody").err,
             Contains("no strategy is called 'nobody'") && Contains("rolling, careful"));
  CHECK_THAT(coalmine("run '" + file + "' --release odd").err,
             Contains("no release is called 'odd'") && Contains("bad, good, crash, errors, slow"));
}

// ---- bad input

TEST_CASE("an unknown key is named with its place and the key that was meant", "[cli][command]") {
  const Folder folder;
  const std::string file =
      folder.write("typo.yaml", replaced(kScenario, "replicas: 3", "repliacs: 3"));
  for (const char* command : {"run", "compare", "validate"}) {
    INFO(command);
    const Ended e = coalmine(std::string(command) + " '" + file + "'");
    CHECK(e.code == 2);
    CHECK_THAT(e.err, Contains(file + ":7:3: error: "));
    CHECK_THAT(e.err, Contains("repliacs") && Contains("did you mean replicas?"));
  }
}

TEST_CASE("all mistakes of a file are told at once", "[cli][command]") {
  const Folder folder;
  std::string text = replaced(kScenario, "replicas: 3", "repliacs: 3");
  text = replaced(text, "rate: 40/s", "rate: 40 km/h");
  text = replaced(text, "p: 30%", "p: 130%");
  const Ended e = coalmine("validate '" + folder.write("bad.yaml", text) + "'");
  CHECK(e.code == 2);
  CHECK_THAT(e.err,
             Contains("bad.yaml:7:") && Contains("bad.yaml:10:") && Contains("bad.yaml:15:"));
  CHECK_THAT(e.out, Contains("3 errors"));
}

TEST_CASE("a missing file is an error that names it", "[cli][command]") {
  for (const char* command : {"run", "compare", "validate"}) {
    INFO(command);
    const Ended e = coalmine(std::string(command) + " /nowhere/at-all.yaml");
    CHECK(e.code == 2);
    CHECK_THAT(e.err, Contains("/nowhere/at-all.yaml"));
  }
}

TEST_CASE("the option --set refuses a path that is no key and a value that does not fit",
          "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  const Ended unknown = coalmine("run '" + file + "' --set traffic.raet=50/s");
  CHECK(unknown.code == 2);
  CHECK_THAT(unknown.err, Contains("--set") && Contains("raet") && Contains("did you mean rate?"));
  const Ended wrong = coalmine("run '" + file + "' --set duration=blue");
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Contains("--set") && Contains("blue"));
}

// ---- work

TEST_CASE("run prints JSON that parses, the same every time", "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  const std::string command = "run '" + file + "' --strategy careful --format json";
  const Ended e = coalmine(command);
  REQUIRE(e.code == 0);
  CHECK(e.err.empty());
  const json j = json::parse(e.out);
  CHECK(j.at("scenario") == "tiny");
  CHECK(j.at("strategy") == "canary");
  CHECK(j.at("name") == "careful");
  CHECK(j.at("seed") == 7);
  CHECK(j.at("replication") == 0);
  CHECK(j.at("verdict") == "rolled_back");
  CHECK(j.at("outcomes").at("requests").get<double>() > 15'000);
  CHECK(j.at("events").size() > 10);
  CHECK(coalmine(command).out == e.out);

  const json other = json::parse(coalmine(command + " --seed 8").out);
  CHECK(other.at("seed") == 8);
  CHECK(other.at("fingerprint") != j.at("fingerprint"));
}

TEST_CASE("run takes the first strategy, --release, --set and control", "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  const std::string as_json = "run '" + file + "' --format json ";
  CHECK(json::parse(coalmine(as_json).out).at("strategy") == "rolling");
  const json good = json::parse(coalmine(as_json + "--release good").out);
  CHECK(good.at("release") == "good");
  CHECK(good.at("verdict") == "promoted");
  const json control = json::parse(coalmine(as_json + "--strategy control").out);
  CHECK(control.at("strategy") == "control");
  CHECK(control.at("verdict").is_null());
  const json fewer =
      json::parse(coalmine(as_json + "--strategy control --set traffic.rate=10/s").out);
  CHECK(fewer.at("outcomes").at("requests").get<double>() <
        control.at("outcomes").at("requests").get<double>() / 3);
}

TEST_CASE("the option --out writes the file and nothing else", "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  const std::string out = (folder / "out.json").string();
  const Ended e = coalmine("run '" + file + "' --format json --out '" + out + "'");
  CHECK(e.code == 0);
  CHECK(e.out.empty());
  CHECK(json::parse(read(out)).at("scenario") == "tiny");
}

TEST_CASE("an output that cannot be written is refused before anything is played",
          "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  // Played first, a thousand replications would take minutes.
  const Ended nowhere =
      coalmine("compare '" + file + "' -n 1000 --out /nowhere/at/all.json", "timeout 20");
  CHECK(nowhere.code == 2);
  CHECK_THAT(nowhere.err, Contains("/nowhere/at/all.json") && Contains("cannot be written"));

  // An interrupted run has nothing to write: the old file is as it was, no new one is left behind.
  const std::string old = folder.write("old.json", "old");
  const fs::path fresh = folder / "fresh.json";
  for (const std::string& out : {old, fresh.string()})
    CHECK(coalmine("run '" + file + "' --set traffic.rate=1000000/s --out '" + out + "'",
                   "timeout --foreground --preserve-status --signal INT 0.3")
              .code == 3);
  CHECK(read(old) == "old");
  CHECK_FALSE(fs::exists(fresh));
}

TEST_CASE("output that does not arrive is an error with a code of its own", "[cli][command]") {
  if (!fs::exists("/dev/full")) {
    WARN("skipped: no /dev/full");
    return;
  }
  const Folder folder;
  const std::string file = folder.write("s.yaml", kScenario);
  for (const std::string& arguments : {"run '" + file + "'",
                                       "compare '" + file + "' -n 1",
                                       "validate '" + file + "'",
                                       std::string("schema"),
                                       std::string("--help")}) {
    INFO(arguments);
    const Ended e = coalmine(arguments + " >/dev/full");
    CHECK(e.code == 74);
    CHECK_THAT(e.err, Contains("standard output could not be written"));
  }
  CHECK(coalmine("schema --out /dev/full").code == 74);
  // With nobody to complain to, the code still tells.
  CHECK(coalmine("validate /nowhere.yaml >/dev/full 2>/dev/full").code == 74);
}

TEST_CASE("compare gives the same bytes on one thread and two, silent in a pipe",
          "[cli][command]") {
  const Folder folder;
  const std::string compare = "compare '" + folder.write("s.yaml", kScenario) + "' -n 2 ";
  const Ended one = coalmine(compare + "--format json -j 1");
  REQUIRE(one.code == 0);
  CHECK(one.err.empty());
  CHECK(coalmine(compare + "--format json -j 2").out == one.out);
  const json j = json::parse(one.out);
  CHECK(j.at("replications") == 2);
  CHECK(j.at("strategies").size() ==
        9);  // 2 strategies, 2 releases, with the human and without; control

  const Ended table = coalmine(compare);
  CHECK(table.code == 0);
  CHECK_THAT(table.out, Contains("the bad release") && Contains("a good release"));
  CHECK_THAT(table.out, !Contains("\033"));
  CHECK_THAT(coalmine(compare + "--format csv").out, Contains("canary,careful,bad,"));
}

TEST_CASE("validate reads a Prometheus rule file", "[cli][command]") {
  const Folder folder;
  const std::string good = folder.write(
      "good.yml", "groups: [{name: g, rules: [{alert: A, expr: up == 0, for: 1m}]}]\n");
  CHECK(coalmine("validate '" + good + "'").out == good + ": ok\n");
  const std::string bad =
      folder.write("bad.yml", "groups: [{name: g, rules: [{alert: A, expr: 'sum(up'}]}]\n");
  const Ended refused = coalmine("validate '" + bad + "'");
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Contains(bad + ":1:51: error: "));
}

TEST_CASE("validate says ok for every file that is", "[cli][command]") {
  const Folder folder;
  const std::string good = folder.write("good.yaml", kScenario);
  const std::string bad = folder.write("bad.yaml", replaced(kScenario, "shop", "{a: b}"));
  const Ended ok = coalmine("validate '" + good + "'");
  CHECK(ok.code == 0);
  CHECK(ok.out == good + ": ok\n");
  CHECK(ok.err.empty());

  const Ended both = coalmine("validate '" + bad + "' '" + good + "'");
  CHECK(both.code == 2);
  CHECK_THAT(both.out, Contains(bad + ": 1 error\n") && Contains(good + ": ok\n"));
}

TEST_CASE("warnings stop nothing, and everything with --strict", "[cli][command]") {
  const Folder folder;
  const std::string scenario = kScenario;
  const std::string bare = folder.write("deployment.yaml", kDeployment);
  const std::string pasted = folder.write("pasted.yaml", scenario + "---\n" + kDeployment);
  const std::string commands[] = {"validate", "run", "compare -n 1", "validate"};
  for (std::size_t i = 0; i < std::size(commands); ++i) {
    const std::string& file = i == 0 ? bare : pasted;
    const std::string command = commands[i] + " '" + file + "'";
    INFO(command);
    const auto above = i == 0 ? 0 : 1 + std::count(scenario.begin(), scenario.end(), '\n');
    const auto at = [&](int line, const char* column, const char* severity) {
      return file + ":" + std::to_string(above + line) + ":" + column + ": " + severity + ": ";
    };
    const auto check_told = [&](const std::string& err, const char* severity) {
      CHECK_THAT(err, Contains(at(5, "3", severity) + "spec.replica is not a known field"));
      CHECK_THAT(err, Contains("did you mean replicas?"));
      CHECK_THAT(err,
                 Contains(at(12, "9", severity) +
                          "spec.template.spec.containers[0].env is not simulated"));
    };
    const Ended lenient = coalmine(command);
    CHECK(lenient.code == 0);
    check_told(lenient.err, "warning");
    CHECK_THAT(lenient.err, !Contains("error:"));
    CHECK_FALSE(lenient.out.empty());
    const Ended strict = coalmine(command + " --strict");
    CHECK(strict.code == 2);
    check_told(strict.err, "error");
    CHECK_THAT(strict.err, !Contains("warning:"));
    // validate has its line for each file; the others have nothing to print.
    CHECK(strict.out == (commands[i] == "validate" ? file + ": 2 errors\n" : ""));
  }
  CHECK(coalmine("validate '" + bare + "'").out == bare + ": ok, 2 warnings\n");
}

TEST_CASE("the scenarios that come with coalmine are valid and need nothing else",
          "[cli][command]") {
  const fs::path folder = fs::path(COALMINE_SOURCE_DIR) / "scenarios";
  if (!fs::exists(folder)) {
    WARN("skipped: no folder scenarios/");
    return;
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string file = entry.path().string();
    INFO(file);
    CHECK_THAT(read(entry.path()), !Contains("../"));
    const Ended e = coalmine("validate '" + file + "'");
    INFO(e.err);
    CHECK(e.code == 0);
  }
}

TEST_CASE("a published Deployment under recorded traffic is played", "[cli][command]") {
  const fs::path root(COALMINE_SOURCE_DIR);
  if (!fs::exists(root / ".." / "shared" / "manifests")) {
    WARN("skipped: the published manifests are not here");
    return;
  }
  const fs::path file = root / "tests" / "data" / "podinfo-elb.yaml";
  const Ended e =
      coalmine("run '" + file.string() + "' --strategy rolling --set duration=10m --format json");
  INFO(e.err);
  REQUIRE(e.code == 0);
  CHECK(json::parse(e.out).at("outcomes").at("requests").get<double>() > 10'000);
}

TEST_CASE("validate does not pass over --set in silence where there is no scenario",
          "[cli][command]") {
  const Folder folder;
  const std::string bare = folder.write("service.yaml",
                                        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
                                        "spec: {selector: {app: a}}\n");
  CHECK(coalmine("validate '" + bare + "'").code == 0);
  const Ended e = coalmine("validate '" + bare + "' --set service.replicas=3");
  CHECK(e.code == 2);
  CHECK_THAT(e.err, Contains("this is a bare manifest"));
}

TEST_CASE("schema prints JSON Schema, and the reference page on demand", "[cli][command]") {
  const Ended schema = coalmine("schema");
  CHECK(schema.code == 0);
  CHECK(json::parse(schema.out).contains("$schema"));
  const Ended page = coalmine("schema --reference");
  CHECK(page.code == 0);
  CHECK_THAT(page.out, Contains("maxSurge") && Contains("#"));
}

TEST_CASE("an interrupt ends a comparison cleanly with what was finished", "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("tiny.yaml", kScenario);
  // More replications than a second can hold; `timeout` presses Ctrl-C after it.
  const Ended ended = coalmine("compare '" + file + "' -n 20000 --format json",
                               "timeout --foreground --preserve-status --signal INT 1");
  CHECK(ended.code == 3);
  CHECK(ended.err.find("interrupted") != std::string::npos);
  if (!ended.out.empty()) CHECK(nlohmann::json::parse(ended.out)["replications"] >= 1);
}

TEST_CASE("an interrupt does not wait for enormous traffic", "[cli][command]") {
  const Folder folder;
  const std::string file = folder.write("tiny.yaml", kScenario);
  // Thirty seconds of such traffic take half a minute to play.
  const Ended ended =
      coalmine("run '" + file + "' --set traffic.rate=10000000/s",
               "timeout --kill-after 8 --foreground --preserve-status --signal INT 1");
  CHECK(ended.code == 3);
}

// ---- recordings

namespace {

/// As one word of the shell.
std::string shell_word(const fs::path& path) {
  std::string word("'");
  word += path.string();
  return word += "'";
}

}  // namespace

TEST_CASE("a recording shows the run again, byte for byte, in every format",
          "[cli][command][recording]") {
  const Folder folder;
  const std::string file = folder.write("tiny.yaml", kScenario);
  const std::string recording = shell_word(folder / "x.cmrun");
  for (const char* options : {"--strategy careful --seed 8 --replication 2",
                              "--strategy rolling --release good --set traffic.rate=30/s",
                              "--strategy control"}) {
    for (const char* format : {"table", "json", "csv"}) {
      INFO(options << " " << format);
      const std::string play = "run '" + file + "' " + options + " --format " + format;
      const Ended played = coalmine(play);
      const Ended recorded = coalmine(play + " --out " + recording);
      CHECK(recorded.code == 0);
      CHECK(recorded.err.empty());
      CHECK(recorded.out == played.out);
      const Ended shown = coalmine("run " + recording + " --format " + format);
      CHECK(shown.code == 0);
      CHECK(shown.err.empty());
      CHECK(shown.out == played.out);
    }
  }
  // Under another name it is one still, and its text goes where one wants it.
  fs::rename(folder / "x.cmrun", folder / "renamed");
  const Ended again = coalmine("run '" + (folder / "renamed").string() + "' --out '" +
                               (folder / "x.txt").string() + "'");
  CHECK(again.code == 0);
  CHECK(again.out.empty());
  CHECK(read(folder / "x.txt") == coalmine("run '" + file + "' --strategy control").out);
}

TEST_CASE("what cannot be done with a recording is refused with a reason",
          "[cli][command][recording]") {
  const Folder folder;
  const std::string file = folder.write("tiny.yaml", kScenario);
  const std::string path = (folder / "x.cmrun").string();
  const std::string recording = shell_word(path);
  REQUIRE(coalmine("run '" + file + "' --out " + recording).code == 0);
  const std::string bytes = read(path);
  const std::pair<std::string, std::string> options[] = {{"--strategy", "rolling"},
                                                         {"--release", "good"},
                                                         {"--no-on-call", ""},
                                                         {"--replication", "0"},
                                                         {"--seed", "7"},
                                                         {"--set", "seed=8"},
                                                         {"--strict", ""}};
  for (const auto& [option, value] : options) {
    INFO(option);
    const Ended e = coalmine("run " + recording + " " + option + " " + value);
    CHECK(e.code == 2);
    CHECK(e.out.empty());
    CHECK_THAT(e.err, Contains("x.cmrun: error: " + option + " has no effect on a recording"));
  }
  CHECK_THAT(coalmine("run " + recording + " --out '" + path + ".cmrun'").err,
             Contains("copy the file instead"));
  CHECK_THAT(coalmine("compare " + recording).err, Contains("run, query and export take one"));
  const Ended compared = coalmine("compare '" + file + "' --out " + recording);
  CHECK(compared.code == 2);
  CHECK_THAT(compared.err, Contains("a recording holds one run"));
  CHECK(read(path) == bytes);
}

TEST_CASE("a file that is no recording any more ends with 2 and what is wrong with it",
          "[cli][command][recording]") {
  const Folder folder;
  const std::string file = folder.write("tiny.yaml", kScenario);
  const std::string path = (folder / "x.cmrun").string();
  REQUIRE(coalmine("run '" + file + "' --out '" + path + "'").code == 0);
  const std::string bytes = read(path);
  const auto complaint = [&](const std::string& content) {
    const Ended e = coalmine("run '" + folder.write("y.cmrun", content) + "'");
    CHECK(e.code == 2);
    CHECK(e.out.empty());
    return e.err;
  };
  CHECK_THAT(complaint(""), Contains("y.cmrun: error: the file is empty"));
  CHECK_THAT(complaint(kScenario), Contains("not a recording"));
  CHECK_THAT(complaint(bytes.substr(0, bytes.size() / 2)), Contains("truncated"));
  // Also where the timeline does not come from.
  std::string damaged = bytes;
  damaged[damaged.find("FRAM") + 20] ^= 1;
  CHECK_THAT(complaint(damaged), Contains("damaged: chunk FRAM at byte"));
  const Ended checked = coalmine("validate '" + path + "' '" + (folder / "y.cmrun").string() + "'");
  CHECK(checked.code == 2);
  CHECK_THAT(checked.out, Contains("x.cmrun: ok") && Contains("y.cmrun: 1 error"));
  CHECK_THAT(checked.err, Contains("damaged: chunk FRAM at byte"));
  CHECK_THAT(coalmine("run '" + (folder / "nowhere.cmrun").string() + "'").err,
             Contains("does not exist"));
}

TEST_CASE("a recording that cannot be written leaves nothing behind and says why",
          "[cli][command][recording]") {
  const Folder folder;
  const std::string file = folder.write("tiny.yaml", kScenario);
  const Ended nowhere = coalmine("run '" + file + "' --out /nowhere/at/all.cmrun");
  CHECK(nowhere.code == 2);
  CHECK(nowhere.out.empty());
  CHECK_THAT(nowhere.err, Contains("/nowhere/at/all.cmrun") && Contains("cannot be written"));

  // A full disk, played by a limit on the size of files: 8 blocks of 512 or 1024 bytes.
  const std::string path = folder.write("x.cmrun", "what was there");
  const Ended full =
      coalmine("run '" + file + "' --out '" + path + "'", "trap '' XFSZ; ulimit -f 8;");
  CHECK(full.code == 74);
  CHECK_THAT(full.err, Contains("x.cmrun could not be written: File too large"));
  CHECK(read(path) == "what was there");

  // Interrupted, it has nothing to write.
  const Ended interrupted =
      coalmine("run '" + file + "' --set traffic.rate=100000/s --out '" + path + "'",
               "timeout --foreground --preserve-status --signal INT 0.3");
  CHECK(interrupted.code == 3);
  CHECK(read(path) == "what was there");
  CHECK(std::distance(fs::directory_iterator(folder / ""), fs::directory_iterator()) == 2);
}

}  // namespace coalmine::cli
