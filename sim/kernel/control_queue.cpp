#include "sim/kernel/control_queue.h"

#include <utility>

#include "sim/kernel/assert.h"

namespace coalmine {

bool ControlQueue::before(const Entry& a, const Entry& b) {
  if (a.time != b.time) return a.time < b.time;
  if (a.place != b.place) return a.place < b.place;
  return a.sequence < b.sequence;
}

ControlQueue::EventId ControlQueue::push(Time when, Action action, Place place) {
  CM_ASSERT(action != nullptr);
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  slots_[slot].action = std::move(action);
  const Entry entry{when, place, next_sequence_++, slot};
  heap_.push_back(entry);
  move_up(heap_.size() - 1, entry);
  return EventId{slots_[slot].generation} << 32 | slot;
}

bool ControlQueue::cancel(EventId id) {
  const auto slot = static_cast<std::uint32_t>(id);
  const auto generation = static_cast<std::uint32_t>(id >> 32);
  if (slot >= slots_.size() || slots_[slot].generation != generation) return false;
  if (slots_[slot].heap_index == kFree) return false;
  // The action dies last, when the queue is whole again: what it owns may schedule or cancel.
  const Action dropped = remove(slots_[slot].heap_index);
  return true;
}

Time ControlQueue::next_time() const {
  return heap_.empty() ? kNever : heap_.front().time;
}

ControlQueue::Action ControlQueue::pop() {
  CM_ASSERT(!heap_.empty());
  return remove(0);
}

void ControlQueue::clear() {
  while (!heap_.empty()) const Action dropped = remove(heap_.size() - 1);
}

void ControlQueue::put(std::size_t index, const Entry& entry) {
  heap_[index] = entry;
  slots_[entry.slot].heap_index = static_cast<std::uint32_t>(index);
}

void ControlQueue::move_up(std::size_t index, const Entry& entry) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (!before(entry, heap_[parent])) break;
    put(index, heap_[parent]);
    index = parent;
  }
  put(index, entry);
}

void ControlQueue::move_down(std::size_t index, const Entry& entry) {
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(heap_[child + 1], heap_[child])) ++child;
    if (!before(heap_[child], entry)) break;
    put(index, heap_[child]);
    index = child;
  }
  put(index, entry);
}

ControlQueue::Action ControlQueue::remove(std::size_t heap_index) {
  const std::uint32_t slot = heap_[heap_index].slot;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (heap_index < heap_.size()) {
    // The last entry fills the hole; it may belong above or below it.
    if (heap_index > 0 && before(last, heap_[(heap_index - 1) / 2])) {
      move_up(heap_index, last);
    } else {
      move_down(heap_index, last);
    }
  }
  Action action = std::move(slots_[slot].action);
  slots_[slot].action = nullptr;
  slots_[slot].heap_index = kFree;
  if (++slots_[slot].generation == 0) slots_[slot].generation = 1;
  free_slots_.push_back(slot);
  return action;
}

}  // namespace coalmine
