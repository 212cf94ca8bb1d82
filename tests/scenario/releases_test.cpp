/// Which releases a scenario knows: bad, good, variants, and the mix they come in.
#include <catch2/catch.hpp>

#include "tests/scenario/fixtures.h"

using namespace coalmine;
using namespace coalmine::test;

namespace {

std::string refused(const std::string& release) {
  const LoadResult result = load(kSmall + "release: " + release + "\n");
  CHECK_FALSE(result.scenario);
  return brief(result.diagnostics);
}

std::shared_ptr<const Scenario> scenario(const std::string& release) {
  const LoadResult result = load(kSmall + "release: " + release + "\n");
  INFO(brief(result.diagnostics));
  REQUIRE(result.scenario);
  return result.scenario;
}

}  // namespace

TEST_CASE("the bad release has the release's faults, the good one none", "[scenario][releases]") {
  const auto s = scenario("{faults: [{errorRate: {p: 3%}}]}");
  CHECK(s->release_faults("bad").size() == 1);
  CHECK(s->release_faults("good").empty());
  CHECK(s->release.mix.empty());
}

TEST_CASE("errors, slow and crash are variants of every scenario, and can be written anew",
          "[scenario][releases]") {
  const auto usual = scenario("{}");
  CHECK(usual->release_faults("errors").at(0)->type() == "errorRate");
  CHECK(usual->release_faults("slow").at(0)->type() == "latency");
  CHECK(usual->release_faults("crash").at(0)->type() == "crashOnStart");
  const auto own = scenario(
      "{variants: {slow: [{latency: {factor: 3}}, {errorRate: {p: 1%}}], "
      "lie: [{readinessLie: {for: 5s}}]}}");
  CHECK(own->release_faults("slow").size() == 2);
  CHECK(own->release_faults("lie").at(0)->type() == "readinessLie");
  CHECK(own->release_names() ==
        std::vector<std::string>{"bad", "good", "crash", "errors", "slow", "lie"});
}

TEST_CASE("a uniform draws the release of the mix by its shares", "[scenario][releases]") {
  // In alphabetical order: errors up to 0.1, good up to 0.95, slow above.
  const auto s = scenario("{mix: {good: 85%, errors: 10%, slow: 5%}}");
  CHECK(s->release_of_mix(0.0999) == "errors");
  CHECK(s->release_of_mix(0.1001) == "good");
  CHECK(s->release_of_mix(0.9499) == "good");
  CHECK(s->release_of_mix(0.9501) == "slow");
  CHECK(s->release_of_mix(0.9999999) == "slow");
}

TEST_CASE("a mix of unknown releases, or of more or less than all, is refused",
          "[scenario][releases]") {
  CHECK(refused("{mix: {good: 85%, errrors: 15%}}") ==
        "4:28: errrors is not a release of this scenario\n");
  CHECK(refused("{mix: {good: 85%, errors: 10%}}") ==
        "4:16: the shares of the mix add up to 95%, not 100%\n");
  CHECK(refused("{mix: {good: 85%, errors: 25%}}") ==
        "4:16: the shares of the mix add up to 110%, not 100%\n");
  CHECK(refused("{mix: {good: 85%, bad: 15%}}") ==
        "4:28: bad has no faults: it is a good release\n");
  CHECK(refused("{variants: {bad: []}}") == "4:22: no variant can be called bad\n");
  CHECK(refused("{variants: {leaky: [{leak: {}}]}}").find("leak is not a known fault") !=
        std::string::npos);
  CHECK(refused("{variants: {odd: [{errorRate: {p: 1%, on: {version: v1}}}]}}")
            .find("a release fault acts on the new version, v2") != std::string::npos);
}

TEST_CASE("a fault is narrowed to a segment only if it is decided by request, and to one there is",
          "[scenario][releases]") {
  const std::string users = "traffic: {segments: [{name: premium, share: 10%}]}\n";
  const auto found = [&](const std::string& fault, const std::string& traffic) {
    return brief(load(kSmall + "release: {faults: [" + fault + "]}\n" + traffic).diagnostics);
  };
  CHECK(found("errorRate: {p: 1%, on: {segment: premium}}", users).empty());
  CHECK(found("errorRate: {p: 1%, on: {segment: premum}}", users) ==
        "4:53: premum is not a segment of the users\n");
  CHECK(found("errorRate: {p: 1%, on: {segment: premium}}", "") ==
        "4:53: premium is not a segment of the users\n");
  CHECK(found("latency: {factor: 2, on: {segment: premium}}", users) ==
        "4:55: latency cannot be narrowed to a segment\n");
}
