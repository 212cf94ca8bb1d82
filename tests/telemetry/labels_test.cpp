#include "sim/telemetry/labels.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "sim/telemetry/go_quote.h"
#include "sim/telemetry/matcher.h"

namespace coalmine {
namespace {

TEST_CASE("labels are sorted by name, and an empty value is no label") {
  const Labels labels{{"b", "2"}, {"a", "1"}, {"c", ""}};
  CHECK(labels.size() == 2);
  CHECK(labels == Labels{{"a", "1"}, {"b", "2"}});
  CHECK(labels.get("a") == "1");
  CHECK(labels.get("c").empty());
  CHECK_FALSE(labels.has("c"));
}

TEST_CASE("the last of two labels with one name counts") {
  CHECK(Labels{{"a", "1"}, {"a", "2"}} == Labels{{"a", "2"}});
  CHECK(Labels{{"a", "1"}, {"a", ""}}.empty());
}

TEST_CASE("labels are chosen by name, with and without the metric's") {
  const Labels labels{{"__name__", "x"}, {"a", "1"}, {"b", "2"}};
  CHECK(labels.without_metric_name() == Labels{{"a", "1"}, {"b", "2"}});
  CHECK(labels.only(std::vector<std::string>{"b", "z"}) == Labels{{"b", "2"}});
  CHECK(labels.all_but(std::vector<std::string>{"b"}) == Labels{{"a", "1"}});
}

TEST_CASE("a series is written as Prometheus writes it") {
  CHECK(Labels{}.text() == "{}");
  CHECK(Labels{{"__name__", "up"}}.text() == "up");
  CHECK(Labels{{"__name__", "up"}, {"job", "a\"b"}, {"i", "1"}}.text() ==
        R"(up{i="1", job="a\"b"})");
}

TEST_CASE("values are quoted as Go quotes them") {
  CHECK(go_quote("plain é 😀") == "\"plain é 😀\"");
  CHECK(go_quote("a\n\t\\\"\x01\x7f") == R"("a\n\t\\\"\x01\x7f")");
  CHECK(go_quote("\xff\xc3") == R"("\xff\xc3")");
  CHECK(go_quote("\xc2\x85\xef\xbb\xbf") == R"("\u0085\ufeff")");
  CHECK(go_quote("\xed\xa0\x80") == R"("\xed\xa0\x80")");  // half of a surrogate pair
}

TEST_CASE("a matcher sees the whole value, and an absent label as an empty one") {
  const Labels labels{{"code", "503"}};
  CHECK(Matcher("code", MatchOp::regex, "5..").matches(labels));
  CHECK_FALSE(Matcher("code", MatchOp::regex, "5.").matches(labels));
  CHECK_FALSE(Matcher("code", MatchOp::regex, "5|3").matches(labels));
  CHECK(Matcher("code", MatchOp::not_regex, "2..").matches(labels));
  CHECK(Matcher("zone", MatchOp::equal, "").matches(labels));
  CHECK(Matcher("zone", MatchOp::not_equal, "a").matches(labels));
  CHECK(Matcher("zone", MatchOp::regex, "a?").matches(labels));
}

TEST_CASE("a dot matches a line feed from version 3 on") {
  CHECK(Matcher("a", MatchOp::regex, "x.y", PromDialect::v3).matches("x\ny"));
  CHECK_FALSE(Matcher("a", MatchOp::regex, "x.y", PromDialect::v2).matches("x\ny"));
}

TEST_CASE("what is no regular expression is refused with the reason") {
  CHECK_THROWS_WITH(Matcher("a", MatchOp::regex, "("), Catch::Contains("missing )"));
  CHECK_THROWS_AS(Matcher("a", MatchOp::regex, "(?=x)"), BadRegex);  // no looking ahead in RE2
}

}  // namespace
}  // namespace coalmine
