/// The event heap of the data tier: millions of events a second, none of them allocated.
///
/// An implicit 4-ary min-heap of 16-byte entries ordered by (time, sequence, payload), compared as
/// one 128-bit number: a total order, so runs repeat, and equal times come in the order of their
/// sequence numbers. The four children of a node share one cache line, and the smallest of them is
/// selected without branches: their order is random, a predictor would miss every other time.
/// Nothing is ever taken out of the middle: owners cancel by a generation of their own and skip
/// stale entries. push, pop and replace_top cost O(log4 n); replace_top is one walk where pop and
/// push are two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "sim/kernel/assert.h"

namespace coalmine {

class HotHeap {
 public:
  struct Entry {
    std::int64_t time_ns = 0;    ///< any value
    std::uint32_t sequence = 0;  ///< breaks ties of time; given by the owner, unique among equals
    std::uint32_t payload = 0;   ///< the owner's: an index, usually
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  explicit HotHeap(std::size_t capacity = 64) { reserve(capacity); }
  HotHeap(const HotHeap& other) { *this = other; }
  HotHeap& operator=(const HotHeap& other) {
    if (this == &other) return *this;
    if (size_ > 0) clear();
    reserve(other.capacity_);
    std::copy_n(other.nodes(), other.size_, nodes());
    size_ = other.size_;
    return *this;
  }
  ~HotHeap() = default;
  HotHeap(HotHeap&&) noexcept = default;
  HotHeap& operator=(HotHeap&&) noexcept = default;

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  void clear() {
    std::fill_n(nodes(), size_, kLast);
    size_ = 0;
  }

  /// All of them, in no order.
  std::vector<Entry> entries() const {
    std::vector<Entry> all;
    for (std::size_t i = 0; i < size_; ++i) all.push_back(unpack(nodes()[i]));
    return all;
  }
  /// The first entry; the heap must not be empty (unchecked here and below: the hot path).
  Entry top() const { return unpack(nodes()[0]); }
  /// The first entry's time, or the largest time when empty: what a merge of streams compares.
  std::int64_t top_time_ns() const { return time_of(nodes()[0]); }

  void push(const Entry& entry) {
    if (size_ == capacity_) grow(2 * capacity_);
    const Node node = pack(entry);
    Node* const heap = nodes();
    std::size_t i = size_++;
    while (i > 0) {
      const std::size_t parent = (i - 1) / kArity;
      if (!before(node, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = node;
  }

  Entry pop() {
    Node* const heap = nodes();
    const Entry first = unpack(heap[0]);
    const Node node = heap[--size_];
    heap[size_] = kLast;
    if (size_ > 0) sift_down(node);
    return first;
  }

  /// pop() and push(entry) in one.
  void replace_top(const Entry& entry) { sift_down(pack(entry)); }

 private:
  /// time with its sign bit flipped, and the sequence in the high half of `tie`: (time, tie) orders
  /// like one unsigned number.
  struct Node {
    std::uint64_t time;
    std::uint64_t tie;
  };
  __extension__ using Key = unsigned __int128;
  static constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

  static constexpr std::size_t kArity = 4;
  static constexpr std::size_t kLine = 64;
  /// Unused places hold the last node there can be, so every family has four children to look at.
  static constexpr Node kLast{std::numeric_limits<std::uint64_t>::max(),
                              std::numeric_limits<std::uint64_t>::max()};

  static Node pack(const Entry& e) {
    return {static_cast<std::uint64_t>(e.time_ns) ^ kSignBit,
            std::uint64_t{e.sequence} << 32 | e.payload};
  }
  static std::int64_t time_of(const Node& n) {
    return static_cast<std::int64_t>(n.time ^ kSignBit);
  }
  static Entry unpack(const Node& n) {
    return {time_of(n), static_cast<std::uint32_t>(n.tie >> 32), static_cast<std::uint32_t>(n.tie)};
  }
  static bool before(const Node& a, const Node& b) {
    return (Key{a.time} << 64 | a.tie) < (Key{b.time} << 64 | b.tie);
  }

  void sift_down(const Node node) {
    Node* const heap = nodes();
    const std::size_t size = size_;
    std::size_t i = 0;
    for (;;) {
      const std::size_t child = i * kArity + 1;
      if (child >= size) break;
      // Two semifinals and a final: the first two do not wait for each other. Indices are computed,
      // not chosen by `?:`, which the compiler may turn into a jump.
      const std::size_t left = child + std::size_t{before(heap[child + 1], heap[child])};
      const std::size_t right = child + 2 + std::size_t{before(heap[child + 3], heap[child + 2])};
      const std::size_t least =
          left + (right - left) * std::size_t{before(heap[right], heap[left])};
      if (!before(heap[least], node)) break;
      heap[i] = heap[least];
      i = least;
    }
    heap[i] = node;
  }

  /// The root sits at the end of a cache line, so that every family of children starts one.
  static constexpr std::size_t kOffset = kArity - 1;
  Node* nodes() { return memory_.get() + kOffset; }
  const Node* nodes() const { return memory_.get() + kOffset; }

  void grow(std::size_t capacity) {
    CM_ASSERT(capacity < std::numeric_limits<std::uint32_t>::max());
    const std::size_t places = kOffset + capacity + kArity;
    std::unique_ptr<Node[], Release> memory(
        static_cast<Node*>(::operator new (places * sizeof(Node), std::align_val_t{kLine})));
    std::uninitialized_fill_n(memory.get(), places, kLast);
    if (size_ > 0) std::copy_n(nodes(), size_, memory.get() + kOffset);
    memory_ = std::move(memory);
    capacity_ = capacity;
  }

  struct Release {
    void operator()(Node* p) const { ::operator delete (p, std::align_val_t{kLine}); }
  };

  std::unique_ptr<Node[], Release> memory_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace coalmine
