#include "sim/traffic/arrivals.h"

#include <algorithm>
#include <cmath>

#include "sim/kernel/assert.h"
#include "sim/kernel/math.h"

namespace coalmine {
namespace {

constexpr Duration kLongest = std::chrono::hours(1);

class ConstantRate final : public RateProfile {
 public:
  explicit ConstantRate(double rate) : rate_(rate) {}
  RatePiece piece_at(Time from) override { return {from + kLongest, rate_, rate_}; }

 private:
  double rate_;
};

class PiecewiseRate final : public RateProfile {
 public:
  explicit PiecewiseRate(std::vector<std::pair<Duration, double>> points)
      : points_(std::move(points)) {
    CM_ASSERT(!points_.empty());
  }
  RatePiece piece_at(Time from) override {
    const Duration t = from - kTimeZero;
    const auto after = std::upper_bound(
        points_.begin(), points_.end(), t, [](Duration x, const auto& p) { return x < p.first; });
    if (after == points_.begin())
      return {kTimeZero + points_.front().first, points_.front().second, points_.front().second};
    const auto& a = *(after - 1);
    if (after == points_.end()) return {from + kLongest, a.second, a.second};
    const double into = to_seconds(t - a.first) / to_seconds(after->first - a.first);
    return {kTimeZero + after->first, a.second + (after->second - a.second) * into, after->second};
  }

 private:
  std::vector<std::pair<Duration, double>> points_;
};

/// cos(2 pi x) from its Taylor series: the same bits everywhere, 1e-12 is more than a rate needs.
double cos_turns(double x) {
  x -= std::floor(x + 0.5);
  const double a = 6.283185307179586 * x;
  const double a2 = a * a;
  double term = 1;
  double sum = 1;
  for (int k = 1; k <= 14; ++k) {
    term *= -a2 / static_cast<double>((2 * k - 1) * (2 * k));
    sum += term;
  }
  return sum;
}

class DiurnalRate final : public RateProfile {
 public:
  DiurnalRate(double base, double peak, Duration period, Duration peak_at)
      : base_(base), peak_(peak), period_(period), peak_at_(peak_at), step_(period / 288) {}
  RatePiece piece_at(Time from) override { return {from + step_, rate(from), rate(from + step_)}; }

 private:
  double rate(Time t) const {
    const double turns = to_seconds(t - kTimeZero - peak_at_) / to_seconds(period_);
    return base_ + (peak_ - base_) * 0.5 * (1 + cos_turns(turns));
  }
  double base_, peak_;
  Duration period_, peak_at_, step_;
};

class BurstyRate final : public RateProfile {
 public:
  BurstyRate(double calm, double burst, Duration calm_for, Duration burst_for, RandomKey key)
      : rates_{calm, burst}, stays_{to_seconds(calm_for), to_seconds(burst_for)}, random_(key) {
    bursting_ = random_.uniform() * (stays_[0] + stays_[1]) >= stays_[0];
  }
  RatePiece piece_at(Time from) override {
    const double rate = rates_[bursting_ ? 1 : 0];
    const double stay = -portable_log(random_.uniform()) * stays_[bursting_ ? 1 : 0];
    bursting_ = !bursting_;
    return {from + std::max(Duration(1), from_seconds(stay)), rate, rate};
  }

 private:
  double rates_[2];
  double stays_[2];
  Xoshiro256 random_;
  bool bursting_;
};

class CountedRate final : public RateProfile {
 public:
  CountedRate(std::vector<std::pair<Duration, double>> counts,
              Duration bucket,
              double scale,
              Duration from,
              Duration repeat_after)
      : counts_(std::move(counts)),
        bucket_(bucket),
        scale_(scale),
        from_(from),
        repeat_after_(repeat_after) {
    CM_ASSERT(!counts_.empty() && bucket_.count() > 0);
  }
  RatePiece piece_at(Time at) override {
    const Duration since = at - kTimeZero + from_;  // in the trace, first time round
    const bool repeats = repeat_after_.count() > 0;
    const Duration lap =
        repeats && since.count() > 0 ? repeat_after_ * (since / repeat_after_) : Duration::zero();
    const Duration t = since - lap;
    const auto after = std::upper_bound(
        counts_.begin(), counts_.end(), t, [](Duration x, const auto& c) { return x < c.first; });
    const double count = after == counts_.begin() ? counts_.front().second : (after - 1)->second;
    const double rate = count * scale_ / to_seconds(bucket_);
    Duration next = after == counts_.end() ? t + kLongest : after->first;
    if (repeats) next = std::min(next, repeat_after_);
    return {at + (next - t), rate, rate};
  }

