/// CM_ASSERT: a broken invariant of ours, checked in every build type. User mistakes never end
/// here; they are `Diagnostics`. A failure throws `InternalError`, so a front end can say which run
/// broke and go on.
#pragma once

#include <stdexcept>
#include <string>

namespace coalmine {

class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void fail_assertion(const char* what, const char* file, int line) {
  throw InternalError(std::string("internal error: ") + what + " does not hold at " + file + ":" +
                      std::to_string(line));
}

}  // namespace coalmine

#define CM_ASSERT(condition)                                      \
  do {                                                            \
    if (!(condition)) [[unlikely]]                                \
      ::coalmine::fail_assertion(#condition, __FILE__, __LINE__); \
  } while (false)
