// SPDX-License-Identifier: MIT
/// The clock of the day, a century or two ahead, and set forward or back each time that somebody looks: to be loaded
/// before a program (LD_PRELOAD). Clocks that only count are left alone.
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace {

constexpr time_t kCentury = time_t{36'525} * 86'400;
std::atomic<unsigned> looks = 0;

time_t jump() {
  return looks++ % 2 == 0 ? kCentury : 2 * kCentury;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += jump();
  return result;
}

int gettimeofday(timeval* now, void* /*zone*/) noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  *now = {time.tv_sec, time.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* now) noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  if (now != nullptr) *now = time.tv_sec;
  return time.tv_sec;
}
}
