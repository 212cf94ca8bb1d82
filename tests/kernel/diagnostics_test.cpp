#include "sim/kernel/diagnostics.h"

#include <catch2/catch.hpp>

using namespace coalmine;

TEST_CASE("a mistake is printed with its place, its line, a caret, a hint and a note",
          "[kernel][diagnostics]") {
  std::string text;
  for (int i = 1; i < 14; ++i) text += "\n";
  text += "        stepWieght: 10\n";
  const auto source = SourceText::make("scenario.yaml", text);
  Diagnostics diagnostics;
  diagnostics.error({source, 14, 9, 10},
                    "stepWieght is not a key of analysis",
                    "did you mean stepWeight?",
                    "known keys: interval, stepWeight");
  CHECK(diagnostics.text() ==
        "scenario.yaml:14:9: error: stepWieght is not a key of analysis\n"
        "   14 |         stepWieght: 10\n"
        "      |         ^~~~~~~~~~ did you mean stepWeight?\n"
        "  known keys: interval, stepWeight\n");
}

TEST_CASE("the caret stands under the right letter after letters of several bytes",
          "[kernel][diagnostics]") {
  const auto source = SourceText::make("s", "títle: x");
  Diagnostics diagnostics;
  diagnostics.error({source, 1, 9, 1}, "bad");
  CHECK(diagnostics.text() == "s:1:9: error: bad\n    1 | títle: x\n      |        ^\n");
}

TEST_CASE("mistakes are sorted by file and line and thrown at once", "[kernel][diagnostics]") {
  const auto a = SourceText::make("a", "1\n2"), b = SourceText::make("b", "1");
  Diagnostics diagnostics;
  diagnostics.error({a, 2, 1, 1}, "second");
  diagnostics.error({b, 1, 1, 1}, "third");
  diagnostics.warning({a, 1, 1, 1}, "first");
  const auto sorted = diagnostics.sorted();
  REQUIRE(sorted.size() == 3);
  CHECK(sorted[0].message == "first");
  CHECK(sorted[1].message == "second");
  CHECK(sorted[2].message == "third");
  CHECK(diagnostics.errors() == 2);
  CHECK_THROWS_AS(diagnostics.throw_if_errors(), InvalidInput);
}

TEST_CASE("strict makes every warning an error", "[kernel][diagnostics]") {
  Diagnostics lenient, strict(true);
  lenient.warning({}, "w");
  strict.warning({}, "w");
  CHECK_FALSE(lenient.has_errors());
  CHECK(strict.has_errors());
  CHECK(lenient.text() == "input: warning: w\n");
}

TEST_CASE("the nearest name is offered only when it is near", "[kernel][diagnostics]") {
  const std::vector<std::string> names{"interval", "steps", "failureLimit"};
  CHECK(nearest_name("intervall", names) == "interval");
  CHECK(nearest_name("setps", names) == "steps");  // a swap counts as one edit
  CHECK(nearest_name("FailureLimit", names) == "failureLimit");
  CHECK(nearest_name("banana", names) == std::nullopt);
}

TEST_CASE("an avalanche of mistakes is counted, not kept", "[kernel][diagnostics]") {
  Diagnostics diagnostics;
  for (int i = 0; i < 5000; ++i) diagnostics.error({}, "bad");
  CHECK(diagnostics.errors() == 5000);
  CHECK(diagnostics.sorted().size() == 1000);
  CHECK(diagnostics.text().find("and 4900 more\n") != std::string::npos);
}
