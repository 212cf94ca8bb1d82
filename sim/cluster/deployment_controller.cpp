#include "sim/cluster/deployment_controller.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {
namespace {

bool older(const ReplicaSetState& a, const ReplicaSetState& b) {
  return a.created != b.created ? a.created < b.created : a.name < b.name;
}

int surge_of(const DeploymentSpec& spec) {
  if (spec.strategy == DeploymentStrategy::recreate) return 0;
  return fenceposts(spec.max_surge, spec.max_unavailable, spec.replicas).surge;
}

/// One sync. `sets_` is the controller's copy: created and resized sets are entered in it, their
/// statuses stay as last reported.
class Sync {
 public:
  Sync(const DeploymentView& view, Time now)
      : view_(view),
        spec_(view.spec),
        now_(now),
        surge_(surge_of(view.spec)),
        sets_(view.replica_sets.begin(), view.replica_sets.end()) {
    std::sort(sets_.begin(), sets_.end(), older);
    const auto match = std::find_if(sets_.begin(), sets_.end(), [&](const ReplicaSetState& rs) {
      return rs.template_hash == view_.template_hash;
    });
    if (match != sets_.end()) new_index_ = static_cast<std::size_t>(match - sets_.begin());
    actions_.record = view.record;
  }

  DeploymentActions run() {
    account_for_pause();
    if (spec_.paused || is_scaling_event()) {
      if (new_set()) adopt_new();
      scale();
      if (spec_.paused) clean_up_history();
      write_counts();
      return std::move(actions_);
    }
    if (spec_.strategy == DeploymentStrategy::recreate) {
      recreate();
    } else {
      rolling_update();
    }
    return std::move(actions_);
  }

 private:
  ReplicaSetState* new_set() { return new_index_ < sets_.size() ? &sets_[new_index_] : nullptr; }
  bool is_new(const ReplicaSetState& rs) { return &rs == new_set(); }
  int total_spec() const {
    int sum = 0;
    for (const ReplicaSetState& rs : sets_) sum += rs.spec;
    return sum;
  }
  bool has_deadline() const { return spec_.progress_deadline != kForever; }

  void set_progress(Progress reason) {
    DeploymentRecord& record = actions_.record;
    if (record.progress == reason && reason != Progress::replica_set_updated) return;
    record.progress = reason;
    record.progress_at = now_;
  }

  void account_for_pause() {
    const Progress reason = actions_.record.progress;
    if (!has_deadline() || reason == Progress::deadline_exceeded) return;
    if (spec_.paused) set_progress(Progress::paused);
    if (!spec_.paused && reason == Progress::paused) set_progress(Progress::resumed);
  }

  bool is_scaling_event() const {
    return std::any_of(sets_.begin(), sets_.end(), [&](const ReplicaSetState& rs) {
      return rs.spec > 0 && rs.desired && *rs.desired != spec_.replicas;
    });
  }

  // --- the new ReplicaSet ---

  int next_revision() {
    int highest = 0;
    for (const ReplicaSetState& rs : sets_)
      if (!is_new(rs)) highest = std::max(highest, rs.revision);
    return highest + 1;
  }

  /// The new set exists: its revision becomes the highest, its former one history.
  void adopt_new() {
    ReplicaSetState& rs = *new_set();
    const int revision = next_revision();
    if (revision > rs.revision) {
      constexpr std::size_t kLongestHistory = 2000;
      std::string history = rs.revision_history;
      if (rs.revision > 0) {
        if (!history.empty()) history += ',';
        history += std::to_string(rs.revision);
      }
      while (history.size() > kLongestHistory) history.erase(0, history.find(',') + 1);
      rs.revision = revision;
      rs.revision_history = history;
      actions_.revise = RevisionUpdate{rs.id, revision, history};
    }
    actions_.record.revision = rs.revision;
    if (has_deadline() && actions_.record.progress == Progress::none)
      set_progress(Progress::found_new_replica_set);
  }

