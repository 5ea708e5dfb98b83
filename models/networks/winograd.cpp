// SPDX-License-Identifier: MIT
#include "models/networks/winograd.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <vector>

#include "models/networks/kernels.h"

namespace models {
namespace {

using winograd::Block;
using winograd::kLanes;
using winograd::kPlaces;
using winograd::kRows;
using winograd::Range;
using winograd::Shape;

/// What a block's patches and sums may take: about a core's second level cache.
constexpr std::int64_t kBlockBytes = 1 << 20;
/// Fewer panels would read all weights again for too little; more would not be read from a cache.
constexpr std::int64_t kFewestPanels = 4, kMostPanels = 16;

std::int64_t panels_of_block(const Shape& shape) {
  const std::int64_t bytes = static_cast<std::int64_t>(sizeof(float)) * kPlaces * kLanes * (shape.in + shape.out);
  return std::clamp(kBlockBytes / bytes / 2 * 2, kFewestPanels, kMostPanels);
}

/// One convolution, of whose blocks each is a piece of work for one thread, or is shared by all.
class Convolution {
 public:
  Convolution(const Shape& shape, const float* x, const float* u, const float* bias, float* y)
      : shape_(shape), x_(x), u_(u), bias_(bias), y_(y), kernels_(all_kernels().front()->winograd) {}

  void run() {
    const std::int64_t size = panels_of_block(shape_), blocks = (shape_.panels() + size - 1) / size;
    if (blocks >= 2 * at::get_num_threads()) {
      at::parallel_for(0, blocks, 1, [&](std::int64_t from, std::int64_t to) {
        const Space space(shape_, size);
        for (std::int64_t b = from; b < to; ++b) alone(block(b, size), space);
      });
      return;
    }
    const Space space(shape_, std::min(size, shape_.panels()));
    for (std::int64_t b = 0; b < blocks; ++b) together(block(b, size), space);
  }

 private:
  struct Space {
    Space(const Shape& shape, std::int64_t panels)
        : patches(at::empty({kPlaces * winograd::place_step({0, panels}, shape.in)}, at::kFloat)),
          sums(at::empty({kPlaces * winograd::place_step({0, panels}, shape.row_panels() * kRows)}, at::kFloat)),
          v(patches.data_ptr<float>()),
          m(sums.data_ptr<float>()) {}
    const at::Tensor patches, sums;  ///< of libtorch's allocator, which aligns to 64 bytes
    float *const v, *const m;
  };

  Block block(std::int64_t b, std::int64_t size) const {
    return {b * size, std::min(size, shape_.panels() - b * size)};
  }

  void alone(const Block& block, const Space& space) const {
    kernels_.transform_input(shape_, x_, block, {0, shape_.in}, space.v);
    kernels_.multiply(shape_, u_, space.v, block, {0, kPlaces}, space.m);
    kernels_.transform_output(shape_, space.m, bias_, block, {0, shape_.out}, y_);
  }

  void together(const Block& block, const Space& space) const {
    at::parallel_for(0, shape_.in, 16, [&](std::int64_t from, std::int64_t to) {
      kernels_.transform_input(shape_, x_, block, {from, to}, space.v);
    });
    at::parallel_for(0, kPlaces, 1, [&](std::int64_t from, std::int64_t to) {
      kernels_.multiply(shape_, u_, space.v, block, {from, to}, space.m);
    });
    at::parallel_for(0, shape_.out, 16, [&](std::int64_t from, std::int64_t to) {
      kernels_.transform_output(shape_, space.m, bias_, block, {from, to}, y_);
    });
  }

  const Shape shape_;
  const float *const x_, *const u_, *const bias_;
  float* const y_;
  const winograd::Parts& kernels_;
};

}  // namespace

bool Winograd::pays(std::int64_t out, at::IntArrayRef x) {
  constexpr std::int64_t kFewestChannels = 16, kFewestTiles = 8;
  constexpr std::int64_t kMostWeights = 1 << 20;  // 640 → 1280 and below: others' fourfold memory is too much
  const std::int64_t in = x[1], tiles = Shape{1, in, out, x[2], x[3]}.tiles();
  return std::min(out, in) >= kFewestChannels && tiles >= kFewestTiles && out * in <= kMostWeights;
}

const float* Winograd::weights() const {
  std::call_once(once_, [this] {
    const at::Tensor weight = weight_.contiguous();
    const std::int64_t out = weight.size(0), in = weight.size(1), panels = (out + kRows - 1) / kRows;
    transformed_ = at::empty({kPlaces, panels, in, kRows}, at::kFloat);
    winograd::transform_weights(weight.data_ptr<float>(), out, in, transformed_.data_ptr<float>());
  });
  return transformed_.data_ptr<float>();
}

at::Tensor Winograd::operator()(const at::Tensor& x, const at::Tensor& bias) const {
  const at::Tensor input = x.contiguous();
  const Shape shape{x.size(0), x.size(1), weight_.size(0), x.size(2), x.size(3)};
  // Seen by profilers as libtorch's own operators are.
  const c10::IValue inputs[] = {input, weight_};
  at::RecordFunction record(at::RecordScope::FUNCTION);
  if (record.isActive()) record.before("decoupage::convolution", c10::ArrayRef<const c10::IValue>(inputs, 2));
  at::Tensor y = at::empty({shape.batch, shape.out, shape.height, shape.width}, x.options());
  Convolution(shape, input.data_ptr<float>(), weights(), bias.defined() ? bias.data_ptr<float>() : nullptr,
              y.data_ptr<float>())
      .run();
  if (record.needsOutputs()) record.setOutputs(std::vector<c10::IValue>(1, c10::IValue(y)));
  return y;
}

}  // namespace models
