// In: a kernel and the size of a launch. Out: each block run on this processor: a fiber a thread, barriers and exchanges between them.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace fibers {
struct Index { unsigned x, y, z; };
/** As in device.h. */
struct Device {
  Index thread, block, threads, blocks;
  void (*barrier)();
  void (*warpBarrier)();
  unsigned long long (*exchange)(unsigned long long value, unsigned lane);
};
using Kernel = void (*)(void **arguments);
enum class State { ready, atBarrier, atWarpBarrier, done };
constexpr size_t stackBytes = 128 << 10;

struct Fiber {
  void *stack = nullptr;
  char *memory = nullptr;
  State state = State::done;
  Index at{};
  unsigned exchanges = 0;
};

inline Device device;
inline std::vector<Fiber> all;
inline Fiber *current;
inline void *scheduler;
inline Kernel body;
inline void **arguments;
inline unsigned long long slots[2][1024];

extern "C" void stand_in_switch(void **save, void *to);
#if defined(__x86_64__)
asm(R"(
.text
.hidden stand_in_switch
.globl stand_in_switch
stand_in_switch:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
)");
inline void *fresh(char *top, void (*entry)()) {
  void **stack = reinterpret_cast<void **>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t{15});
  *--stack = nullptr;
  *--stack = reinterpret_cast<void *>(entry);
  for (int i = 0; i < 6; i++) *--stack = nullptr;
  return stack;
}
#elif defined(__aarch64__)
asm(R"(
.text
.hidden stand_in_switch
.globl stand_in_switch
stand_in_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]; stp x21, x22, [sp, #16]; stp x23, x24, [sp, #32]; stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]; stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]; stp d10, d11, [sp, #112]; stp d12, d13, [sp, #128]; stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]; ldp x21, x22, [sp, #16]; ldp x23, x24, [sp, #32]; ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]; ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]; ldp d10, d11, [sp, #112]; ldp d12, d13, [sp, #128]; ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
)");
inline void *fresh(char *top, void (*entry)()) {
  char *stack = reinterpret_cast<char *>(reinterpret_cast<uintptr_t>(top) & ~uintptr_t{15}) - 160;
  memset(stack, 0, 160);
  void *address = reinterpret_cast<void *>(entry);
  memcpy(stack + 88, &address, sizeof address);
  return stack;
}
#endif

inline void wait(State state) {
  Fiber &self = *current;
  self.state = state;
  stand_in_switch(&self.stack, scheduler);
}
inline unsigned number(const Fiber &fiber) { return static_cast<unsigned>(&fiber - all.data()); }
inline unsigned long long exchange(unsigned long long value, unsigned lane) {
  // Two sets of slots: a lane can be at most one exchange ahead of another.
  unsigned long long *set = slots[current->exchanges++ & 1];
  const unsigned self = number(*current);
  set[self] = value;
  wait(State::atWarpBarrier);
  return set[(self & ~31u) | (lane & 31u)];
}
inline void entry() {
  body(arguments);
  wait(State::done);
}
inline void resume(Fiber &fiber) {
  current = &fiber;
  device.thread = fiber.at;
  stand_in_switch(&scheduler, fiber.stack);
}

/** Lets all of `[from, to)` go on that wait in `state`, if every one that is not done does. */
inline bool release(unsigned from, unsigned to, State state) {
  bool any = false;
  for (unsigned i = from; i < to; i++) {
    if (all[i].state == State::done) continue;
    if (all[i].state != state) return false;
    any = true;
  }
  for (unsigned i = from; any && i < to; i++)
    if (all[i].state == state) all[i].state = State::ready;
  return any;
}

/** One block; false where its threads wait for each other for ever. */
inline bool block(unsigned count, bool backwards) {
  const Index size = device.threads;
  for (unsigned i = 0; i < count; i++) {
    Fiber &fiber = all[i];
    fiber.stack = fresh(fiber.memory + stackBytes, entry);
    fiber.state = State::ready;
    fiber.exchanges = 0;
    fiber.at = {i % size.x, i / size.x % size.y, i / (size.x * size.y)};
  }
  for (;;) {
    for (unsigned k = 0; k < count; k++) {
      Fiber &fiber = all[backwards ? count - 1 - k : k];
      if (fiber.state == State::ready) resume(fiber);
    }
    bool moved = release(0, count, State::atBarrier), live = false;
    for (unsigned from = 0; from < count; from += 32) moved |= release(from, from + 32 < count ? from + 32 : count, State::atWarpBarrier);
    for (unsigned i = 0; i < count; i++) live |= all[i].state != State::done;
    if (!live) return true;
    if (!moved) return false;
  }
}

/** A launch; false where a barrier is not reached by all threads of a block. */
inline bool run(Kernel kernel, Index blocks, Index threads, void **values, void (*give)(Device *)) {
  const unsigned count = threads.x * threads.y * threads.z;
  while (all.size() < count) {
    all.emplace_back();
    all.back().memory = static_cast<char *>(malloc(stackBytes));
  }
  body = kernel;
  arguments = values;
  device.barrier = [] { wait(State::atBarrier); };
  device.warpBarrier = [] { wait(State::atWarpBarrier); };
  device.exchange = exchange;
  device.threads = threads;
  device.blocks = blocks;
  give(&device);
  for (unsigned z = 0; z < blocks.z; z++)
    for (unsigned y = 0; y < blocks.y; y++)
      for (unsigned x = 0; x < blocks.x; x++) {
        device.block = {x, y, z};
        // Every other block runs its threads from the last to the first, so that a missing barrier shows.
        if (!block(count, x & 1)) return false;
      }
  return true;
}
} // namespace fibers
