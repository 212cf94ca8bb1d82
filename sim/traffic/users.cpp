#include "sim/traffic/users.h"

#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {

Users::Users(UserModel model) : model_(std::move(model)) {
  CM_ASSERT(model_.count > 0 && model_.segments.size() < 63);
  if (model_.zipf > 0) zipf_.emplace(model_.count, model_.zipf);
}

std::uint8_t Users::segment_of(std::uint32_t user) const {
  double u = draw(model_.segment_key, user);
  for (std::size_t i = 0; i < model_.segments.size(); ++i) {
    if (u < model_.segments[i].share) return static_cast<std::uint8_t>(i);
    u -= model_.segments[i].share;
  }
  return kNoSegment;
}

std::uint64_t Users::segments_with(const std::string& header, const std::string& value) const {
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < model_.segments.size(); ++i) {
    const auto found = model_.segments[i].headers.find(header);
    if (found == model_.segments[i].headers.end()) continue;
    if (value.empty() || found->second == value) mask |= std::uint64_t{1} << i;
  }
  return mask;
}

}  // namespace coalmine
