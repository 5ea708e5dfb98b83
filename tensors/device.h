// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tensors/torch.h"

/// What moves between the host and a device without anybody waiting, and the streams that it moves on. On a CPU all of
/// it is plain and at once.
namespace tensors {

/// A host tensor on `device`, where work that is put on the current stream from now on finds it. The caller may change
/// or free `host` at once.
at::Tensor to_device(const at::Tensor& host, at::Device device);

/// A copy in host memory that is whole when the current stream has come as far as now, and not before: for
/// graph::Context::when_done. A tensor that is on the host already is given back as it is.
at::Tensor to_host_later(const at::Tensor& tensor);

/// A copy in host memory that is whole: waits for the current stream, and no other. A tensor that is on the host
/// already is given back as it is.
at::Tensor to_host(const at::Tensor& tensor);

/// Waits until `device` has done all that it was given, on all streams: what was loaded can be used on any of them
/// then.
void finish(at::Device device);

/// The memory of `tensor` is not used again before the current stream has come as far as now, even when nobody holds
/// the tensor any more: for a tensor that was made on another stream and may be let go before this call has ended.
void keep_for_stream(const at::Tensor& tensor);

/// How many CUDA devices there are; 0 where libtorch has none.
int cuda_devices();

/// Memory of a CUDA device that nobody has, bytes.
std::int64_t free_bytes(at::Device device);

/// A CUDA stream for each lane of a run, out of libtorch's pool. Thread-safe.
class Streams {
 public:
  /// `device` must be a CUDA device.
  Streams(at::Device device, int lanes);
  /// Waits for the streams.
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  /// Makes the lane's stream this thread's current one.
  void enter(int lane);
  /// Makes the device's default stream the current one again.
  void leave();
  /// False when the lane's stream has nothing to do. Otherwise `ended` is called once, on a thread of the lane's own,
  /// when it has done what it has been given so far, with what went wrong or "".
  bool outlasts(int lane, std::function<void(const std::string&)> ended);

 private:
  class Lane;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace tensors
