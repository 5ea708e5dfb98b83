// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/files/every_core.h"
#include "models/files/original_keys.h"
#include "models/files/weight_read_ahead.h"
#include "models/parameters.h"
#include "tensors/memory.h"
#include "tensors/safetensors.h"

namespace models {

/// How the names in a file relate to a network's own.
struct WeightLayout {
  /// The network's tensors in the file begin with it; others are another network's and none of its business.
  std::string prefix{};
  /// Where to look for a parameter, behind the prefix.
  std::function<Origins(const std::string& name)> origins = same_keys;
  /// Tensors whose name contains one of these texts need not be asked for by anyone.
  std::vector<std::string> ignored{"position_ids", "logit_scale"};
};

struct WeightOptions {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

/// A network's parameters out of safetensors files. Tensors that need no change are views of the file and cost no
/// memory; others are converted, one at a time, and what was read for them is given back at once, so that loading needs
/// little more memory than what it makes. To be used and destroyed by one thread, which from the first conversion until
/// then has libtorch use every core.
class WeightFiles final : public ParameterSource {
 public:
  /// `file` is a .safetensors, or the .safetensors.index.json of one in several pieces. Throws tensors::FileError:
  /// whatever is wrong with one of them, a piece missing or outside of the folder, a tensor there twice.
  explicit WeightFiles(const std::filesystem::path& file, WeightLayout layout = {}, WeightOptions options = {});

  /// Throws tensors::FileError: no such tensor (with the nearest name that is there), of another shape, not of floating
  /// point.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override;

  /// What the network's numbers are stored in: the dtype of the largest tensor with the prefix.
  at::ScalarType stored_dtype() const;

  /// What the network's parameters take in the options' dtype, whether they are views of the file or not.
  std::int64_t bytes() const;

  /// A ContentHash that is the same for the same numbers in the same dtypes, wherever they lie and whatever
  /// names the file's layout gives them; of each tensor with the prefix a few bytes count.
  std::string identity() const;

  /// The names in the file that nobody asked for though they have the prefix, and are not to be ignored.
  std::vector<std::string> unused() const;
  /// To be called when all networks are built. Throws tensors::FileError when unused() is not empty: what is in the
  /// file and not in the network would be missing from the pictures.
  void finish() const;

 private:
  using Found = WeightReadAhead::Piece;
  /// The network's, and not to be ignored.
  bool counts(const std::string& name) const;
  void open_pieces(const std::filesystem::path& index);
  void add(const std::filesystem::path& file);
  at::Tensor converted(const Found& found, const Origin& origin);
  void read_ahead(const Found& found);
  [[noreturn]] void fail_missing(const std::string& name, at::IntArrayRef shape, const Origins& origins) const;

  std::filesystem::path path_;
  WeightLayout layout_;
  WeightOptions options_;
  std::vector<tensors::SafetensorsFile> files_;
  std::unordered_map<std::string, Found> tensors_;
  tensors::LongLivedMemory memory_;
  std::set<std::string> used_;
  std::unique_ptr<EveryCore> cores_;        // from the first conversion on
  std::unique_ptr<WeightReadAhead> ahead_;  // last: it reads the files
};

/// The parameters of a network that stands already, to be shared by another: as it is, or with a LoRA over it.
class SharedParameters final : public ParameterSource {
 public:
  explicit SharedParameters(const ParameterTable& table);
  /// Throws std::runtime_error when the other network has no such parameter of that shape.
  at::Tensor get(const std::string& name, at::IntArrayRef shape) override;

 private:
  std::unordered_map<std::string, at::Tensor> tensors_;
};

}  // namespace models
