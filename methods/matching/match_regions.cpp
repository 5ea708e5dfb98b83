// SPDX-License-Identifier: MIT
#include "methods/matching/match_regions.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

#include "methods/matching/region_scorer.h"
#include "methods/matching/regions.h"

namespace matching {
namespace {

std::string cells_text(std::int64_t height, std::int64_t width) {
  return std::to_string(height) + " x " + std::to_string(width) + " cells";
}

/// A record as windows are drawn from it.
struct Source {
  const float* cells = nullptr;
  std::size_t form = 0;  ///< of its windows
  std::int32_t record = 0, height = 0, width = 0;
};

/// The records that a box fits into, in their order.
class Sources {
 public:
  explicit Sources(const Bank& bank) {
    for (const SourceRecord& record : bank.records) {
      const at::Tensor& cells = record.cells;
      const std::ptrdiff_t stride = cells.size(1) * cells.size(2);
      const auto form = static_cast<std::size_t>(std::ranges::find(strides_, stride) - strides_.begin());
      if (form == strides_.size()) strides_.push_back(stride);
      all_.push_back({.cells = cells.data_ptr<float>(),
                      .form = form,
                      .record = static_cast<std::int32_t>(all_.size()),
                      .height = static_cast<std::int32_t>(cells.size(0)),
                      .width = static_cast<std::int32_t>(cells.size(1))});
      least_height_ = std::min(least_height_, all_.back().height);
      least_width_ = std::min(least_width_, all_.back().width);
    }
  }

  /// The different numbers of numbers in a row of cells.
  const std::vector<std::ptrdiff_t>& strides() const { return strides_; }

  const std::vector<Source>& that_hold(std::int32_t height, std::int32_t width) {
    if (height <= least_height_ && width <= least_width_) return all_;
    large_enough_.clear();
    std::ranges::copy_if(all_, std::back_inserter(large_enough_),
                         [&](const Source& source) { return source.height >= height && source.width >= width; });
    return large_enough_;
  }

 private:
  std::vector<Source> all_, large_enough_;
  std::vector<std::ptrdiff_t> strides_;
  std::int32_t least_height_ = std::numeric_limits<std::int32_t>::max(), least_width_ = least_height_;
};

/// A window and whence it was drawn.
struct Drawn {
  std::int32_t record, y, x;
};

class Candidates {
 public:
  Candidates(int count, int channels)
      : channels_(channels), drawn_(static_cast<std::size_t>(count)), windows_(drawn_.size()) {}

  void draw(const std::vector<Source>& sources, const Region& region, NumpyGenerator& from) {
    NumpyGenerator generator = from;  // the compiler keeps a local one in registers
    for (std::size_t i = 0; i < drawn_.size(); ++i) {
      const Source& source = sources[generator.choice(sources.size())];
      const auto y = static_cast<std::int32_t>(generator.integers(0, source.height - region.height + 1));
      const auto x = static_cast<std::int32_t>(generator.integers(0, source.width - region.width + 1));
      drawn_[i] = {source.record, y, x};
      windows_[i] = {source.cells + (std::ptrdiff_t{y} * source.width + x) * channels_, source.form};
    }
    from = generator;
  }
  const std::vector<Window>& windows() const { return windows_; }
  const Drawn& operator[](std::size_t i) const { return drawn_[i]; }

 private:
  const int channels_;
  std::vector<Drawn> drawn_;
  std::vector<Window> windows_;
};

bool within(const Region& region, const RegionSettings& settings) {
  return region.area >= settings.region_min_area && region.area <= settings.region_max_area;
}

bool too_large(const Region& region, const RegionSettings& settings) {
  const auto above = [](std::int32_t size, int limit) { return limit > 0 && size > limit; };
  return above(region.height, settings.region_max_bbox_h) || above(region.width, settings.region_max_bbox_w);
}

/// Whether no exponent is that of infinities and of what is not a number. Asking std::isfinite takes ten times longer.
bool all_finite(const float* numbers, std::int64_t count) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  std::uint32_t found = 0;
  for (std::int64_t i = 0; i < count; ++i)
    found |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(numbers[i]) & kExponent) == kExponent);
  return found == 0;
}

