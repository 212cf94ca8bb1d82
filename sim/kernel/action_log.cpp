#include "sim/kernel/action_log.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {

namespace {

constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
constexpr std::string_view kHexDigits = "0123456789abcdef";

// The C locale's answers, whatever the process's locale says.
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_control(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code < 0x20 || code == 0x7f;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool needs_quotes(const std::string& word) {
  if (word.empty() || word.front() == '#') return true;
  for (const char c : word) {
    if (c == ' ' || c == '"' || c == '\\' || is_control(c)) return true;
  }
  return false;
}

void append_escaped(std::string& text, char c) {
  switch (c) {
    case '"':
      text += "\\\"";
      return;
    case '\\':
      text += "\\\\";
      return;
    case '\n':
      text += "\\n";
      return;
    case '\r':
      text += "\\r";
      return;
    case '\t':
      text += "\\t";
      return;
    default:
      break;
  }
  if (is_control(c)) {
    const auto code = static_cast<unsigned char>(c);
    text += "\\x";
    text += kHexDigits[code >> 4];
    text += kHexDigits[code & 15U];
  } else {
    text += c;
  }
}

void append_word(std::string& text, const std::string& word) {
  if (!needs_quotes(word)) {
    text += word;
    return;
  }
  text += '"';
  for (const char c : word) append_escaped(text, c);
  text += '"';
}

void append_time(std::string& text, Time time) {
  const std::int64_t ns = time.time_since_epoch().count();
  if (ns < 0) text += '-';
  const std::uint64_t size =
      ns < 0 ? ~static_cast<std::uint64_t>(ns) + 1 : static_cast<std::uint64_t>(ns);
  text += std::to_string(size / kNanosPerSecond);
  if (const std::uint64_t fraction = size % kNanosPerSecond; fraction != 0) {
    std::string digits = std::to_string(kNanosPerSecond + fraction);  // "1" and nine digits
    digits.erase(digits.find_last_not_of('0') + 1);
    digits.front() = '.';
    text += digits;
  }
  text += 's';
}

/// Reads one line from left to right; every error names the column it stands at.
class LineReader {
 public:
  LineReader(std::string_view line, std::size_t number) : line_(line), number_(number) {}

  bool at_end() {
    while (position_ < line_.size() && is_blank(line_[position_])) ++position_;
    return position_ == line_.size();
  }
  bool at_comment() { return !at_end() && line_[position_] == '#'; }

  Time time() {
    const bool negative = take('-');
    std::uint64_t ns = whole_seconds();
    if (take('.')) ns = checked_sum(ns, fraction());
    if (!take('s')) fail("the time ends with s, as in 12.5s");
    if (position_ < line_.size() && !is_blank(line_[position_])) {
      fail("a blank separates time and verb");
    }
    constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (ns > kLargest + (negative ? 1 : 0)) fail("the time is out of range");
    return Time(Duration(static_cast<std::int64_t>(negative ? ~ns + 1 : ns)));
  }

  std::string word() {
    if (take('"')) return quoted_word();
    std::string word;
    while (position_ < line_.size() && !is_blank(line_[position_])) {
      const char c = line_[position_];
      if (c == '"' || c == '\\' || is_control(c)) fail("a word with this character is quoted");
      word += c;
      ++position_;
    }
    return word;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw ActionLogError(number_, position_ + 1, what);
  }

 private:
  bool take(char expected) {
    if (position_ == line_.size() || line_[position_] != expected) return false;
    ++position_;
    return true;
  }
  std::optional<unsigned> digit() {
    if (position_ == line_.size() || !is_digit(line_[position_])) return std::nullopt;
    return static_cast<unsigned>(line_[position_++] - '0');
  }

  std::uint64_t checked_sum(std::uint64_t a, std::uint64_t b) const {
    if (a > std::numeric_limits<std::uint64_t>::max() - b) fail("the time is out of range");
    return a + b;
  }
  std::uint64_t whole_seconds() {
    std::optional<unsigned> next = digit();
    if (!next) fail("a line begins with the time in seconds, as in 12.5s");
    std::uint64_t seconds = 0;
    for (; next; next = digit()) {
      seconds = seconds * 10 + *next;
      if (seconds > std::numeric_limits<std::uint64_t>::max() / kNanosPerSecond) {
        fail("the time is out of range");
      }
    }
    return seconds * kNanosPerSecond;
  }
  std::uint64_t fraction() {
    std::optional<unsigned> next = digit();
    if (!next) fail("digits follow the decimal point");
    std::uint64_t ns = 0;
    for (std::uint64_t weight = kNanosPerSecond / 10; next; next = digit(), weight /= 10) {
      if (weight == 0) fail("a time has at most nine decimals");
      ns += weight * *next;
    }
    return ns;
  }

  std::string quoted_word() {
    std::string word;
    while (!take('"')) {
      if (position_ == line_.size()) fail("the closing quote is missing");
      const char c = line_[position_];
      if (is_control(c)) fail("control characters are escaped");
      ++position_;
      word += c == '\\' ? escaped() : c;
    }
    if (position_ < line_.size() && !is_blank(line_[position_])) fail("a blank separates words");
    return word;
  }
  char escaped() {
    if (take('"')) return '"';
    if (take('\\')) return '\\';
    if (take('n')) return '\n';
    if (take('r')) return '\r';
    if (take('t')) return '\t';
    if (!take('x')) fail("the escapes are \\\" \\\\ \\n \\r \\t and \\xHH");
    const unsigned high = hex_digit();
    return static_cast<char>(static_cast<unsigned char>(high << 4 | hex_digit()));
  }
  unsigned hex_digit() {
    const auto value =
        position_ < line_.size() ? kHexDigits.find(line_[position_]) : std::string_view::npos;
    if (value == std::string_view::npos) fail("two digits 0-9 a-f follow \\x");
    ++position_;
    return static_cast<unsigned>(value);
  }

  std::string_view line_;
  std::size_t number_;
  std::size_t position_ = 0;
};

}  // namespace

ActionLogError::ActionLogError(std::size_t line, std::size_t column, const std::string& what)
    : std::runtime_error("line " + std::to_string(line) + ", column " + std::to_string(column) +
                         ": " + what),
      line_(line),
      column_(column) {}

void ActionLog::append(TimedAction action) {
  CM_ASSERT(!action.verb.empty());
  CM_ASSERT(actions_.empty() || action.time >= actions_.back().time);
  actions_.push_back(std::move(action));
}

std::string ActionLog::to_text() const {
  std::string text;
  for (const TimedAction& action : actions_) {
    append_time(text, action.time);
    text += ' ';
    append_word(text, action.verb);
    for (const std::string& argument : action.arguments) {
      text += ' ';
      append_word(text, argument);
    }
    text += '\n';
  }
  return text;
}

ActionLog ActionLog::from_text(std::string_view text) {
  ActionLog log;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);

    LineReader reader(line, number);
    if (reader.at_end() || reader.at_comment()) continue;
    TimedAction action;
    action.time = reader.time();
    if (!log.actions_.empty() && action.time < log.actions_.back().time) {
      reader.fail("the time lies before that of the action above");
    }
    if (!reader.at_end()) action.verb = reader.word();
    if (action.verb.empty()) reader.fail("a verb follows the time");
    while (!reader.at_end()) action.arguments.push_back(reader.word());
    log.actions_.push_back(std::move(action));
  }
  return log;
}

void perform(ActionLog& log,
             Simulation& simulation,
             std::string verb,
             std::vector<std::string> arguments,
             ActionHandler handler) {
  const TimedAction action{simulation.now(), std::move(verb), std::move(arguments)};
  log.append(action);
  simulation.at_end_of_instant(action.time,
                               [action, handler = std::move(handler)] { handler(action); });
}

void replay(const ActionLog& log, Simulation& simulation, const ActionHandler& handler) {
  for (const TimedAction& action : log.actions()) {
    simulation.at_end_of_instant(action.time, [action, handler] { handler(action); });
  }
}

}  // namespace coalmine
