#include "sim/telemetry/series_store.h"

#include <catch2/catch.hpp>
#include <string>

namespace coalmine {
namespace {

using namespace std::chrono_literals;

Labels requests(const std::string& pod) {
  return {{"__name__", "requests_total"}, {"pod", pod}};
}

Timestamp at(Millis since_start) {
  return Timestamp(since_start);
}

std::vector<Matcher> named(const std::string& name) {
  return {Matcher("__name__", MatchOp::equal, name)};
}

}  // namespace

TEST_CASE("a series is its labels, in whatever order they come") {
  SeriesStore store;
  const SeriesId a = store.series({{"__name__", "up"}, {"pod", "a"}, {"empty", ""}});
  CHECK(store.series({{"pod", "a"}, {"__name__", "up"}}) == a);
  CHECK(store.series({{"__name__", "up"}, {"pod", "b"}}) != a);
  CHECK(store.series({{"__name__", "up"}}) != a);
  CHECK(store.size() == 3);
  CHECK(store.at(a).labels->text() == "up{pod=\"a\"}");
  CHECK(store.at(a).times.empty());
}

TEST_CASE("what is not later than the last sample of its series is dropped") {
  SeriesStore store;
  const SeriesId a = store.series(requests("a"));
  const SeriesId b = store.series(requests("b"));
  CHECK(store.append(a, at(-5s), 1));
  CHECK(store.append(a, at(10s), 2));
  CHECK_FALSE(store.append(a, at(10s), 3));
  CHECK_FALSE(store.append(a, at(9'999ms), 4));
  CHECK(store.append(b, at(0s), 5));  // each series has an order of its own
  CHECK(store.append(a, at(10'001ms), kStaleMarker));
  const StoredSeries stored = store.at(a);
  REQUIRE(stored.times.size() == 3);
  REQUIRE(stored.values.size() == 3);
  CHECK(stored.times[0] == at(-5s));
  CHECK(stored.values[1] == 2);
  CHECK(is_stale_marker(stored.values[2]));
}

TEST_CASE("series are found by all their matchers, in the order of their labels") {
  SeriesStore store;
  for (const char* pod : {"b", "a", "c"}) {
    store.append(requests(pod), at(1s), 1);
    store.append({{"__name__", "up"}, {"pod", pod}}, at(1s), 1);
  }
  const auto pods = [&](const std::vector<Matcher>& matchers) {
    std::string found;
    for (const StoredSeries& s : store.select(matchers)) found += s.labels->get("pod");
    return found;
  };
  CHECK(pods(named("requests_total")) == "abc");
  CHECK(pods({Matcher("__name__", MatchOp::equal, "up"), Matcher("pod", MatchOp::regex, "a|b")}) ==
        "ab");
  CHECK(pods({Matcher("pod", MatchOp::not_equal, "a")}) == "bcbc");
  CHECK(pods({Matcher("__name__", MatchOp::equal, "up"),
              Matcher("pod", MatchOp::not_equal, "a"),
              Matcher("pod", MatchOp::not_regex, "c.*")}) == "b");
  // A label that is not there is one with an empty value.
  CHECK(pods({Matcher("zone", MatchOp::equal, ""), Matcher("pod", MatchOp::equal, "c")}) == "cc");
  CHECK(pods({Matcher("zone", MatchOp::not_equal, "")}).empty());
  CHECK(pods({}) == "abcabc");
}

TEST_CASE("what is old is forgotten, and a series without samples not found") {
  SeriesStore store;
  const SeriesId a = store.series(requests("a"));
  const SeriesId b = store.series(requests("b"));
  for (int i = 0; i < 10; ++i) store.append(a, at(std::chrono::seconds(i)), i);
  store.append(b, at(1s), 1);
  CHECK(store.select(named("requests_total")).size() == 2);
  store.forget_before(at(4s));
  const auto left = store.select(named("requests_total"));
  REQUIRE(left.size() == 1);
  CHECK(left[0].times.front() == at(4s));
  CHECK(left[0].values.front() == 4);
  CHECK(left[0].values.size() == 6);
  // It goes on under the same id.
  CHECK(store.append(b, at(12s), 7));
  CHECK(store.series(requests("b")) == b);
  CHECK(store.select(named("requests_total")).size() == 2);
}

TEST_CASE("an answer that is remembered holds the series that came later, and the samples") {
  SeriesStore store;
  const SeriesId a = store.series(requests("a"));
  store.append(a, at(0s), 7);
  const auto matchers = named("requests_total");
  CHECK(store.select(matchers).size() == 1);
  store.append({{"__name__", "up"}}, at(1s), 1);
  CHECK(store.select(matchers).size() == 1);
  store.append(requests("b"), at(1s), 1);
  store.append(a, at(1s), 8);
  const auto found = store.select(matchers);
  REQUIRE(found.size() == 2);
  CHECK(found[0].values[1] == 8);
  CHECK(found[1].labels->get("pod") == "b");
}

TEST_CASE("matchers that differ in one thing alone are not taken for each other") {
  SeriesStore store;
  store.append({{"x", "a"}}, at(1s), 1);
  store.append({{"y", "a"}}, at(1s), 1);
  store.append({{"x", "b"}}, at(1s), 1);
  for (int twice = 0; twice < 2; ++twice) {
    CHECK(store.select({{Matcher("x", MatchOp::equal, "a")}}).size() == 1);
    CHECK(store.select({{Matcher("x", MatchOp::not_equal, "a")}}).size() == 2);
    CHECK(store.select({{Matcher("x", MatchOp::regex, "a")}}).size() == 1);
    CHECK(store.select({{Matcher("x", MatchOp::not_regex, "a")}}).size() == 2);
    CHECK(store.select({{Matcher("y", MatchOp::equal, "a")}}).size() == 1);
    CHECK(store.select({{Matcher("x", MatchOp::equal, "b")}}).size() == 1);
    CHECK(store.select({{Matcher("x", MatchOp::equal, "a"), Matcher("y", MatchOp::equal, "a")}})
              .empty());
  }
}

TEST_CASE("a thousand different questions are answered as well as one") {
  SeriesStore store;
  const auto question = [](int i) {
    return std::vector<Matcher>{Matcher("pod", MatchOp::equal, std::to_string(i))};
  };
  for (int i = 0; i < 1000; ++i) {
    store.append(requests(std::to_string(i)), at(1s), 1);
    CHECK(store.select(question(i)).size() == 1);
    CHECK(store.select(question(i + 1)).empty());
  }
  for (int i = 0; i < 1000; ++i) CHECK(store.select(question(i)).size() == 1);
}

TEST_CASE("a copy shares the labels, and then each goes its own way") {
  SeriesStore store;
  const SeriesId a = store.series(requests("a"));
  store.append(a, at(0s), 1);
  store.select(named("requests_total"));
  SeriesStore copy = store;
  CHECK(copy.at(a).labels == store.at(a).labels);
  copy.append(a, at(1s), 2);
  copy.append(requests("b"), at(1s), 1);
  store.append(requests("c"), at(1s), 1);
  CHECK(store.at(a).times.size() == 1);
  CHECK(copy.at(a).times.size() == 2);
  CHECK(copy.select(named("requests_total")).at(1).labels->get("pod") == "b");
  CHECK(store.select(named("requests_total")).at(1).labels->get("pod") == "c");
  store = {};
  CHECK(copy.series(requests("a")) == a);
  CHECK(copy.at(a).labels->text() == "requests_total{pod=\"a\"}");
}

}  // namespace coalmine
