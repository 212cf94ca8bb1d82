#include <fmt/format.h>

#include <functional>
#include <map>

#include "sim/experiment/cmrun/columns.h"
#include "sim/experiment/cmrun/contents.h"

namespace coalmine::cmrun {
namespace {

static_assert(static_cast<int>(Vantage::router) == 0 && static_cast<int>(Vantage::pod) == 1,
              "the numbers of the format");

constexpr const char* kOutcomeNames[kOutcomes] = {
    "ok", "error", "rejected", "refused", "reset", "no_endpoint", "timed_out"};

/// 0 for none, else the id and one.
template <class Id>
void write_optional(ByteWriter& out, Id id) {
  out.varint(id.valid() ? std::uint64_t{id.value} + 1 : 0);
}
template <class Id>
Id read_optional(ByteReader& in, std::size_t size, const char* what) {
  const std::uint32_t place = in.place(size + 1, what);
  return place == 0 ? Id{} : Id{place - 1};
}

void write_counts(ByteWriter& out, const LatencyCounts& counts) {
  out.varint(counts.size());
  std::uint32_t next = 0;
  for (const auto& [bucket, n] : counts) {
    out.varint(bucket - next);
    out.varint(n);
    next = bucket + 1U;
  }
}

LatencyCounts read_counts(ByteReader& in) {
  LatencyCounts counts(in.count("buckets", 2));
  std::size_t next = 0;
  for (auto& [bucket, n] : counts) {
    bucket = static_cast<std::uint16_t>(next + in.place(LogHistogram::kBuckets - next, "bucket"));
    n = in.whole<std::uint32_t>("count");
    next = bucket + std::size_t{1};
  }
  return counts;
}

void write_bin(ByteWriter& out, const EdgeBin& bin, std::size_t objectives) {
  out.varint(bin.requests);
  out.varint(bin.failed);
  for (std::size_t i = 0; i < objectives; ++i) out.varint(bin.bad[i]);
}

EdgeBin read_bin(ByteReader& in, std::size_t objectives) {
  EdgeBin bin;
  bin.requests = in.whole<std::uint32_t>("requests");
  bin.failed = in.whole<std::uint32_t>("failed requests");
  for (std::size_t i = 0; i < objectives; ++i) bin.bad[i] = in.whole<std::uint32_t>("bad requests");
  return bin;
}

}  // namespace

std::string series_name(Column column) {
  if (column < kOutcomes)
    return fmt::format("requests_total{{outcome=\"{}\"}}", kOutcomeNames[column]);
  if (column < kLatencySum) {
    const std::size_t bucket = column - kFirstBucket;
    const std::string le =
        bucket < kLatencyBounds.size() ? fmt::format("{}", kLatencyBounds[bucket]) : "+Inf";
    return fmt::format("request_duration_seconds_bucket{{le=\"{}\"}}", le);
  }
  switch (column) {
    case kLatencySum:
      return "request_duration_seconds_sum";
    case kBusySeconds:
      return "worker_busy_seconds_total";
    case kUsers:
      return "experiment_users_total";
    case kConversions:
      return "experiment_conversions_total";
    default:
      return "requests_in_flight";
  }
}

void write_targets(ByteWriter& out, std::span<const RecordedTarget> targets) {
  out.varint(kColumns);
  for (Column c = 0; c < kColumns; ++c) out.text(series_name(c));
  out.varint(targets.size());
  for (const RecordedTarget& target : targets) {
    const TargetInfo& info = target.info;
    out.u8(static_cast<std::uint8_t>(info.vantage));
    out.varint(info.deployment.value);
    write_optional(out, info.pod);
    out.number(info.workers);
    out.duration(info.scrape_interval);
    out.varint(info.segment ? std::uint64_t{*info.segment} + 1 : 0);
  }
}

std::vector<RecordedTarget> read_targets(ByteReader& in, const Cast& cast, ColumnList& columns) {
  std::map<std::string, Column, std::less<>> known;
  for (Column c = 0; c < kColumns; ++c) known.emplace(series_name(c), c);
  columns.assign(in.count("series"), std::nullopt);
  for (auto& column : columns) {
    const auto found = known.find(in.view());
    if (found == known.end()) continue;
    column = found->second;
    known.erase(found);
  }
  std::vector<RecordedTarget> targets(in.count("targets", 13));
  for (RecordedTarget& target : targets) {
    TargetInfo& info = target.info;
    info.vantage =
        static_cast<Vantage>(in.at_most(static_cast<std::uint64_t>(Vantage::pod), "vantage"));
    info.deployment = DeploymentId{in.place(cast.deployments.size(), "Deployment")};
    info.pod = read_optional<PodId>(in, cast.pods.size(), "pod");
    info.workers = in.number();
    info.scrape_interval = in.duration();
    // One more than there are stands for users in none.
    const std::uint32_t segment = in.place(cast.segments.size() + 2, "segment");
    if (segment > 0) info.segment = static_cast<std::uint8_t>(segment - 1);
  }
  return targets;
}

void write_scrapes(ByteWriter& out, const RecordedTarget& target) {
  write_times(out, target.times);
  write_times(out, target.stale_marks);
}

void read_scrapes(ByteReader& in, RecordedTarget& target) {
  target.times = read_times(in);
  for (std::size_t i = 1; i < target.times.size(); ++i)
    if (target.times[i] <= target.times[i - 1])
      in.fail("has scrapes that are not in the order of time");
  target.stale_marks = read_times(in);
}

void write_column(ByteWriter& out, const RecordedColumn& column) {
  out.varint(column.first);
  out.optional_number(column.backfill);
  write_numbers(out, column.values);
}

RecordedColumn read_column(ByteReader& in, Column column) {
  RecordedColumn read;
  read.column = column;
  read.first = in.varint();
  read.backfill = in.optional_number();
  read.values = read_numbers(in);
  return read;
}

void write_edge(ByteWriter& out, const RecordedEdge& edge) {
  out.time(edge.bins_from);
  out.duration(edge.bin);
  out.varint(edge.bad_above.size());
  for (const Duration above : edge.bad_above) out.duration(above);
  out.varint(edge.versions.size());
  for (const RecordedEdgeVersion& version : edge.versions) {
    out.varint(version.requests);
    out.varint(version.failed);
    write_counts(out, version.latency);
    out.varint(version.bins.size());
    for (const EdgeBin& bin : version.bins) write_bin(out, bin, edge.bad_above.size());
  }
  out.varint(edge.minutes.size());
  for (const LatencyCounts& minute : edge.minutes) write_counts(out, minute);
}

RecordedEdge read_edge(ByteReader& in, const Cast& cast) {
  RecordedEdge edge;
  edge.bins_from = in.time();
  edge.bin = in.duration();
  if (edge.bin <= Duration::zero()) in.fail("has bins of no length");
  edge.bad_above.resize(in.count("objectives"));
  if (edge.bad_above.size() > kMaxObjectives) in.fail("has more objectives than a run can have");
  for (Duration& above : edge.bad_above) above = in.duration();
  edge.versions.resize(in.count("versions", 4));
  if (edge.versions.size() != cast.versions.size() + 1)
    in.fail("has not one part for each version and one for requests that reached none");
  for (RecordedEdgeVersion& version : edge.versions) {
    version.requests = in.varint();
    version.failed = in.varint();
    version.latency = read_counts(in);
    version.bins.resize(in.count("bins", 2 + edge.bad_above.size()));
    if (version.bins.size() != edge.versions.front().bins.size())
      in.fail("has versions with different numbers of bins");
    for (EdgeBin& bin : version.bins) bin = read_bin(in, edge.bad_above.size());
  }
  for (std::size_t n = in.count("minutes"); n > 0; --n) edge.minutes.push_back(read_counts(in));
  return edge;
}

}  // namespace coalmine::cmrun
