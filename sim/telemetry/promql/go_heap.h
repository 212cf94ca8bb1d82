/// Go's container/heap and the insertion sort of its sort package, step by step: which of several
/// equal elements topk keeps, and in which order they come out, depends on them.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace coalmine::promql {

template <typename T, typename Less>
void go_heap_push(std::vector<T>& heap, T value, Less less) {
  heap.push_back(std::move(value));
  std::size_t child = heap.size() - 1;
  while (child > 0) {
    const std::size_t parent = (child - 1) / 2;
    if (!less(heap[child], heap[parent])) break;
    std::swap(heap[child], heap[parent]);
    child = parent;
  }
}

/// After the first element was replaced.
template <typename T, typename Less>
void go_heap_fix_front(std::vector<T>& heap, Less less) {
  std::size_t parent = 0;
  while (true) {
    std::size_t child = 2 * parent + 1;
    if (child >= heap.size()) return;
    if (child + 1 < heap.size() && less(heap[child + 1], heap[child])) ++child;
    if (!less(heap[child], heap[parent])) return;
    std::swap(heap[parent], heap[child]);
    parent = child;
  }
}

template <typename T, typename Less>
void go_heap_pop(std::vector<T>& heap, Less less) {
  std::swap(heap.front(), heap.back());
  heap.pop_back();
  go_heap_fix_front(heap, less);
}

template <typename T, typename Less>
void go_insertion_sort(std::vector<T>& values, Less less) {
  for (std::size_t i = 1; i < values.size(); ++i)
    for (std::size_t j = i; j > 0 && less(values[j], values[j - 1]); --j)
      std::swap(values[j], values[j - 1]);
}

}  // namespace coalmine::promql
