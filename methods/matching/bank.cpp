// SPDX-License-Identifier: MIT
#include "methods/matching/bank.h"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>

#include "methods/matching/numpy_generator.h"
#include "tensors/device.h"

namespace matching {
namespace {

std::string number_text(double value) {
  std::string text = std::to_string(value);
  return text.erase(text.find_last_not_of('0') + 1);
}

void check(const std::vector<SourceLatent>& sources, const BankSettings& settings) {
  if (sources.empty())
    throw std::invalid_argument("no sources: source_images or source_latents must name at least one picture");
  if (settings.patch_size < 1 || settings.total_patches < 1)
    throw std::invalid_argument("patch_size and total_patches must be at least 1");
  const SourceLatent& first = sources.front();
  for (const SourceLatent& source : sources) {
    if (source.latent.size(0) != first.latent.size(0))
      throw std::invalid_argument(source.path + ": has " + std::to_string(source.latent.size(0)) +
                                  " channels, but the first source, " + first.path + ", has " +
                                  std::to_string(first.latent.size(0)) + ": encode all with the same autoencoder");
    if (source.scaling_factor != first.scaling_factor)
      throw std::invalid_argument(source.path + ": has the scaling factor " + number_text(source.scaling_factor) +
                                  ", but the first source, " + first.path + ", has " +
                                  number_text(first.scaling_factor) + ": encode all with the same autoencoder");
    if (!source.latent.isfinite().all().item<bool>())
      throw std::invalid_argument(source.path + ": the latent holds what is not a number (NaN or infinite)");
  }
}

/// (C,h,w) as (h,w,C), with room behind the last number.
at::Tensor interleaved(const at::Tensor& latent) {
  const std::int64_t channels = latent.size(0), height = latent.size(1), width = latent.size(2);
  const at::Tensor memory = at::zeros({latent.numel() + SourceRecord::kRoom}, at::kFloat);
  at::Tensor cells = memory.narrow(0, 0, latent.numel()).view({height, width, channels});
  cells.copy_(latent.permute({1, 2, 0}));
  return cells;
}

SourceRecord turned(const SourceLatent& source, int index, int rotation) {
  SourceRecord record;
  record.source = index;
  record.rotation = rotation;
  record.latent = at::rot90(source.latent, rotation, {1, 2}).contiguous();
  record.cells = interleaved(record.latent);
  record.original_width = source.original_width;
  record.original_height = source.original_height;
  record.scale_x = source.scale_x;
  record.scale_y = source.scale_y;
  if (rotation % 2 == 1) {
    std::swap(record.original_width, record.original_height);
    std::swap(record.scale_x, record.scale_y);
  }
  return record;
}

std::vector<SourceRecord> records_of(const std::vector<SourceLatent>& sources, bool do_rotated) {
  std::vector<SourceRecord> records;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (int rotation = 0; rotation < (do_rotated ? 4 : 1); ++rotation)
      records.push_back(turned(sources[i], static_cast<int>(i), rotation));
  }
  return records;
}

/// The places of a record's patches, shuffled.
std::vector<Patch> shuffled_patches(const SourceRecord& record, std::int32_t index, int side,
                                    NumpyGenerator& generator) {
  const auto height = static_cast<std::int32_t>(record.latent.size(1));
  const auto width = static_cast<std::int32_t>(record.latent.size(2));
  std::vector<Patch> patches;
  for (std::int32_t y = 0; y + side <= height; y += side) {
    for (std::int32_t x = 0; x + side <= width; x += side) patches.push_back({index, y, x});
  }
  generator.shuffle(std::span(patches));
  return patches;
}

/// How many patches each record gives when all together give at most `total`: in rounds, evenly between those that have
/// any left, and the first ones what does not divide.
std::vector<std::size_t> shares(const std::vector<std::vector<Patch>>& patches, std::size_t total) {
  std::vector<std::size_t> taken(patches.size(), 0);
  std::size_t available = 0;
  for (const auto& list : patches) available += list.size();
  for (std::size_t remaining = std::min(total, available); remaining > 0;) {
    std::size_t active = 0;
    for (std::size_t i = 0; i < patches.size(); ++i) active += taken[i] < patches[i].size();
    const std::size_t per = std::max<std::size_t>(1, remaining / active);
    for (std::size_t i = 0; i < patches.size() && remaining > 0; ++i) {
      const std::size_t more = std::min(patches[i].size() - taken[i], per);
      taken[i] += more;
      remaining -= more;
    }
  }
  return taken;
}

std::vector<Patch> drawn_patches(const std::vector<SourceRecord>& records, const BankSettings& settings) {
  NumpyGenerator generator(settings.random_seed);
  std::vector<std::vector<Patch>> of_records;
  for (std::size_t i = 0; i < records.size(); ++i)
    of_records.push_back(shuffled_patches(records[i], static_cast<std::int32_t>(i), settings.patch_size, generator));
  const std::vector<std::size_t> counts = shares(of_records, static_cast<std::size_t>(settings.total_patches));
  std::vector<Patch> patches;
  for (std::size_t i = 0; i < of_records.size(); ++i)
    patches.insert(patches.end(), of_records[i].begin(),
                   of_records[i].begin() + static_cast<std::ptrdiff_t>(counts[i]));
  return patches;
}

/// (N, C·side·side) f32, channel-major.
at::Tensor vectors_of(const Bank& bank, int side) {
  const std::int64_t channels = bank.records.front().latent.size(0);
  at::Tensor vectors = at::empty({static_cast<std::int64_t>(bank.patches.size()), channels * side * side}, at::kFloat);
  float* out = vectors.data_ptr<float>();
  for (const Patch& patch : bank.patches) {
    const at::Tensor& latent = bank.records[static_cast<std::size_t>(patch.record)].latent;
    const std::int64_t height = latent.size(1), width = latent.size(2);
    for (std::int64_t row = 0; row < channels * side; ++row) {
      const std::int64_t y = row / side * height + patch.y + row % side;
      out = std::copy_n(latent.data_ptr<float>() + y * width + patch.x, side, out);
    }
  }
  return vectors;
}

}  // namespace

