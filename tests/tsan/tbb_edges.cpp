// SPDX-License-Identifier: MIT
/// Tells ThreadSanitizer what it cannot see in Debian's oneTBB, which is built without it: that what happened before a
/// task was submitted happened before the task runs, that a run's tasks happened before the wait for them returns, and
/// that memory which is handed out again was given back before. So no report has to be suppressed, and what is
/// reported about the engine is the engine's.
///
/// The functions below stand in front of those of libtbb (2021.8) and call them. Tests under -fsanitize=thread only.
#include <dlfcn.h>
#include <oneapi/tbb/task_arena.h>
#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

/// libtbb's own function of that (mangled) name.
template <class F>
F* next(const char* name) {
  void* function = dlsym(RTLD_NEXT, name);
  if (!function) std::abort();
  return reinterpret_cast<F*>(function);
}

/// Runs in place of a task: takes over what its submitter did, and has the scheduler run the task next.
class Handover final : public tbb::detail::d1::task {
 public:
  explicit Handover(tbb::detail::d1::task& real) : real_(real) { __tsan_release(this); }

 private:
  using Execution = tbb::detail::d1::execution_data;
  task* execute(Execution&) override { return &take(); }
  task* cancel(Execution& execution) override { return take().cancel(execution); }
  task& take() {
    __tsan_acquire(this);
    task& real = real_;
    delete this;
    return real;
  }

  task& real_;
};

}  // namespace

namespace tbb::detail::r1 {

void submit(d1::task& task, d1::task_group_context& context, arena* where, std::uintptr_t critical) {
  static const auto real = next<void(d1::task&, d1::task_group_context&, arena*, std::uintptr_t)>(
      "_ZN3tbb6detail2r16submitERNS0_2d14taskERNS2_18task_group_contextEPNS1_5arenaEm");
  real(*new Handover(task), context, where, critical);
}

void wait(d1::wait_context& waited, d1::task_group_context& context) {
  static const auto real = next<void(d1::wait_context&, d1::task_group_context&)>(
      "_ZN3tbb6detail2r14waitERNS0_2d112wait_contextERNS2_18task_group_contextE");
  real(waited, context);
  // Its counter, which every task has lowered: the second word.
  static_cast<void>(reinterpret_cast<std::atomic<std::uint64_t>*>(&waited)[1].load(std::memory_order_acquire));
}

void* allocate(d1::small_object_pool*& pool, std::size_t bytes) {
  static const auto real =
      next<void*(d1::small_object_pool*&, std::size_t)>("_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEm");
  void* memory = real(pool, bytes);
  __tsan_acquire(memory);
  return memory;
}

void* allocate(d1::small_object_pool*& pool, std::size_t bytes, const d1::execution_data& execution) {
  static const auto real = next<void*(d1::small_object_pool*&, std::size_t, const d1::execution_data&)>(
      "_ZN3tbb6detail2r18allocateERPNS0_2d117small_object_poolEmRKNS2_14execution_dataE");
  void* memory = real(pool, bytes, execution);
  __tsan_acquire(memory);
  return memory;
}

void deallocate(d1::small_object_pool& pool, void* memory, std::size_t bytes) {
  static const auto real = next<void(d1::small_object_pool&, void*, std::size_t)>(
      "_ZN3tbb6detail2r110deallocateERNS0_2d117small_object_poolEPvm");
  __tsan_release(memory);
  real(pool, memory, bytes);
}

void deallocate(d1::small_object_pool& pool, void* memory, std::size_t bytes, const d1::execution_data& execution) {
  static const auto real = next<void(d1::small_object_pool&, void*, std::size_t, const d1::execution_data&)>(
      "_ZN3tbb6detail2r110deallocateERNS0_2d117small_object_poolEPvmRKNS2_14execution_dataE");
  __tsan_release(memory);
  real(pool, memory, bytes, execution);
}

void* cache_aligned_allocate(std::size_t bytes) {
  static const auto real = next<void*(std::size_t)>("_ZN3tbb6detail2r122cache_aligned_allocateEm");
  void* memory = real(bytes);
  __tsan_acquire(memory);
  return memory;
}

void cache_aligned_deallocate(void* memory) {
  static const auto real = next<void(void*)>("_ZN3tbb6detail2r124cache_aligned_deallocateEPv");
  __tsan_release(memory);
  real(memory);
}

}  // namespace tbb::detail::r1