/// (C,h,w) as (h,w,C), on the CPU. Throws std::runtime_error for what is not a number.
at::Tensor interleaved_numbers(const at::Tensor& latent) {
  const at::Tensor cells = latent.to(at::kCPU).permute({1, 2, 0}).contiguous();
  if (!all_finite(cells.data_ptr<float>(), cells.numel()))
    throw std::runtime_error("the latents are not numbers any more (NaN or infinite)");
  return cells;
}

}  // namespace

at::Tensor checked_latent(const at::Tensor& latent, const imaging::Labels& labels, const Bank& bank) {
  if (latent.dim() == 4 && latent.size(0) != 1)
    throw std::invalid_argument("latents of " + std::to_string(latent.size(0)) +
                                " pictures in one value: matching takes one, so give each an item of its own");
  const at::Tensor one = (latent.dim() == 4 ? latent[0] : latent).to(at::kFloat);
  const std::int64_t channels = bank.records.front().latent.size(0);
  if (one.size(0) != channels)
    throw std::invalid_argument("the latents have " + std::to_string(one.size(0)) +
                                " channels, but the bank's, such as " + bank.sources.front().path + ", have " +
                                std::to_string(channels) +
                                ": build the bank with the autoencoder of the model that makes the latents");
  if (one.size(1) != labels.height || one.size(2) != labels.width)
    throw std::invalid_argument("the latents have " + cells_text(one.size(1), one.size(2)) + ", but the labels " +
                                cells_text(labels.height, labels.width) + ": segment the same latents");
  return one;
}

Matches match_regions(const at::Tensor& latent, std::shared_ptr<const imaging::Labels> labels,
                      std::shared_ptr<const Bank> bank, const RegionSettings& settings, NumpyGenerator& generator) {
  if (labels->patch_size > 0) throw std::invalid_argument("the labels are squares, not regions");
  const at::Tensor cells = interleaved_numbers(checked_latent(latent, *labels, *bank));
  const auto channels = static_cast<int>(cells.size(2));
  Sources sources(*bank);
  RegionScorer scorer({cells.data_ptr<float>(), cells.size(1) * channels, channels}, sources.strides());
  Candidates candidates(settings.region_candidate_count, channels);

  Matches result;
  for (const Region& region : Regions(*labels)) {
    if (!within(region, settings)) continue;
    ++result.regions;
    const std::vector<Source>& eligible = sources.that_hold(region.height, region.width);
    if (too_large(region, settings) || eligible.empty()) {
      ++result.skipped;
      continue;
    }
    candidates.draw(eligible, region, generator);
    scorer.set(region);
    const BestWindow best = scorer.best(candidates.windows());
    const Drawn& drawn = candidates[best.index];
    result.matches.push_back({region.label, drawn.record, drawn.y, drawn.x, region.y0, region.x0, region.height,
                              region.width, static_cast<float>(best.score)});
  }
  result.bank = std::move(bank);
  result.labels = std::move(labels);
  return result;
}

std::string why_none(const Matches& matches, const RegionSettings& settings) {
  if (!matches.matches.empty()) return {};
  std::int32_t smallest = std::numeric_limits<std::int32_t>::max(), largest = 0;
  bool capped = false;
  for (const Region& region : Regions(*matches.labels)) {
    smallest = std::min(smallest, region.area);
    largest = std::max(largest, region.area);
    capped = capped || (within(region, settings) && too_large(region, settings));
  }
  const std::string regions = std::to_string(smallest) + " to " + std::to_string(largest) + " cells";
  if (matches.regions == 0)
    return "no region has " + std::to_string(settings.region_min_area) + " to " +
           std::to_string(settings.region_max_area) + " cells, theirs being " + regions + ": change " +
           (smallest > settings.region_max_area  ? "region_max_area"
            : largest < settings.region_min_area ? "region_min_area"
                                                 : "region_min_area or region_max_area");
  if (capped)
    return "every region is larger than a limit or than every source: raise region_max_bbox_h or region_max_bbox_w";
  std::int64_t height = 0, width = 0;
  for (const SourceRecord& record : matches.bank->records) {
    height = std::max(height, record.latent.size(1));
    width = std::max(width, record.latent.size(2));
  }
  return "every region is higher or wider than every source, the highest of which has " + std::to_string(height) +
         " and the widest " + std::to_string(width) +
         " cells: use larger pictures, or let segment make smaller regions (felzenszwalb_scale)";
}

}  // namespace matching
