// SPDX-License-Identifier: MIT
#include "methods/matching/blend.h"

#include "methods/matching/match_regions.h"

namespace matching {
namespace {

/// Calls f(cell, numbers) for each cell of a match's region: its index in the latent, and the window's C numbers there.
template <class F>
void for_each_cell(const Matches& matches, const Match& match, F f) {
  const imaging::Labels& labels = *matches.labels;
  const at::Tensor& cells = matches.bank->records[static_cast<std::size_t>(match.record)].cells;
  const std::int64_t width = cells.size(1), channels = cells.size(2);
  for (std::int64_t row = 0; row < match.height; ++row) {
    const std::int64_t first = (match.y0 + row) * labels.width + match.x0;
    const float* window = cells.data_ptr<float>() + ((match.y + row) * width + match.x) * channels;
    for (std::int64_t x = 0; x < match.width; ++x) {
      if (labels.ids[static_cast<std::size_t>(first + x)] == match.region) f(first + x, window + x * channels);
    }
  }
}

at::Tensor blend_regions(const at::Tensor& latent, const Matches& matches, float alpha) {
  at::Tensor blended = latent.clone(at::MemoryFormat::Contiguous);
  const std::int64_t channels = latent.size(0), plane = latent.size(1) * latent.size(2);
  auto* numbers = blended.data_ptr<float>();
  for (const Match& match : matches.matches) {
    for_each_cell(matches, match, [&](std::int64_t cell, const float* window) {
      for (std::int64_t c = 0; c < channels; ++c) {
        float& number = numbers[c * plane + cell];
        number = number * (1 - alpha) + window[c] * alpha;
      }
    });
  }
  return blended;
}

}  // namespace

Windows windows_of(const Matches& matches) {
  const std::int64_t height = matches.labels->height, width = matches.labels->width;
  const std::int64_t channels = matches.bank->records.front().cells.size(2);
  const Windows windows{at::zeros({channels, height, width}), at::zeros({height, width})};
  auto *numbers = windows.numbers.data_ptr<float>(), *mask = windows.mask.data_ptr<float>();
  for (const Match& match : matches.matches) {
    for_each_cell(matches, match, [&](std::int64_t cell, const float* window) {
      for (std::int64_t c = 0; c < channels; ++c) numbers[c * height * width + cell] = window[c];
      mask[cell] = 1;
    });
  }
  return windows;
}

at::Tensor blend(const at::Tensor& latent, const Matches& matches, double alpha, const Send& send) {
  const at::Tensor one = checked_latent(latent, *matches.labels, *matches.bank);
  const auto sent = [&](const at::Tensor& tensor) {
    const bool there = tensor.device() == one.device();
    return there ? tensor : send ? send(tensor) : tensor.to(one.device());
  };
  at::Tensor blended;
  if (matches.target.defined()) {
    blended = at::lerp(one, sent(matches.target), alpha);
  } else if (one.device().is_cpu()) {
    blended = blend_regions(one, matches, static_cast<float>(alpha));
  } else {
    const Windows windows = windows_of(matches);
    const at::Tensor share = sent(windows.mask) * static_cast<float>(alpha);
    blended = one * (1 - share) + sent(windows.numbers) * share;
  }
  return blended.view(latent.sizes()).to(latent.scalar_type());
}

}  // namespace matching
