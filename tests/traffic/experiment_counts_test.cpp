// What an A/B test stands on: users stay in their arm, the arm says nothing else about them, and
// they convert by their own coin at the rate of the version that answers. Counts are compared with
// the law exactly, user by user; where chance remains, limits are set so that a correct engine
// fails one check in a million (4.9 standard errors, p-values of 1e-6).
#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <vector>

#include "sim/traffic/data_plane.h"

using namespace coalmine;
using namespace std::chrono_literals;

namespace {

constexpr DeploymentId kA{0};
constexpr DeploymentId kB{1};
constexpr Duration kLength = 60s;

RandomKey key(const char* purpose) {
  return make_key(5, 0, purpose);
}

UserModel people(std::uint32_t count) {
  UserModel model;
  model.count = count;
  model.who = key("traffic/user");
  model.segment_key = key("user/segment");
  model.segments = {{"beta", 0.3, {{"x-arm", "b"}}}};
  return model;
}

struct Setting {
  std::uint32_t users = 3000;
  double conversion_a = 0.1;
  double conversion_b = 0.1;
  double errors_of_b = 0;
  RandomKey salt = key("request/route");
};

/// 500 requests/s to two pods of either version; nobody queues, nobody gives up.
class World {
 public:
  explicit World(const Setting& setting = {}) : setting_(setting), users_(people(setting.users)) {
    TrafficModel model;
    ServiceModel service;
    service.workers = 1000;
    service.demand = QuantileTable(Lognormal::from_p50_p99(0.020, 0.100));
    service.demand_key = key("request/demand");
    service.pick_key = key("request/pick");
    model.services.push_back(std::move(service));
    VersionModel a{ServiceId{0}, {}, false, setting.conversion_a};
    VersionModel b{ServiceId{0}, {}, true, setting.conversion_b};
    if (setting.errors_of_b > 0)
      b.effects.errors.push_back({setting.errors_of_b, key("fault/coin"), {}});
    model.versions = {std::move(a), std::move(b)};
    model.route_key = setting.salt;
    model.mirror_key = key("request/mirror");
    model.conversion_coin = key("user/conversion");
    EdgeSettings edge;
    edge.end = kTimeZero + kLength;
    edge.users = setting.users;
    edge.versions = 2;
    plane = std::make_unique<DataPlane>(
        std::move(model),
        Users(people(setting.users)),
        Arrivals(constant_rate(500), kTimeZero, key("traffic/arrivals")),
        std::move(edge));
    for (std::uint32_t i = 0; i < 4; ++i) {
      const std::uint32_t arm = i / 2;
      plane->pod_created(PodId{i}, ServiceId{0}, DeploymentId{arm}, VersionId{arm});
      plane->process_started(PodId{i}, true);
    }
    plane->endpoints_applied(BackendId{0}, std::vector<PodId>{PodId{0}, PodId{1}});
    plane->endpoints_applied(BackendId{1}, std::vector<PodId>{PodId{2}, PodId{3}});
    plane->set_routes(ServiceId{0}, RouteTable::to(BackendId{0}));
    plane->trace_to(&records);
  }

  void split(std::uint32_t a, std::uint32_t b, Stickiness sticky = Stickiness::user) {
    RouteRule rule;
    rule.backends = {{BackendId{0}, a}, {BackendId{1}, b}};
    rule.sticky = sticky;
    plane->set_routes(ServiceId{0}, RouteTable{{rule}});
  }

  void play_to(Duration t) {
    plane->run_until(kTimeZero + t);
    plane->settle();
  }
  void play() {
    plane->count_users_from_now();
    play_to(kLength);
  }

  std::uint32_t user_of(const RequestRecord& r) const { return users_.of_session(r.id); }
  bool in_b(const RequestRecord& r) const { return r.pod.value >= 2; }
  std::uint8_t segment_of(std::uint32_t user) const { return users_.segment_of(user); }
  const Instruments& counts(DeploymentId arm) const { return plane->router_instruments(arm); }

  /// What became of each user, from the records.
  struct Seen {
    std::uint32_t in_a = 0;  ///< answers
    std::uint32_t in_b = 0;
    bool ok = false;
  };
  std::vector<Seen> seen() const {
    std::vector<Seen> all(setting_.users);
    for (const RequestRecord& r : records) {
      Seen& s = all[user_of(r)];
      ++(in_b(r) ? s.in_b : s.in_a);
      s.ok = s.ok || r.outcome == Outcome::ok;
    }
    return all;
  }
  bool would_convert(std::uint32_t user, double rate) const {
    return draw(key("user/conversion"), user) < rate;
  }

