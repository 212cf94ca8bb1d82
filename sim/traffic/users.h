/// The people behind the requests: who sends request i, to which segment they belong, which headers
/// they carry. Everything is a function of ids, so a user is the same person under every strategy.
/// Source: specs/service-models section 3 (user population).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel/distributions.h"
#include "sim/kernel/random.h"

namespace coalmine {

struct SegmentModel {
  std::string name;
  double share = 0;  ///< of the users
  std::map<std::string, std::string> headers;
};

struct UserModel {
  std::uint32_t count = 50000;
  double zipf = 0;  ///< 0: every user equally active
  std::vector<SegmentModel> segments;
  RandomKey who;          ///< request (or session) -> user
  RandomKey segment_key;  ///< user -> segment
};

class Users {
 public:
  static constexpr std::uint8_t kNoSegment = 255;

  explicit Users(UserModel model);
  std::uint32_t count() const { return model_.count; }

  /// The user behind a session; without sessions every request is one.
  std::uint32_t of_session(std::uint64_t session) const {
    const std::uint64_t bits = draw_bits(model_.who, session);
    if (zipf_) return zipf_->rank(to_uniform(bits));
    return static_cast<std::uint32_t>(((bits >> 32) * model_.count) >> 32);
  }
  std::uint8_t segment_of(std::uint32_t user) const;

  /// Which segments carry the header (with the value, unless empty), as a bit set; bit 63: none's.
  std::uint64_t segments_with(const std::string& header, const std::string& value) const;

 private:
  UserModel model_;
  std::optional<ZipfSampler> zipf_;
};

}  // namespace coalmine
