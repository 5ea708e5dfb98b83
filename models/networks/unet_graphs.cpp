// SPDX-License-Identifier: MIT
#include "models/networks/unet_graphs.h"

#if DECOUPAGE_CUDA

#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

#include <map>
#include <mutex>
#include <vector>

namespace models {
namespace {

constexpr int kMostAtOnce = 2;  ///< of one shape
constexpr int kMost = 12;       ///< of all shapes: each keeps the memory of a forward

/// What distinguishes inputs: which tensors there are, their sizes and dtypes.
using Key = std::vector<std::int64_t>;

/// Always in one order; what is not there is undefined, but for residuals of skip connections, which come last.
std::vector<at::Tensor> tensors_of(const UNet::Input& input) {
  std::vector<at::Tensor> tensors{input.sample,   input.timesteps,      input.encoder_hidden_states, input.text_embeds,
                                  input.time_ids, input.guidance_scale, input.residuals.mid};
  tensors.insert(tensors.end(), input.residuals.down.begin(), input.residuals.down.end());
  return tensors;
}

Key key_of(const UNet::Input& input) {
  Key key;
  for (const at::Tensor& tensor : tensors_of(input)) {
    key.push_back(tensor.defined() ? tensor.dim() : -1);
    if (!tensor.defined()) continue;
    key.push_back(static_cast<std::int64_t>(tensor.scalar_type()));
    key.insert(key.end(), tensor.sizes().begin(), tensor.sizes().end());
  }
  return key;
}

/// A stream that nobody else uses: what libraries keep for a stream, a graph that was captured on it goes on using.
class OwnStream {
 public:
  explicit OwnStream(c10::DeviceIndex device) {
    const c10::cuda::CUDAGuard guard(device);
    C10_CUDA_CHECK(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking));
    device_ = device;
  }
  ~OwnStream() { cudaStreamDestroy(stream_); }
  OwnStream(const OwnStream&) = delete;
  OwnStream& operator=(const OwnStream&) = delete;
  c10::cuda::CUDAStream get() const { return c10::cuda::getStreamFromExternal(stream_, device_); }

 private:
  cudaStream_t stream_ = nullptr;
  c10::DeviceIndex device_ = 0;
};

/// One captured forward: it reads from its own inputs and writes to its own output.
class Captured {
 public:
  Captured(const UNetGraphs::Forward& forward, const UNet::Input& like) : stream_(like.sample.get_device()) {
    const auto own = [](const at::Tensor& tensor) {
      return tensor.defined() ? at::empty_like(tensor, at::MemoryFormat::Contiguous) : tensor;
    };
    input_.sample = own(like.sample);
    input_.timesteps = own(like.timesteps);
    input_.encoder_hidden_states = own(like.encoder_hidden_states);
    input_.text_embeds = own(like.text_embeds);
    input_.time_ids = own(like.time_ids);
    input_.guidance_scale = own(like.guidance_scale);
    input_.residuals.mid = own(like.residuals.mid);
    for (const at::Tensor& residual : like.residuals.down) input_.residuals.down.push_back(own(residual));
    const c10::cuda::CUDAStream around = c10::cuda::getCurrentCUDAStream(like.sample.get_device());
    fill(like);
    at::cuda::CUDAEvent filled;
    filled.record(around);
    {
      const c10::cuda::CUDAStreamGuard guard(stream_.get());
      filled.block(stream_.get());
      forward(input_);  // what libraries set up for this stream is not captured
      graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      try {
        output_ = forward(input_);
      } catch (...) {
        try {
          graph_.capture_end();
        } catch (const std::exception&) {  // of a capture that has failed already
        }
        throw;
      }
      graph_.capture_end();
      done_.record(stream_.get());
    }
  }

  at::Tensor replay(const UNet::Input& input) {
    const c10::cuda::CUDAStream stream = c10::cuda::getCurrentCUDAStream(output_.get_device());
    done_.block(stream);  // the call before this one may have been made on another stream
    fill(input);
    graph_.replay();
    at::Tensor output = output_.clone();
    done_.record(stream);
    return output;
  }

 private:
  void fill(const UNet::Input& input) {
    const std::vector<at::Tensor> to = tensors_of(input_), from = tensors_of(input);
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (to[i].defined()) at::Tensor(to[i]).copy_(from[i], /*non_blocking=*/true);
    }
  }

  const OwnStream stream_;
  UNet::Input input_{};
  at::Tensor output_;
  at::cuda::CUDAGraph graph_;
  at::cuda::CUDAEvent done_;
};

}  // namespace

struct UNetGraphs::State {
  struct Recordings {
    bool seen = false;
    int made = 0;
    std::vector<std::unique_ptr<Captured>> free{};
  };
  std::mutex mutex;
  std::mutex capturing;  ///< one at a time
  std::map<Key, Recordings> recordings;
  int made = 0;
  bool given_up = false;

  enum class What { kEager, kCapture, kReplay };
  What take(const Key& key, std::unique_ptr<Captured>& captured) {
    const std::lock_guard lock(mutex);
    Recordings& recording = recordings[key];
    if (!std::exchange(recording.seen, true)) return What::kEager;
    if (!recording.free.empty()) {
      captured = std::move(recording.free.back());
      recording.free.pop_back();
      return What::kReplay;
    }
    if (recording.made >= kMostAtOnce || made >= kMost || given_up) return What::kEager;
    ++recording.made;
    ++made;
    return What::kCapture;
  }
  void give(const Key& key, std::unique_ptr<Captured> captured) {
    const std::lock_guard lock(mutex);
    recordings[key].free.push_back(std::move(captured));
  }
};

UNetGraphs::UNetGraphs() : state_(std::make_unique<State>()) {}
UNetGraphs::~UNetGraphs() = default;

at::Tensor UNetGraphs::operator()(const UNet::Input& input, const Forward& forward) {
  const Key key = key_of(input);
  std::unique_ptr<Captured> captured;
  const State::What what = state_->take(key, captured);
  if (what == State::What::kEager) return forward(input);
  if (what == State::What::kCapture) {
    try {
      const std::lock_guard lock(state_->capturing);
      captured = std::make_unique<Captured>(forward, input);
    } catch (const c10::Error& error) {  // no memory for it, or an operator that cannot be captured
      TORCH_WARN_ONCE("no CUDA graphs for the UNet any more, whose steps take longer without: ",
                      error.what_without_backtrace());
      const std::lock_guard lock(state_->mutex);
      state_->given_up = true;
      return forward(input);
    }
  }
  const at::Tensor output = captured->replay(input);
  state_->give(key, std::move(captured));
  return output;
}

}  // namespace models

#else

namespace models {
struct UNetGraphs::State {};
UNetGraphs::UNetGraphs() = default;
UNetGraphs::~UNetGraphs() = default;
at::Tensor UNetGraphs::operator()(const UNet::Input& input, const Forward& forward) {
  return forward(input);
}
}  // namespace models

#endif
