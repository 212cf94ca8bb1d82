#include <map>
#include <string_view>

#include "sim/experiment/cmrun/contents.h"

namespace coalmine::cmrun {
namespace {

static_assert(static_cast<int>(Verdict::promoted) == 0 &&
                  static_cast<int>(Verdict::rolled_back) == 1 &&
                  static_cast<int>(Verdict::aborted) == 2 && static_cast<int>(Verdict::held) == 3,
              "the numbers of the format");
static_assert(static_cast<int>(PromDialect::v2) == 0 && static_cast<int>(PromDialect::v2_51) == 1 &&
                  static_cast<int>(PromDialect::v3) == 2,
              "the numbers of the format");

// Which parts of a piece of evidence there are.
constexpr std::uint8_t kHasValue = 1;
constexpr std::uint8_t kHasLimit = 2;

/// The texts of a block of events, each once, in the order of first use.
class TextTable {
 public:
  std::uint64_t place(std::string_view text) {
    const auto [found, added] = places_.try_emplace(text, texts_.size());
    if (added) texts_.push_back(text);
    return found->second;
  }
  void write(ByteWriter& out) const {
    out.varint(texts_.size());
    for (const std::string_view text : texts_) out.text(text);
  }

 private:
  std::map<std::string_view, std::uint64_t> places_;
  std::vector<std::string_view> texts_;
};

void write_evidence(ByteWriter& out, const Evidence& evidence, TextTable& texts) {
  out.u8(static_cast<std::uint8_t>((evidence.value ? kHasValue : 0) |
                                   (evidence.limit ? kHasLimit : 0)));
  out.varint(texts.place(evidence.query));
  out.varint(texts.place(evidence.problem));
  out.duration(evidence.window);
  out.number(evidence.samples);
  if (evidence.value) out.number(*evidence.value);
  if (evidence.limit) out.number(*evidence.limit);
}

/// A text of the table; the texts of one block of events together stay within bounds, however
/// often each is used.
class TextReader {
 public:
  explicit TextReader(ByteReader& in) : in_(in), texts_(in.count("texts")) {
    for (std::string_view& text : texts_) text = in.view();
  }
  std::string next() {
    const std::string_view text = texts_[in_.place(texts_.size(), "text")];
    used_ += text.size();
    if (used_ > kMostTextBytes) in_.fail("has more text than a block of events may have");
    return std::string(text);
  }

 private:
  ByteReader& in_;
  std::vector<std::string_view> texts_;
  std::size_t used_ = 0;
};

Evidence read_evidence(ByteReader& in, TextReader& texts) {
  const std::uint64_t parts = in.at_most(kHasValue | kHasLimit, "parts of evidence");
  Evidence evidence;
  evidence.query = texts.next();
  evidence.problem = texts.next();
  evidence.window = in.duration();
  evidence.samples = in.number();
  if ((parts & kHasValue) != 0) evidence.value = in.number();
  if ((parts & kHasLimit) != 0) evidence.limit = in.number();
  return evidence;
}

}  // namespace

void write_result(ByteWriter& out, const Recording& recording) {
  const RunResult& r = recording.result;
  out.text(r.scenario);
  out.text(r.strategy);
  out.text(r.name);
  out.text(r.release);
  out.text(r.played);
  out.u8(r.on_call ? 1 : 0);
  out.text(r.stopped_by);
  out.varint(r.seed);
  out.varint(r.replication);
  out.duration(recording.duration);
  out.duration(recording.release_at);
  out.u8(static_cast<std::uint8_t>(recording.prometheus));
  out.duration(recording.evaluation_interval);
  out.u8(static_cast<std::uint8_t>(r.verdict));
  out.u64(r.fingerprint);
  out.varint(r.requests);
  out.u8(r.harmed ? 1 : 0);
  out.varint(r.outcomes.size());
  for (const auto& [name, value] : r.outcomes) {
    out.text(name);
    out.optional_number(value);
  }
}

void read_result(ByteReader& in, Recording& recording) {
  RunResult& r = recording.result;
  r.scenario = in.text();
  r.strategy = in.text();
  r.name = in.text();
  r.release = in.text();
  r.played = in.text();
  r.on_call = in.flag();
  r.stopped_by = in.text();
  r.seed = in.varint();
  r.replication = in.whole<std::uint32_t>("replication");
  recording.duration = in.duration();
  recording.release_at = in.duration();
  recording.prometheus = static_cast<PromDialect>(
      in.at_most(static_cast<std::uint64_t>(PromDialect::v3), "version of Prometheus"));
  recording.evaluation_interval = in.duration();
  if (recording.evaluation_interval < std::chrono::milliseconds(1))
    in.fail("has no evaluation interval");
  r.verdict =
      static_cast<Verdict>(in.at_most(static_cast<std::uint64_t>(Verdict::held), "verdict"));
  r.fingerprint = in.u64();
  r.requests = in.varint();
  r.harmed = in.flag();
  for (std::size_t n = in.count("outcomes", 2); n > 0; --n) {
    const std::string name = in.text();
    r.outcomes[name] = in.optional_number();
  }
}

void write_source(ByteWriter& out, const ScenarioSource& source) {
  out.text(source.text);
  out.varint(source.overrides.size());
  for (const std::string& set : source.overrides) out.text(set);
  out.varint(source.files.size());
  for (const SourceFile& file : source.files) {
    out.text(file.name);
    out.text(file.text);
  }
}

ScenarioSource read_source(ByteReader& in) {
  ScenarioSource source;
  source.text = in.text();
  for (std::size_t n = in.count("overrides"); n > 0; --n) source.overrides.push_back(in.text());
  for (std::size_t n = in.count("files", 2); n > 0; --n) {
    const std::string name = in.text();
    source.files.push_back({name, in.text()});
  }
  return source;
}

void write_events(ByteWriter& out, std::span<const Event> events) {
  TextTable texts;
  ByteWriter list;
  Time last{};
  for (const Event& e : events) {
    list.time_after(e.time, last);
    last = e.time;
    list.varint(texts.place(e.object));
    list.varint(texts.place(e.reason));
    list.varint(texts.place(e.message));
    list.varint(e.evidence.size());
    for (const Evidence& evidence : e.evidence) write_evidence(list, evidence, texts);
  }
  texts.write(out);
  out.varint(events.size());
  out.raw(list.bytes());
}

std::vector<Event> read_events(ByteReader& in) {
  TextReader texts(in);
  constexpr std::size_t kLeastBytes = 5;
  std::vector<Event> events(in.count("events", kLeastBytes));
  Time last{};
  for (Event& e : events) {
    last = in.time_after(last);
    e.time = last;
    e.object = texts.next();
    e.reason = texts.next();
    e.message = texts.next();
    constexpr std::size_t kLeastEvidence = 12;
    for (std::size_t n = in.count("evidence", kLeastEvidence); n > 0; --n)
      e.evidence.push_back(read_evidence(in, texts));
  }
  return events;
}

}  // namespace coalmine::cmrun