 private:
  std::vector<std::pair<Duration, double>> counts_;
  Duration bucket_;
  double scale_;
  Duration from_;
  Duration repeat_after_;
};

class LevelBeforeZero final : public RateProfile {
 public:
  LevelBeforeZero(double rate, std::unique_ptr<RateProfile> then)
      : rate_(rate), then_(std::move(then)) {}
  RatePiece piece_at(Time from) override {
    return from < kTimeZero ? RatePiece{kTimeZero, rate_, rate_} : then_->piece_at(from);
  }

 private:
  double rate_;
  std::unique_ptr<RateProfile> then_;
};

}  // namespace

std::unique_ptr<RateProfile> constant_rate(double rate) {
  return std::make_unique<ConstantRate>(rate);
}
std::unique_ptr<RateProfile> piecewise_rate(std::vector<std::pair<Duration, double>> points) {
  return std::make_unique<PiecewiseRate>(std::move(points));
}
std::unique_ptr<RateProfile> diurnal_rate(double base,
                                          double peak,
                                          Duration period,
                                          Duration peak_at) {
  return std::make_unique<DiurnalRate>(base, peak, period, peak_at);
}
std::unique_ptr<RateProfile> bursty_rate(
    double calm, double burst, Duration calm_for, Duration burst_for, RandomKey key) {
  return std::make_unique<BurstyRate>(calm, burst, calm_for, burst_for, key);
}
std::unique_ptr<RateProfile> counted_rate(std::vector<std::pair<Duration, double>> counts,
                                          Duration bucket,
                                          double scale,
                                          Duration from,
                                          Duration repeat_after) {
  return std::make_unique<CountedRate>(std::move(counts), bucket, scale, from, repeat_after);
}

std::unique_ptr<RateProfile> level_before_zero(double rate, std::unique_ptr<RateProfile> then) {
  return std::make_unique<LevelBeforeZero>(rate, std::move(then));
}

struct Arrivals::Impl {
  explicit Impl(RandomKey key) : random(key) {}

  void begin_piece(Time from) {
    piece_from = from;
    piece = profile->piece_at(from);
    length = to_seconds(piece.until - from);
    slope = (piece.rate_to - piece.rate_from) / length;
    into = 0;
  }

  /// Those who pause between two requests when the arrivals begin, as if the first rate had always
  /// been: at r requests/s pauses begin at the rate r (1 - 1/mean_requests), so their number is
  /// Poisson with the mean pause times that. How many requests follow is geometric all the same.
  void begin_sessions() {
    const double rate = piece.rate_from * (1 - 1 / sessions.mean_requests);
    const double mean = rate * sessions.think.mean();
    if (mean <= 0) return;
    const RemainderOf rest(sessions.think);
    for (double sum = exponential(); sum < mean; sum += exponential()) {
      const double which = random.uniform();
      further.push({piece_from + from_seconds(rest(which, random.uniform())), next_session++});
    }
  }
  double exponential() { return -portable_log(random.uniform()); }