  void find_or_create_new() {
    if (new_set()) {
      adopt_new();
      return;
    }
    ReplicaSetState rs;
    rs.created = now_;
    rs.template_hash = view_.template_hash;
    rs.revision = next_revision();
    rs.spec = new_set_size(0);
    rs.desired = spec_.replicas;
    rs.max_replicas = spec_.replicas + surge_;
    actions_.create = ReplicaSetUpdate{rs.id, rs.spec, *rs.desired, rs.max_replicas};
    actions_.revise = RevisionUpdate{rs.id, rs.revision, ""};
    actions_.record.revision = rs.revision;
    sets_.push_back(rs);
    new_index_ = sets_.size() - 1;
    if (has_deadline()) set_progress(Progress::new_replica_set_created);
  }

  /// As large as the ceiling of replicas + surge allows.
  int new_set_size(int current) const {
    if (spec_.strategy == DeploymentStrategy::recreate) return spec_.replicas;
    const int room = spec_.replicas + surge_ - total_spec();
    return room <= 0 ? current : current + std::min(room, spec_.replicas - current);
  }

  /// Sizes a set; true: that was a change.
  bool resize(ReplicaSetState& rs, int size) {
    if (rs.spec == size) return false;
    write(rs, size);
    return true;
  }
  void write(ReplicaSetState& rs, int size) {
    CM_ASSERT(size >= 0);
    const int most = spec_.replicas + surge_;
    if (rs.spec == size && rs.desired == spec_.replicas && rs.max_replicas == most) return;
    rs.spec = size;
    rs.desired = spec_.replicas;
    rs.max_replicas = most;
    const ReplicaSetUpdate update{rs.id, size, spec_.replicas, rs.max_replicas};
    const auto earlier = std::find_if(actions_.resize.begin(),
                                      actions_.resize.end(),
                                      [&](const auto& u) { return u.id == rs.id; });
    if (earlier == actions_.resize.end()) {
      actions_.resize.push_back(update);
    } else {
      *earlier = update;
    }
  }

  // --- RollingUpdate (section 3) ---

  void rolling_update() {
    find_or_create_new();
    ReplicaSetState& rs = *new_set();
    if (rs.spec != spec_.replicas) {
      const int size = rs.spec > spec_.replicas ? spec_.replicas : new_set_size(rs.spec);
      if (!actions_.create && resize(rs, size)) return write_rollout_status();
    }
    if (shrink_old_sets()) return write_rollout_status();
    if (complete(spec_, view_.record.counts) &&
        view_.record.observed_generation >= view_.generation)
      clean_up_history();
    write_rollout_status();
  }

  bool shrink_old_sets() {
    const ReplicaSetState& fresh = *new_set();
    int available = 0;
    for (const ReplicaSetState& rs : sets_) available += rs.status.available;
    const int keep = min_available(spec_);
    int budget = total_spec() - keep - (fresh.spec - fresh.status.available);
    if (budget <= 0) return false;
    bool changed = false;
    // Pods that serve nobody go first, whatever the number of available ones.
    for (ReplicaSetState& rs : sets_) {
      if (is_new(rs) || rs.spec == 0 || budget <= 0) continue;
      const int unhealthy = std::min(budget, rs.spec - rs.status.available);
      if (unhealthy <= 0) continue;
      budget -= unhealthy;
      changed |= resize(rs, rs.spec - unhealthy);
    }
    // Then as many available ones as there are too many; the budget above does not limit them.
    int surplus = available - keep;
    for (ReplicaSetState& rs : sets_) {
      if (is_new(rs) || surplus <= 0) continue;
      const int taken = std::min(rs.spec, surplus);
      surplus -= taken;
      if (taken > 0) changed |= resize(rs, rs.spec - taken);
    }
    return changed;
  }

  // --- Recreate (section 4) ---

  void recreate() {
    if (new_set()) adopt_new();
    bool changed = false;
    bool old_pods = false;
    for (ReplicaSetState& rs : sets_) {
      if (is_new(rs)) continue;
      changed |= resize(rs, 0);
      old_pods |= rs.status.replicas > 0 || rs.has_running_pods;
    }
    if (changed || old_pods) return write_rollout_status();
    find_or_create_new();
    resize(*new_set(), spec_.replicas);
    if (complete(spec_, view_.record.counts) &&
        view_.record.observed_generation >= view_.generation)
      clean_up_history();
    write_rollout_status();
  }

