#include "sim/scenario/yaml_reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

namespace coalmine {
namespace {

/// YAML's own limit: after more characters a colon no longer makes a key.
constexpr int kLongestKey = 1024;
constexpr const char* kNoKey = "a key must be plain text of at most 1024 characters";

/// Ends the parse at once; what was read so far is kept.
struct StopReading {};

class Builder : public YAML::EventHandler {
 public:
  Builder(std::shared_ptr<const SourceText> source, Diagnostics& diagnostics)
      : source_(std::move(source)), diagnostics_(diagnostics) {}

  std::vector<Value> documents;

  void OnDocumentStart(const YAML::Mark&) override {
    stack_.clear();
    anchors_.clear();
    root_ = Value{};
  }
  void OnDocumentEnd() override {
    if (!root_.is_null()) documents.push_back(std::move(root_));
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Value value;
    value.at = position(mark);
    put(std::move(value), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) stop(position(mark), "an alias stands inside its own anchor");
    count(found->second.size, position(mark));
    put(found->second.value, 0);
  }
  void OnScalar(const YAML::Mark& mark,
                const std::string& tag,
                YAML::anchor_t anchor,
                const std::string& text) override {
    Value value;
    value.kind = Value::Kind::scalar;
    value.at = position(mark);
    value.text = text;
    value.quoted = tag == "!";
    value.at.length = length_of(value);
    put(std::move(value), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark,
                       const std::string&,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Value::Kind::list, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark,
                  const std::string&,
                  YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Value::Kind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Value value;
    YAML::anchor_t anchor = 0;
    std::size_t first = 0;  ///< values counted when it was opened
    bool has_key = false;
    bool keep = true;  ///< the entry's key is not a duplicate
    std::string key{};
    Position key_at{};
    std::map<std::string, int> lines{};  ///< of the keys so far
  };
  struct Anchor {
    Value value;
    std::size_t size = 1;
  };

  Position position(const YAML::Mark& mark) const {
    return {source_, mark.line + 1, mark.column + 1, 1};
  }
  int length_of(const Value& value) const {
    const auto line = static_cast<std::size_t>(value.at.line);
    if (line == 0 || line > source_->lines.size()) return 1;
    const std::size_t rest = source_->lines[line - 1].size();
    const auto start = static_cast<std::size_t>(value.at.column - 1);
    const std::size_t wanted = value.text.size() + (value.quoted ? 2 : 0);
    return static_cast<int>(std::clamp<std::size_t>(wanted, 1, rest > start ? rest - start : 1));
  }
  [[noreturn]] void stop(const Position& at, const std::string& message) {
    diagnostics_.error(at, message);
    throw StopReading{};
  }
  void count(std::size_t values, const Position& at) {
    values_ += values;
    if (values_ > kMostYamlValues)
      stop(at, "the file unfolds to more than 200000 values (aliases counted each time)");
  }
  void open(Value::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (stack_.size() >= kMostYamlDepth) stop(position(mark), "nested more than 64 levels deep");
    if (expects_key()) stop(position(mark), "a key must be plain text");
    count(1, position(mark));
    Frame frame;
    frame.value.kind = kind;
    frame.value.at = position(mark);
    frame.anchor = anchor;
    frame.first = values_;
    stack_.push_back(std::move(frame));
  }
  void close() {
    Frame frame = std::move(stack_.back());
    stack_.pop_back();
    add(std::move(frame.value), frame.anchor, values_ - frame.first + 1);
  }
  bool expects_key() const {
    return !stack_.empty() && stack_.back().value.is_map() && !stack_.back().has_key;
  }
  void put(Value value, YAML::anchor_t anchor) {
    count(1, value.at);
    if (expects_key()) {
      take_key(value);
      if (anchor != 0) anchors_[anchor] = {std::move(value), 1};
      return;
    }
    add(std::move(value), anchor, 1);
  }
  void take_key(const Value& value) {
    Frame& frame = stack_.back();
    if (!value.is_scalar()) stop(value.at, kNoKey);
    frame.has_key = true;
    frame.key = value.text;
    frame.key_at = value.at;
    const auto [first, fresh] = frame.lines.emplace(value.text, value.at.line);
    frame.keep = fresh;
    if (!fresh)
      diagnostics_.error(value.at,
                         "the key " + value.text + " is given twice",
                         "first on line " + std::to_string(first->second));
  }
  void add(Value value, YAML::anchor_t anchor, std::size_t size) {
    if (anchor != 0) {
      count(size, value.at);
      anchors_[anchor] = {value, size};
    }
    if (stack_.empty()) {
      root_ = std::move(value);
      return;
    }
    Frame& frame = stack_.back();
    // The parser puts nothing at whatever comes next.
    if (value.is_null()) value.at = frame.value.is_list() ? frame.value.at : frame.key_at;
    if (frame.value.is_list()) {
      frame.value.items.push_back(std::move(value));
      return;
    }
    if (frame.keep) frame.value.entries.push_back({frame.key, frame.key_at, std::move(value)});
    frame.has_key = false;
  }

  std::shared_ptr<const SourceText> source_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
  std::map<YAML::anchor_t, Anchor> anchors_;
  std::size_t values_ = 0;
  Value root_;
};

/// The length of the valid UTF-8 sequence at `i`, or 0. Control characters are not text.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char c = byte(i);
  if (c < 0x80) return c >= 0x20 || c == '\t' || c == '\n' || c == '\r' ? 1 : 0;
  const std::size_t n = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
  if (c < 0xC2 || n == 0 || i + n > text.size()) return 0;
  for (std::size_t k = 1; k < n; ++k)
    if ((byte(i + k) & 0xC0U) != 0x80U) return 0;
  const bool overlong = (c == 0xE0 && byte(i + 1) < 0xA0) || (c == 0xF0 && byte(i + 1) < 0x90);
  const bool beyond = (c == 0xED && byte(i + 1) > 0x9F) || (c == 0xF4 && byte(i + 1) > 0x8F);
  return overlong || beyond ? 0 : n;
}

/// Reported without the line, which a terminal may not be able to show.
bool check_utf8(const std::string& name, std::string_view text, Diagnostics& diagnostics) {
  const auto bad = first_bad_byte(text);
  if (!bad) return true;
  const std::string_view before = text.substr(0, *bad);
  const std::size_t line_start = before.rfind('\n') + 1;  // 0 when there is none
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  diagnostics.error({SourceText::make(name, ""),
                     static_cast<int>(line),
                     static_cast<int>(*bad - line_start) + 1,
                     1},
                    "not text in UTF-8 (byte " + std::to_string(*bad) + ")");
  return false;
}

}  // namespace

std::optional<std::size_t> first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = utf8_length(text, i);
    if (n == 0) return i;
    i += n;
  }
  return std::nullopt;
}