  std::unique_ptr<DataPlane> plane;
  std::vector<RequestRecord> records;

 private:
  Setting setting_;
  Users users_;
};

/// p-value of independence of `yes` among two groups.
double independence_p(const std::vector<bool>& group, const std::vector<bool>& yes) {
  double n[2][2] = {};
  for (std::size_t i = 0; i < group.size(); ++i) ++n[group[i] ? 1 : 0][yes[i] ? 1 : 0];
  const double all = static_cast<double>(group.size());
  double statistic = 0;
  for (int g = 0; g < 2; ++g)
    for (int y = 0; y < 2; ++y) {
      const double expected = (n[g][0] + n[g][1]) * (n[0][y] + n[1][y]) / all;
      statistic += (n[g][y] - expected) * (n[g][y] - expected) / expected;
    }
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(1), statistic));
}

}  // namespace

// ---- arms

TEST_CASE("a user stays in one arm, which is a hash of salt and user", "[traffic][experiment]") {
  World world;
  world.split(70, 30);
  world.play();
  RouteRule rule;
  rule.backends = {{BackendId{0}, 70}, {BackendId{1}, 30}};
  const auto seen = world.seen();
  for (std::uint32_t user = 0; user < seen.size(); ++user) {
    const bool b = pick_backend(rule, draw_bits(key("request/route"), user)) == BackendId{1};
    REQUIRE((b ? seen[user].in_a : seen[user].in_b) == 0);
  }
}

TEST_CASE("without stickiness users meet both versions", "[traffic][experiment]") {
  World world;
  world.split(50, 50, Stickiness::none);
  world.play();
  const auto seen = world.seen();
  const auto both = std::count_if(
      seen.begin(), seen.end(), [](const World::Seen& s) { return s.in_a > 0 && s.in_b > 0; });
  CHECK(both > 2900);  // of 3000 users with ten requests each, all but 2^-9
}

TEST_CASE("a wider split keeps in arm B who was there", "[traffic][experiment]") {
  World world;
  world.split(90, 10);
  world.play_to(30s);
  const auto before = world.seen();
  world.records.clear();
  world.split(50, 50);
  world.play_to(60s);
  const auto after = world.seen();
  for (std::size_t user = 0; user < before.size(); ++user)
    if (before[user].in_b > 0) REQUIRE(after[user].in_a == 0);
}

TEST_CASE("the arm says nothing about anything else of the user", "[traffic][experiment]") {
  constexpr std::uint32_t kUsers = 200'000;
  const Users users(people(kUsers));
  std::vector<bool> arm, other_salt, neighbour, segment, converts, odd, early;
  for (std::uint32_t user = 0; user < kUsers; ++user) {
    const auto b = [&](const char* salt, std::uint32_t who) { return draw(key(salt), who) < 0.5; };
    arm.push_back(b("request/route", user));
    other_salt.push_back(b("request/route/2", user));
    neighbour.push_back(b("request/route", user + 1));
    segment.push_back(users.segment_of(user) == 0);
    converts.push_back(draw(key("user/conversion"), user) < 0.05);
    odd.push_back(user % 2 == 1);
    early.push_back(user < kUsers / 2);  // the active half, with Zipf
  }
  for (const auto* other : {&other_salt, &neighbour, &segment, &converts, &odd, &early})
    CHECK(independence_p(arm, *other) > 1e-6);
  // The split itself: sd of the share 0.11 %.
  const auto b = static_cast<double>(std::count(arm.begin(), arm.end(), true));
  CHECK(std::abs(b / kUsers - 0.5) < 4.9 * 0.5 / std::sqrt(kUsers));
}

TEST_CASE("users with the header make up arm B, the others arm A", "[traffic][experiment]") {
  World world;
  RouteRule matching;
  matching.match = {"x-arm", "b"};
  matching.backends = {{BackendId{1}, 1}};
  RouteRule rest;
  rest.backends = {{BackendId{0}, 1}};
  world.plane->set_routes(ServiceId{0}, RouteTable{{matching, rest}});
  world.play();
  const auto seen = world.seen();
  std::uint64_t users_b = 0;
  for (std::uint32_t user = 0; user < seen.size(); ++user) {
    const bool carries = world.segment_of(user) == 0;
    REQUIRE((carries ? seen[user].in_a : seen[user].in_b) == 0);
    users_b += carries && seen[user].in_b > 0 ? 1 : 0;
  }
  CHECK(world.counts(kB).users == users_b);
}

