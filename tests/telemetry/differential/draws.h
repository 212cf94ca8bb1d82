/// How often each part of the language was drawn.
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace coalmine::promql {

class Draws {
 public:
  /// Parts that must be drawn begin with a count of none.
  void expect(const std::string& part) { counts_[part]; }
  void count(const std::string& part) { ++counts_[part]; }
  /// "function rate" -> 12
  const std::map<std::string, std::size_t>& counts() const { return counts_; }

 private:
  std::map<std::string, std::size_t> counts_;
};

}  // namespace coalmine::promql