Position whole_file(const std::string& name) {
  return {SourceText::make(name, ""), 0, 0, 1};
}

std::vector<Value> read_yaml(const std::string& name,
                             std::string_view text,
                             Diagnostics& diagnostics) {
  if (text.size() > kMostYamlBytes) {
    diagnostics.error(whole_file(name), "the file is larger than 4 MiB");
    return {};
  }
  if (!check_utf8(name, text, diagnostics)) return {};
  const auto source = SourceText::make(name, text);
  Builder builder(source, diagnostics);
  std::istringstream in{std::string(text)};
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const StopReading&) {
    return std::move(builder.documents);
  } catch (const YAML::Exception& problem) {
    const YAML::Mark& mark = problem.mark;
    const bool known = !mark.is_null();
    diagnostics.error(
        known ? Position{source, mark.line + 1, mark.column + 1, 1} : whole_file(name),
        "not valid YAML: " + problem.msg,
        known && mark.column > kLongestKey ? kNoKey : "");
  }
  return std::move(builder.documents);
}

std::optional<std::string> read_text_file(const std::filesystem::path& path,
                                          std::size_t most_bytes,
                                          const Position& wanted_at,
                                          Diagnostics& diagnostics) {
  const Position at = wanted_at.source ? wanted_at : whole_file(path.string());
  const std::string name = wanted_at.source ? "the file " + path.string() : "the file";
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status)) {
    diagnostics.error(at, name + " does not exist");
    return std::nullopt;
  }
  if (std::filesystem::is_directory(status)) {
    diagnostics.error(at, name + " is a folder");
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    diagnostics.error(at, name + " cannot be read");
    return std::nullopt;
  }
  std::string text(most_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) {
    diagnostics.error(at, name + " cannot be read");
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most_bytes) {
    diagnostics.error(at, name + " is larger than " + std::to_string(most_bytes >> 20U) + " MiB");
    return std::nullopt;
  }
  return text;
}

}  // namespace coalmine