  std::unique_ptr<RateProfile> profile;
  Xoshiro256 random;
  // The piece being played: `into` seconds of it are used up.
  Time piece_from{};
  RatePiece piece{};
  double length = 0;  ///< seconds
  double slope = 0;   ///< requests/s^2
  double into = 0;
  // Sessions.
  SessionModel sessions;
  std::uint64_t next_session = 0;
  std::optional<Time> pending_start;  ///< drawn, not yet reached by the merge
  struct Further {
    Time time;
    std::uint64_t session;
    bool operator>(const Further& o) const {
      return time != o.time ? time > o.time : session > o.session;
    }
  };
  std::priority_queue<Further, std::vector<Further>, std::greater<>> further;
  // Recorded instants; before them, as long as there is a profile, the time before zero.
  bool recorded = false;
  std::vector<Duration> offsets;
  std::vector<Arrival> copies;  ///< of the current instant, ascending
  std::size_t offset_place = 0;
  std::size_t copy_place = 0;
  // Drawn before.
  std::shared_ptr<const ArrivalTape> tape;
  double scale = 1;
};

constexpr std::size_t kBlock = 256;

Arrivals::Arrivals(std::unique_ptr<RateProfile> profile,
                   Time start,
                   RandomKey key,
                   SessionModel sessions)
    : impl_(std::make_unique<Impl>(key)) {
  impl_->profile = std::move(profile);
  impl_->sessions = std::move(sessions);
  impl_->begin_piece(start);
  if (impl_->sessions.mean_requests > 1) impl_->begin_sessions();
  block_.resize(kBlock);
  refill();
}

Arrivals::Arrivals(
    std::vector<Duration> offsets, double scale, Time start, RandomKey key, double rate_before)
    : impl_(std::make_unique<Impl>(key)) {
  impl_->recorded = true;
  impl_->offsets = std::move(offsets);
  impl_->scale = scale;
  if (start < kTimeZero) {
    impl_->profile = constant_rate(rate_before);
    impl_->begin_piece(start);
  }
  block_.resize(kBlock);
  refill();
}

Arrivals::Arrivals(std::shared_ptr<const ArrivalTape> tape)
    : impl_(std::make_unique<Impl>(RandomKey{})) {
  impl_->tape = std::move(tape);
  block_.resize(kBlock);
  refill();
}

Arrivals::~Arrivals() = default;
Arrivals::Arrivals(Arrivals&&) noexcept = default;

Time Arrivals::next_start() {
  Impl& m = *impl_;
  double need = m.exponential() * m.sessions.mean_requests;
  for (;;) {
    const double rate = m.piece.rate_from + m.slope * m.into;
    const double left = m.length - m.into;
    const double area = (rate + m.piece.rate_to) * 0.5 * left;
    if (area > need) {
      // rate x + slope x^2 / 2 = need, in the form that keeps its digits when slope is small. A
      // level rate is its own root: the same bits without the long way round.
      const double root =
          m.slope == 0 ? rate : std::sqrt(std::max(0.0, rate * rate + 2 * m.slope * need));
      m.into += 2 * need / (rate + root);
      return m.piece_from + from_seconds(m.into);
    }
    need -= area;
    if (m.piece.until > kTimeZero + std::chrono::hours(24 * 3650)) return kNever;
    m.begin_piece(m.piece.until);
  }
}

Arrival Arrivals::next_of_sessions() {
  Impl& m = *impl_;
  if (!m.pending_start) m.pending_start = next_start();
  Arrival arrival;
  if (!m.further.empty() && m.further.top().time < *m.pending_start) {
    arrival = {m.further.top().time, m.further.top().session};
    m.further.pop();
  } else {
    arrival = {*m.pending_start, m.next_session++};
    m.pending_start.reset();
  }
  if (arrival.time != kNever && m.random.uniform() * m.sessions.mean_requests >= 1)
    m.further.push({arrival.time + m.sessions.think.duration(m.random()), arrival.session});
  return arrival;
}

Arrival Arrivals::next_recorded() {
  Impl& m = *impl_;
  if (m.profile) {
    const Time before = next_start();
    if (before < kTimeZero) return {before, m.next_session++};
    m.profile.reset();
  }
  while (m.copy_place == m.copies.size() && m.offset_place < m.offsets.size()) {
    const std::size_t i = m.offset_place++;
    const Duration gap =
        i + 1 < m.offsets.size() ? m.offsets[i + 1] - m.offsets[i] : std::chrono::seconds(1);
    const double whole = std::floor(m.scale);
    auto n = static_cast<std::uint64_t>(whole) + (m.random.uniform() < m.scale - whole ? 1 : 0);
    m.copies.clear();
    m.copy_place = 0;
    for (std::uint64_t k = 0; k < n; ++k) {
      const double jitter = k == 0 ? 0 : m.random.uniform();
      m.copies.push_back({kTimeZero + m.offsets[i] + from_seconds(to_seconds(gap) * jitter), 0});
    }
    std::sort(m.copies.begin(), m.copies.end(), [](const Arrival& a, const Arrival& b) {
      return a.time < b.time;
    });
  }
  const Time time = m.copy_place < m.copies.size() ? m.copies[m.copy_place++].time : kNever;
  return {time, m.next_session++};
}

void Arrivals::refill() {
  Impl& m = *impl_;
  if (m.tape) {
    const bool first = next_ == nullptr && !m.tape->empty();
    if (!first) std::fill(block_.begin(), block_.end(), Arrival{kNever, 0});
    const ArrivalTape& now = first ? *m.tape : block_;
    next_ = now.data();
    end_ = now.data() + now.size();
    return;
  }
  next_ = block_.data();
  end_ = block_.data() + block_.size();
  for (Arrival& slot : block_) {
    if (m.recorded)
      slot = next_recorded();
    else if (m.sessions.mean_requests > 1)
      slot = next_of_sessions();
    else
      slot = {next_start(), m.next_session++};
  }
}

ArrivalTape record(Arrivals source, Time until) {
  ArrivalTape tape;
  for (;; source.advance()) {
    tape.push_back(source.next());
    if (source.next().time > until) return tape;
  }
}

}  // namespace coalmine
