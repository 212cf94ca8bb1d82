// Playing requests allocates nothing: what waits for memory is the control plane's and the start.
#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "bench/reference_load.h"

// Sanitizers bring their own operator new: there the worlds are only played.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COALMINE_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COALMINE_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef COALMINE_COUNTS_ALLOCATIONS
#define COALMINE_COUNTS_ALLOCATIONS 1
#endif

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> bytes{0};

}  // namespace

#if COALMINE_COUNTS_ALLOCATIONS

namespace {

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  bytes += size;
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* memory = alignment <= alignof(std::max_align_t) ? std::malloc(size == 0 ? 1 : size)
                                                        : std::aligned_alloc(alignment, whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// The standard's other forms end in these.
void* operator new(std::size_t size) {
  return counted(size, 1);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

#endif

namespace {

using namespace coalmine;
using namespace std::chrono_literals;

constexpr bool kCounts = COALMINE_COUNTS_ALLOCATIONS != 0;

struct Memory {
  std::uint64_t allocations = 0;
  std::uint64_t bytes = 0;
};

/// What is allocated while the plane plays, its counters read every 15 s as a scraper does.
Memory allocated_while_playing(DataPlane& plane, Duration from, Duration until) {
  const Memory before{allocations, bytes};
  for (Duration t = from; t <= until; t += 15s) {
    plane.run_until(kTimeZero + t);
    plane.settle();
  }
  return {allocations - before.allocations, bytes - before.bytes};
}

struct Played {
  std::uint64_t requests = 0;
  Memory memory;
};

/// Ten minutes, after five in which queues, tables and heaps grow to what the load needs.
Played play_on(DataPlane& plane) {
  const Memory at_first = allocated_while_playing(plane, 0s, 5min);
  if (kCounts) CHECK(at_first.allocations > 10);
  const std::uint64_t before = plane.sent();
  const Memory memory = allocated_while_playing(plane, 5min, 15min);
  return {plane.sent() - before, memory};
}

/// One of the tables may still double, at a new maximum of the load, however many requests come.
/// The bytes tell it from a table that keeps something of every request and doubles as seldom: they
/// are not one bit of each.
void check_allocates_nothing(DataPlane& plane) {
  const Played played = play_on(plane);
  CHECK(played.requests > 230'000);  // of 400/s or more
  CHECK(played.memory.allocations <= 4);
  CHECK(played.memory.bytes * 8 < played.requests);
}

}  // namespace

TEST_CASE("a request in a closed pod allocates nothing", "[traffic][allocation]") {
  bench::ReferenceLoad load;
  load.length = 15min;
  check_allocates_nothing(*bench::reference_load(load));
}

TEST_CASE("a request in a stepped pod allocates nothing", "[traffic][allocation]") {
  bench::ReferenceLoad load;
  load.length = 15min;
  load.always_stepped = true;
  check_allocates_nothing(*bench::reference_load(load));
}

TEST_CASE("a request that calls another service allocates nothing", "[traffic][allocation]") {
  check_allocates_nothing(*bench::calling_load(15min));
}

TEST_CASE("a plane that keeps a record of every request is found out", "[traffic][allocation]") {
  const auto plane = bench::calling_load(15min);
  std::vector<RequestRecord> records;
  plane->trace_to(&records);
  const Played played = play_on(*plane);
  if (kCounts) CHECK(played.memory.bytes * 8 > played.requests);
}