  // --- scaling (section 5) ---

  void scale() {
    std::vector<ReplicaSetState*> active;
    for (ReplicaSetState& rs : sets_)
      if (rs.spec > 0) active.push_back(&rs);
    if (active.size() <= 1) {
      ReplicaSetState* only = !active.empty() ? active[0] : new_set();
      if (!only && !sets_.empty()) only = &sets_.back();
      if (only) resize(*only, spec_.replicas);
      return;
    }
    if (new_set_saturated()) {
      for (ReplicaSetState* rs : active)
        if (!is_new(*rs)) resize(*rs, 0);
      return;
    }
    if (spec_.strategy == DeploymentStrategy::rolling_update) scale_in_proportion(active);
  }

  bool new_set_saturated() {
    const ReplicaSetState* rs = new_set();
    return rs && rs->spec == spec_.replicas && rs->desired == spec_.replicas &&
           rs->status.available == spec_.replicas;
  }

  void scale_in_proportion(std::vector<ReplicaSetState*>& active) {
    int total = 0;
    for (const ReplicaSetState* rs : active) total += rs->spec;
    const int allowed = spec_.replicas > 0 ? spec_.replicas + surge_ : 0;
    const int add = allowed - total;
    std::sort(active.begin(), active.end(), [add](const auto* a, const auto* b) {
      if (a->spec != b->spec) return a->spec > b->spec;
      return add > 0 ? older(*b, *a) : older(*a, *b);
    });
    std::vector<int> sizes;
    int added = 0;
    for (const ReplicaSetState* rs : active) {
      const int left = add - added;
      const int share = left == 0 ? 0
                        : add > 0 ? std::min(fraction(*rs), left)
                                  : std::max(fraction(*rs), left);
      sizes.push_back(rs->spec + share);
      added += share;
    }
    sizes[0] = std::max(0, sizes[0] + add - added);
    for (std::size_t i = 0; i < active.size(); ++i) write(*active[i], std::max(0, sizes[i]));
  }

  /// What the set gains or loses if the whole Deployment changes by the same factor; halves round
  /// away from zero.
  int fraction(const ReplicaSetState& rs) const {
    if (spec_.replicas == 0) return -rs.spec;
    const std::int64_t before =
        rs.max_replicas > 0 ? rs.max_replicas : view_.record.counts.replicas;
    if (before <= 0) return 0;
    const std::int64_t scaled = std::int64_t{rs.spec} * (spec_.replicas + surge_);
    return static_cast<int>((2 * scaled + before) / (2 * before)) - rs.spec;
  }

  // --- status (section 6) and history (section 7.2) ---

  void write_counts() {
    DeploymentCounts counts;
    for (const ReplicaSetState& rs : sets_) {
      counts.replicas += rs.status.replicas;
      counts.ready += rs.status.ready;
      counts.available += rs.status.available;
      counts.terminating += rs.status.terminating;
    }
    counts.updated = new_set() ? new_set()->status.replicas : 0;
    counts.unavailable = std::max(0, total_spec() - counts.available);
    actions_.record.counts = counts;
    actions_.record.has_minimum = counts.available >= min_available(spec_);
    actions_.record.observed_generation = view_.generation;
  }

  void write_rollout_status() {
    write_counts();
    if (!has_deadline()) {
      actions_.record.progress = Progress::none;
      return;
    }
    const DeploymentCounts& before = view_.record.counts;
    const DeploymentCounts& now = actions_.record.counts;
    const Progress reason = actions_.record.progress;
    const bool settled =
        reason == Progress::new_replica_set_available && now.replicas == now.updated;
    if (!settled) {
      const bool progressing = now.updated > before.updated ||
                               now.replicas - now.updated < before.replicas - before.updated ||
                               now.ready > before.ready || now.available > before.available;
      if (complete(spec_, now)) {
        set_progress(Progress::new_replica_set_available);
      } else if (progressing) {
        set_progress(Progress::replica_set_updated);
      } else if (timed_out()) {
        set_progress(Progress::deadline_exceeded);
      }
    }
    plan_next_look();
  }

