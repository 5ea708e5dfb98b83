// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "methods/matching/patch_tree.h"
#include "methods/matching/sources.h"

namespace matching {

struct BankSettings {
  int patch_size = 1;         ///< cells
  bool do_rotated = false;    ///< each source in all four directions
  int total_patches = 50000;  ///< at most, shared out evenly between the records
  std::uint64_t random_seed = 1234;
};

/// One square of a record.
struct Patch {
  std::int32_t record = 0, y = 0, x = 0;
};

/// What regions are matched against. Immutable once built; shared by all lanes.
struct Bank {
  BankSettings settings;
  std::vector<SourceLatent> sources;
  std::vector<SourceRecord> records;  ///< source by source, its rotations in order
  std::vector<Patch> patches;         ///< record by record, each in its shuffled order
  at::Tensor raw;                     ///< (N, C·p·p) f32, channel-major, values as rounded to fp16
  at::Tensor normalised;              ///< (N, C·p·p) f32: centred, of norm 1

  /// The normalised patches, arranged for searching; made when it is first asked for. Thread-safe.
  const PatchTree& tree() const;

  /// `raw` and `normalised` in a device's memory; copied when it is first asked for. One device per bank. Thread-safe,
  /// and on any stream.
  struct Vectors {
    at::Tensor raw, normalised;
  };
  const Vectors& on(at::Device device) const;

 private:
  mutable std::once_flag arranged_, copied_;
  mutable Vectors copy_;
  mutable std::unique_ptr<const PatchTree> tree_;
};

/// Builds a bank as CollageNet's patch dictionary is built, draw for draw. Sources in their given order.
/// Throws std::invalid_argument naming the source and the cure: no sources, channel counts or scaling factors that
/// differ between sources, a patch that no source is large enough for.
std::shared_ptr<const Bank> build_bank(std::vector<SourceLatent> sources, const BankSettings& settings);

/// Vectors (N,D) f32 as banks and queries are compared: less their mean, divided by their norm, at least 1e-6.
at::Tensor normalised(const at::Tensor& vectors);

/// Where a patch lies in its picture.
Box patch_box(const Bank& bank, const Patch& patch);

}  // namespace matching
