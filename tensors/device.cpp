// SPDX-License-Identifier: MIT
#include "tensors/device.h"

#include <stdexcept>

#if DECOUPAGE_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#endif

namespace tensors {

#if DECOUPAGE_CUDA
namespace {

void check(cudaError_t error) {
  if (error != cudaSuccess) throw std::runtime_error(std::string("CUDA: ") + cudaGetErrorString(error));
}

/// An event that nobody asks for its time; waiting for it leaves the processor to others.
class Event {
 public:
  Event() { check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming | cudaEventBlockingSync)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(const c10::cuda::CUDAStream& stream) { check(cudaEventRecord(event_, stream.stream())); }
  cudaError_t wait() const { return cudaEventSynchronize(event_); }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace

at::Tensor to_device(const at::Tensor& host, at::Device device) {
  if (!device.is_cuda()) return host.to(device);
  // Pinned memory of libtorch's is not handed out again before the copy is over.
  const at::Tensor pinned = at::empty(host.sizes(), host.options().pinned_memory(true));
  pinned.copy_(host);
  return pinned.to(device, host.scalar_type(), /*non_blocking=*/true);
}

at::Tensor to_host_later(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) return tensor;
  const at::Tensor pinned = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
  pinned.copy_(tensor, /*non_blocking=*/true);
  return pinned;
}

at::Tensor to_host(const at::Tensor& tensor) {
  if (!tensor.is_cuda()) return tensor;
  const at::Tensor host = to_host_later(tensor);
  Event copied;
  copied.record(c10::cuda::getCurrentCUDAStream(tensor.get_device()));
  check(copied.wait());
  return host;
}

void finish(at::Device device) {
  if (!device.is_cuda()) return;
  c10::cuda::set_device(device.index());
  check(cudaDeviceSynchronize());
}

void keep_for_stream(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_cuda()) return;
  c10::cuda::CUDACachingAllocator::recordStream(tensor.storage().data_ptr(),
                                                c10::cuda::getCurrentCUDAStream(tensor.get_device()));
}

int cuda_devices() {
  return c10::cuda::device_count();
}

std::int64_t free_bytes(at::Device device) {
  c10::cuda::set_device(device.index());
  std::size_t free = 0, all = 0;
  check(cudaMemGetInfo(&free, &all));
  return static_cast<std::int64_t>(free);
}

/// A stream, and a thread that waits for what was handed to it, in its order.
class Streams::Lane {
 public:
  explicit Lane(c10::DeviceIndex device)
      : device_(device), stream_(c10::cuda::getStreamFromPool(false, device)), thread_([this] { serve(); }) {}
  ~Lane() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void enter() const {
    c10::cuda::set_device(device_);
    c10::cuda::setCurrentCUDAStream(stream_);
  }
  void leave() const { c10::cuda::setCurrentCUDAStream(c10::cuda::getDefaultCUDAStream(device_)); }

  bool outlasts(std::function<void(const std::string&)> ended) {
    Waiting one{nullptr, cudaStreamQuery(stream_.stream()), std::move(ended)};
    if (one.error == cudaSuccess) return false;
    cudaGetLastError();  // "not ready" is not a fault that the next one who looks should find
    if (one.error == cudaErrorNotReady)
      one.error = cudaEventCreateWithFlags(&one.event, cudaEventDisableTiming | cudaEventBlockingSync);
    if (one.error == cudaSuccess) one.error = cudaEventRecord(one.event, stream_.stream());
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(one));
    }
    changed_.notify_all();
    return true;
  }

 private:
  struct Waiting {
    cudaEvent_t event;
    cudaError_t error;
    std::function<void(const std::string&)> ended;
  };

  void serve() {
    c10::cuda::set_device(device_);
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return over_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      Waiting one = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      if (one.error == cudaSuccess) one.error = cudaEventSynchronize(one.event);
      if (one.event != nullptr) cudaEventDestroy(one.event);
      one.ended(one.error == cudaSuccess ? "" : std::string("CUDA: ") + cudaGetErrorString(one.error));
      one.ended = nullptr;
      lock.lock();
    }
  }

  const c10::DeviceIndex device_;
  const c10::cuda::CUDAStream stream_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  bool over_ = false;
  std::thread thread_;
};

Streams::Streams(at::Device device, int lanes) {
  for (int lane = 0; lane < lanes; ++lane) lanes_.push_back(std::make_unique<Lane>(device.index()));
}
Streams::~Streams() = default;
void Streams::enter(int lane) {
  lanes_.at(static_cast<std::size_t>(lane))->enter();
}
void Streams::leave() {
  lanes_.front()->leave();
}
bool Streams::outlasts(int lane, std::function<void(const std::string&)> ended) {
  return lanes_.at(static_cast<std::size_t>(lane))->outlasts(std::move(ended));
}

#else

at::Tensor to_device(const at::Tensor& host, at::Device device) {
  return host.to(device);
}
at::Tensor to_host_later(const at::Tensor& tensor) {
  return tensor;
}
at::Tensor to_host(const at::Tensor& tensor) {
  return tensor;
}
void finish(at::Device /*device*/) {}
void keep_for_stream(const at::Tensor& /*tensor*/) {}
int cuda_devices() {
  return 0;
}
std::int64_t free_bytes(at::Device /*device*/) {
  return 0;
}

class Streams::Lane {};
Streams::Streams(at::Device /*device*/, int /*lanes*/) {
  throw std::logic_error("this libtorch has no CUDA");
}
Streams::~Streams() = default;
void Streams::enter(int /*lane*/) {}
void Streams::leave() {}
bool Streams::outlasts(int /*lane*/, std::function<void(const std::string&)> /*ended*/) {
  return false;
}

#endif

}  // namespace tensors