const PatchTree& Bank::tree() const {
  std::call_once(arranged_, [this] {
    const auto count = static_cast<std::size_t>(normalised.numel());
    tree_ = std::make_unique<const PatchTree>(std::span(normalised.data_ptr<float>(), count),
                                              static_cast<std::size_t>(normalised.size(1)));
  });
  return *tree_;
}

const Bank::Vectors& Bank::on(at::Device device) const {
  std::call_once(copied_, [&] {
    copy_ = {raw.to(device), normalised.to(device)};
    tensors::finish(device);
  });
  return copy_;
}

at::Tensor normalised(const at::Tensor& vectors) {
  const at::Tensor centred = vectors - vectors.mean(1, true);
  return centred / centred.norm(2, 1, true).clamp_min(1e-6);
}

std::shared_ptr<const Bank> build_bank(std::vector<SourceLatent> sources, const BankSettings& settings) {
  check(sources, settings);
  auto bank = std::make_shared<Bank>();
  bank->settings = settings;
  bank->sources = std::move(sources);
  bank->records = records_of(bank->sources, settings.do_rotated);
  bank->patches = drawn_patches(bank->records, settings);
  if (bank->patches.empty())
    throw std::invalid_argument(
        "patch_size " + std::to_string(settings.patch_size) + " is larger than every source, the first of which, " +
        bank->sources.front().path + ", has " + std::to_string(bank->sources.front().latent.size(1)) + " x " +
        std::to_string(bank->sources.front().latent.size(2)) + " cells: choose smaller patches or larger pictures");
  bank->raw = vectors_of(*bank, settings.patch_size).to(at::kHalf).to(at::kFloat);
  bank->normalised = normalised(bank->raw);
  return bank;
}

Box patch_box(const Bank& bank, const Patch& patch) {
  const SourceRecord& record = bank.records[static_cast<std::size_t>(patch.record)];
  const int side = bank.settings.patch_size;
  return picture_box(record, patch.y, patch.x, side, side,
                     bank.sources[static_cast<std::size_t>(record.source)].downsample_factor);
}

}  // namespace matching