// ---- counts

TEST_CASE("the unit is the user, who converts at most once, by the rate of the arm",
          "[traffic][experiment]") {
  Setting setting;
  setting.conversion_a = 0.10;
  setting.conversion_b = 0.25;
  World world(setting);
  world.split(50, 50);
  world.play();
  const auto seen = world.seen();
  std::uint64_t users[2] = {};
  std::uint64_t conversions[2] = {};
  for (std::uint32_t user = 0; user < seen.size(); ++user) {
    if (seen[user].in_a + seen[user].in_b == 0) continue;
    const bool b = seen[user].in_b > 0;
    ++users[b ? 1 : 0];
    conversions[b ? 1 : 0] +=
        world.would_convert(user, b ? setting.conversion_b : setting.conversion_a) ? 1 : 0;
  }
  CHECK(world.counts(kA).users == users[0]);
  CHECK(world.counts(kB).users == users[1]);
  CHECK(world.counts(kA).conversions == conversions[0]);
  CHECK(world.counts(kB).conversions == conversions[1]);
  CHECK(conversions[1] > conversions[0]);
}

TEST_CASE("who converts does not depend on how users are split, only on the version that answers",
          "[traffic][experiment]") {
  World alone;
  alone.play();
  for (const std::uint32_t share : {10U, 50U, 90U}) {
    World world;
    world.split(100 - share, share);
    world.play();
    CHECK(world.counts(kA).conversions + world.counts(kB).conversions ==
          alone.counts(kA).conversions);
    CHECK(world.counts(kA).users + world.counts(kB).users == alone.counts(kA).users);
  }
}

TEST_CASE("an answer that failed makes a user and no conversion", "[traffic][experiment]") {
  Setting setting;
  setting.conversion_a = setting.conversion_b = 1;
  setting.errors_of_b = 0.5;
  World world(setting);
  world.split(50, 50);
  // So short that many users have had one answer only.
  world.plane->count_users_from_now();
  world.play_to(2s);
  const auto seen = world.seen();
  std::uint64_t users = 0;
  std::uint64_t served = 0;
  for (const World::Seen& s : seen) {
    users += s.in_b > 0 ? 1 : 0;
    served += s.in_b > 0 && s.ok ? 1 : 0;
  }
  CHECK(served < users);
  CHECK(world.counts(kB).users == users);
  CHECK(world.counts(kB).conversions == served);
  CHECK(world.counts(kA).conversions == world.counts(kA).users);
}

TEST_CASE("an experiment counts from its beginning, whoever came before", "[traffic][experiment]") {
  World world;
  world.split(50, 50);
  world.play_to(30s);
  CHECK(world.counts(kA).users == 0);
  world.plane->count_users_from_now();
  world.play_to(40s);
  const std::uint64_t first = world.counts(kB).users;
  CHECK(first > 0);
  world.plane->count_users_from_now();
  CHECK(world.counts(kB).users == 0);
  CHECK(world.counts(kB).conversions == 0);
  world.play_to(50s);
  // Ten seconds of the same traffic again: 5 000 requests of 3 000 users.
  CHECK(std::abs(static_cast<double>(world.counts(kB).users) - static_cast<double>(first)) < 150);
}

TEST_CASE("an experiment that is over counts nobody more", "[traffic][experiment]") {
  World world;
  world.split(50, 50);
  world.play_to(30s);
  world.plane->stop_counting_users();  // none is under way
  world.plane->count_users_from_now();
  world.play_to(40s);
  world.plane->stop_counting_users();
  const std::uint64_t users = world.counts(kB).users;
  const std::uint64_t requests = world.counts(kB).finished();
  CHECK(users > 0);
  world.play_to(50s);
  CHECK(world.counts(kB).users == users);
  CHECK(world.counts(kB).finished() > requests);
}

TEST_CASE("mirrored copies are nobody's answers and count no users", "[traffic][experiment]") {
  World world;
  RouteRule rule;
  rule.backends = {{BackendId{0}, 1}};
  rule.mirror = Mirror{BackendId{1}, 1};
  world.plane->set_routes(ServiceId{0}, RouteTable{{rule}});
  world.play();
  CHECK(world.counts(kA).users > 2900);
  CHECK(world.counts(kB).users == 0);
  CHECK(world.counts(kB).conversions == 0);
}
