#include "sim/kernel/value.h"

#include <algorithm>
#include <utility>

namespace coalmine {
namespace {

constexpr int kDeepest = 64;

/// Recursive descent over one line; stops at the first mistake.
class FlowParser {
 public:
  FlowParser(std::string_view text, const Position& at, Diagnostics& diagnostics)
      : text_(text), at_(at), diagnostics_(diagnostics) {}

  Value whole() {
    skip_blanks();
    const char first = peek();
    Value value;
    if (first == '{' || first == '[' || first == '"' || first == '\'') {
      value = any(0);
      skip_blanks();
      if (ok_ && i_ != text_.size()) fail("unexpected text after the value");
    } else {
      std::size_t end = text_.size();
      while (end > i_ && text_[end - 1] == ' ') --end;
      value = scalar(i_, end);
    }
    return value;
  }

 private:
  char peek() const { return i_ < text_.size() ? text_[i_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ') ++i_;
  }
  Position here(std::size_t begin, std::size_t length = 1) const {
    Position p = at_;
    p.column += static_cast<int>(begin);
    p.length = static_cast<int>(length);
    return p;
  }
  void fail(const std::string& message) {
    if (ok_) diagnostics_.error(here(i_), message);
    ok_ = false;
  }

  Value scalar(std::size_t begin, std::size_t end) const {
    Value value;
    value.at = here(begin, std::max<std::size_t>(end - begin, 1));
    value.text = std::string(text_.substr(begin, end - begin));
    const bool nothing = value.text.empty() || value.text == "null" || value.text == "~";
    value.kind = nothing ? Value::Kind::null : Value::Kind::scalar;
    return value;
  }

  Value quoted() {
    const char quote = text_[i_];
    const std::size_t begin = i_++;
    Value value;
    value.kind = Value::Kind::scalar;
    value.quoted = true;
    for (;; ++i_) {
      if (i_ >= text_.size()) {
        fail("the quote is not closed");
        return {};
      }
      const char c = text_[i_];
      if (c == '\\' && quote == '"') {
        value.text += escaped();
      } else if (c != quote) {
        value.text += c;
      } else if (quote == '\'' && text_.substr(i_ + 1, 1) == "'") {
        value.text += text_[i_++];  // two stand for one
      } else {
        break;
      }
    }
    ++i_;
    value.at = here(begin, i_ - begin);
    return value;
  }

  /// The character that a backslash stands for, as in YAML; those that nobody writes are refused.
  char escaped() {
    const char c = i_ + 1 < text_.size() ? text_[i_ + 1] : '\0';
    constexpr std::string_view kWritten = "\"\\/ nt";
    constexpr std::string_view kMeant = "\"\\/ \n\t";
    const std::size_t which = c == '\0' ? std::string_view::npos : kWritten.find(c);
    if (which == std::string_view::npos) {
      fail("a backslash before another character than \", \\, /, n or t");
      return c;
    }
    ++i_;
    return kMeant[which];
  }

  Value plain() {
    const std::size_t begin = i_;
    while (i_ < text_.size()) {
      const char c = text_[i_];
      if (c == ',' || c == ']' || c == '}' || c == '{' || c == '[') break;
      if (c == ':' && (i_ + 1 == text_.size() || text_[i_ + 1] == ' ')) break;
      ++i_;
    }
    std::size_t end = i_;
    while (end > begin && text_[end - 1] == ' ') --end;
    return scalar(begin, end);
  }

  Value any(int depth) {
    skip_blanks();
    if (depth > kDeepest) {
      fail("nested more than 64 levels deep");
      return {};
    }
    switch (peek()) {
      case '[':
        return list(depth);
      case '{':
        return map(depth);
      case '"':
      case '\'':
        return quoted();
      default:
        return plain();
    }
  }

  /// After an element: true when another follows; consumes the comma or the closing bracket.
  bool another(char close) {
    skip_blanks();
    if (peek() == close) {
      ++i_;
      return false;
    }
    if (peek() == ',') {
      ++i_;
      return true;
    }
    fail(std::string("expected , or ") + close);
    return false;
  }

  Value list(int depth) {
    Value value;
    value.kind = Value::Kind::list;
    value.at = here(i_++);
    skip_blanks();
    if (peek() == ']') {
      ++i_;
      return value;
    }
    do {
      value.items.push_back(any(depth + 1));
    } while (ok_ && another(']'));
    return value;
  }

  Value map(int depth) {
    Value value;
    value.kind = Value::Kind::map;
    value.at = here(i_++);
    skip_blanks();
    if (peek() == '}') {
      ++i_;
      return value;
    }
    do {
      skip_blanks();
      const Value key = peek() == '"' || peek() == '\'' ? quoted() : plain();
      skip_blanks();
      if (key.text.empty() || peek() != ':') {
        fail("expected key: value");
        break;
      }
      ++i_;
      if (value.find(key.text) != nullptr) fail("the key " + key.text + " is given twice");
      Value element = any(depth + 1);
      value.entries.push_back({key.text, key.at, std::move(element)});
    } while (ok_ && another('}'));
    return value;
  }

  std::string_view text_;
  const Position& at_;
  Diagnostics& diagnostics_;
  std::size_t i_ = 0;
  bool ok_ = true;
};

}  // namespace

const ValueEntry* Value::find_entry(std::string_view key) const {
  for (const ValueEntry& entry : entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

const Value* Value::find(std::string_view key) const {
  const ValueEntry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Value* Value::find(std::string_view key) {
  for (ValueEntry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

Value nothing_at(const Position& at) {
  Value value;
  value.at = at;
  return value;
}

std::string Value::describe() const {
  constexpr std::size_t kLongest = 60;
  switch (kind) {
    case Kind::null:
      return "nothing";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a map";
    case Kind::scalar:
      break;
  }
  if (text.empty()) return "an empty text";
  return text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
}

Value parse_flow(std::string_view text, const Position& at, Diagnostics& diagnostics) {
  return FlowParser(text, at, diagnostics).whole();
}

}  // namespace coalmine