  bool timed_out() const {
    const DeploymentRecord& record = actions_.record;
    return record.progress != Progress::none &&
           record.progress != Progress::new_replica_set_available &&
           add_saturating(record.progress_at, spec_.progress_deadline) < now_;
  }

  void plan_next_look() {
    const DeploymentRecord& record = actions_.record;
    if (record.progress == Progress::none || record.progress == Progress::deadline_exceeded ||
        complete(spec_, record.counts))
      return;
    // The deadline is checked a second late, so that it has passed then.
    const Duration left = record.progress_at - now_ + spec_.progress_deadline;
    actions_.look_again = std::max<Duration>(left, {}) + std::chrono::seconds(1);
  }

  void clean_up_history() {
    std::vector<const ReplicaSetState*> olds;
    for (const ReplicaSetState& rs : sets_)
      if (!is_new(rs)) olds.push_back(&rs);
    const int cut = static_cast<int>(olds.size()) - spec_.revision_history_limit;
    if (cut <= 0) return;
    std::sort(olds.begin(), olds.end(), [](const auto* a, const auto* b) {
      return a->revision != b->revision ? a->revision < b->revision : older(*a, *b);
    });
    for (int i = 0; i < cut; ++i) {
      const ReplicaSetState& rs = *olds[static_cast<std::size_t>(i)];
      if (rs.spec == 0 && rs.status.replicas == 0 && rs.status_observed)
        actions_.remove.push_back(rs.id);
    }
  }

  const DeploymentView& view_;
  const DeploymentSpec& spec_;
  Time now_;
  int surge_;
  std::vector<ReplicaSetState> sets_;  ///< oldest first; one just created last
  std::size_t new_index_ = static_cast<std::size_t>(-1);
  DeploymentActions actions_;
};

}  // namespace

const char* to_text(Progress reason) {
  switch (reason) {
    case Progress::none:
      break;
    case Progress::new_replica_set_created:
      return "NewReplicaSetCreated";
    case Progress::found_new_replica_set:
      return "FoundNewReplicaSet";
    case Progress::replica_set_updated:
      return "ReplicaSetUpdated";
    case Progress::new_replica_set_available:
      return "NewReplicaSetAvailable";
    case Progress::deadline_exceeded:
      return "ProgressDeadlineExceeded";
    case Progress::paused:
      return "DeploymentPaused";
    case Progress::resumed:
      return "DeploymentResumed";
  }
  return "";
}

DeploymentActions decide(const DeploymentView& view, Time now) {
  return Sync(view, now).run();
}

int effective_unavailable(const DeploymentSpec& spec) {
  if (spec.strategy == DeploymentStrategy::recreate || spec.replicas == 0) return 0;
  return std::min(fenceposts(spec.max_surge, spec.max_unavailable, spec.replicas).unavailable,
                  spec.replicas);
}

int min_available(const DeploymentSpec& spec) {
  return spec.replicas - effective_unavailable(spec);
}

bool complete(const DeploymentSpec& spec, const DeploymentCounts& counts) {
  return counts.updated == spec.replicas && counts.replicas == spec.replicas &&
         counts.available == spec.replicas;
}

std::optional<ReplicaSetId> undo_target(std::span<const ReplicaSetState> replica_sets) {
  const ReplicaSetState* highest = nullptr;
  const ReplicaSetState* second = nullptr;
  for (const ReplicaSetState& rs : replica_sets) {
    if (!highest || rs.revision > highest->revision) {
      second = highest;
      highest = &rs;
    } else if (!second || rs.revision > second->revision) {
      second = &rs;
    }
  }
  if (!second || second->revision == 0) return std::nullopt;
  return second->id;
}

}  // namespace coalmine
