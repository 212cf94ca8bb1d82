/// The queue of control events: thousands an hour, so clarity comes before speed (requests have
/// their own heap, hot_heap.h).
///
/// Order: time; at equal times ordinary events before those at the end of the instant; within
/// these in scheduling order. The order is total and depends on nothing but the calls made, so a
/// run repeats exactly. A cancelled event leaves at once, together with whatever its action owns.
/// push, pop and cancel cost O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sim/kernel/time.h"

namespace coalmine {

class ControlQueue {
 public:
  using Action = std::function<void()>;
  using EventId = std::uint64_t;  ///< never 0 and never given twice (within 2^32 uses of a slot)

  /// Where an event stands among those of the same time.
  enum class Place : std::uint8_t { kOrdinary, kEndOfInstant };

  ControlQueue() = default;
  ~ControlQueue() { clear(); }
  ControlQueue(const ControlQueue&) = delete;
  ControlQueue& operator=(const ControlQueue&) = delete;

  EventId push(Time when, Action action, Place place = Place::kOrdinary);
  bool cancel(EventId id);  ///< false: no such event, it was popped or cancelled before

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  Time next_time() const;  ///< kNever when empty
  Action pop();            ///< the first event's action; the queue must not be empty
  void clear();            ///< drops all events, also those that dying actions schedule

 private:
  struct Entry {
    Time time;
    Place place;
    std::uint64_t sequence;
    std::uint32_t slot;
  };
  struct Slot {
    Action action;
    std::uint32_t generation = 1;  ///< moves on when the slot is freed: old ids no longer match
    std::uint32_t heap_index = kFree;
  };
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  static bool before(const Entry& a, const Entry& b);
  void put(std::size_t index, const Entry& entry);
  void move_up(std::size_t index, const Entry& entry);
  void move_down(std::size_t index, const Entry& entry);
  Action remove(std::size_t heap_index);

  std::vector<Entry> heap_;  ///< binary heap
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t next_sequence_ = 0;
};

}  // namespace coalmine
