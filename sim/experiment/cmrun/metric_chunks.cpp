#include <fmt/format.h>

#include <functional>
#include <map>

#include "sim/experiment/cmrun/columns.h"
#include "sim/experiment/cmrun/contents.h"

namespace coalmine::cmrun {
namespace {

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

void write_series_list(ByteWriter& out, std::span<const SeriesEntry> series) {
  // Names and values repeat all the time: each text once, in the order of first use.
  std::map<std::string_view, std::size_t> places;
  std::vector<std::string_view> texts;
  const auto place_of = [&](std::string_view text) {
    const auto [place, made] = places.try_emplace(text, texts.size());
    if (made) texts.push_back(text);
    return place->second;
  };
  for (const SeriesEntry& entry : series)
    for (const Label& label : entry.labels) {
      place_of(label.name);
      place_of(label.value);
    }
  out.varint(texts.size());
  for (const std::string_view text : texts) out.text(text);
  out.varint(series.size());
  for (const SeriesEntry& entry : series) {
    out.varint(entry.labels.size());
    for (const Label& label : entry.labels) {
      out.varint(place_of(label.name));
      out.varint(place_of(label.value));
    }
    out.varint(entry.times);
  }
}

std::vector<SeriesEntry> read_series_list(ByteReader& in) {
  std::vector<std::string_view> texts(in.count("texts"));
  for (std::string_view& text : texts) text = in.view();
  std::vector<SeriesEntry> series(in.count("series", 2));
  std::size_t used = 0;
  std::size_t may_be_used = kMostTextBytes;
  for (SeriesEntry& entry : series) {
    const std::size_t labels = in.count("labels", 2);
    for (std::size_t i = 0; i < labels; ++i) {
      const std::string_view name = texts[in.place(texts.size(), "label name")];
      const std::string_view value = texts[in.place(texts.size(), "label value")];
      used += name.size() + value.size();
      may_be_used += kMostTextPerLabel;
      if (used > may_be_used) in.fail("has more text than its labels may have");
      if (name.empty() || value.empty() || entry.labels.has(name))
        in.fail("has a series with a label that is none");
      entry.labels.set(name, value);
    }
    entry.times = in.varint();
  }
  return series;
}

void write_timestamps(ByteWriter& out, std::span<const Timestamp> times) {
  std::vector<Time> precise;
  precise.reserve(times.size());
  for (const Timestamp t : times) precise.push_back(to_time(t));
  write_times(out, precise);
}

std::vector<Timestamp> read_timestamps(ByteReader& in) {
  std::vector<Timestamp> times;
  for (const Time t : read_times(in)) {
    const Timestamp stamp = to_timestamp(t);
    if (to_time(stamp) != t) in.fail("has samples between two milliseconds");
    if (!times.empty() && stamp <= times.back())
      in.fail("has samples that are not in the order of time");
    times.push_back(stamp);
  }
  return times;
}

void write_samples(ByteWriter& out, std::span<const double> values) {
  std::vector<std::size_t> markers;
  std::vector<double> others;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_stale_marker(values[i]))
      markers.push_back(i);
    else
      others.push_back(values[i]);
  }
  out.varint(markers.size());
  std::size_t next = 0;
  for (const std::size_t at : markers) {
    out.varint(at - next);
    next = at + 1;
  }
  write_numbers(out, others);
}

std::vector<double> read_samples(ByteReader& in) {
  std::vector<std::size_t> gaps(in.count("staleness markers"));
  for (std::size_t& gap : gaps) gap = in.varint();
  const std::vector<double> others = read_numbers(in);
  std::vector<double> values;
  values.reserve(others.size() + gaps.size());
  auto other = others.begin();
  for (const std::size_t gap : gaps) {
    if (gap > static_cast<std::size_t>(others.end() - other))
      in.fail("has a staleness marker beyond its samples");
    const auto until = other + static_cast<std::ptrdiff_t>(gap);
    values.insert(values.end(), other, until);
    values.push_back(kStaleMarker);
    other = until;
  }
  values.insert(values.end(), other, others.end());
  return values;
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
