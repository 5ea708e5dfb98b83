// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/reading.h"
#include "tensors/torch.h"

namespace tensors {

using base::FileError;

/// The arrays of an .npz by name. Texts (numpy's U and S dtypes, of any shape) stand apart, since a tensor holds none.
struct Npz {
  std::map<std::string, at::Tensor> arrays{};
  std::map<std::string, std::vector<std::string>> texts{};

  /// Throws FileError naming `path` and the arrays that are there.
  const at::Tensor& at(const std::string& name, const std::filesystem::path& path) const;
};

/// Reads a zip of .npy members, stored or deflated. f2, f4, f8, i1, u1, i2, i4, i8 and b1 in either byte order and
/// either index order; the tensors are on the CPU, contiguous, in the file's own dtype. Throws FileError: no zip,
/// damaged, encrypted, an array of Python objects, a dtype that is not named above, more arrays than npz-arrays, or
/// more than `bytes` of them together, unpacked.
Npz read_npz(const std::filesystem::path& path, base::Limit bytes = "npz-bytes");

/// One .npy or the same as a member of a zip: `what` names it in messages.
struct NpyArray {
  at::Tensor array{};                ///< undefined for texts
  std::vector<std::string> texts{};  ///< of U and S dtypes
};
NpyArray parse_npy(std::span<const std::byte> bytes, const std::string& what);

/// The bytes of an uncompressed .npz as numpy.savez writes it, without dates, so that equal arrays are equal bytes.
/// fp32, fp64, fp16, int64, int32, int16, int8, uint8 and bool; bf16 is written as fp32, which holds it.
std::vector<std::byte> npz_bytes(const Npz& npz);

}  // namespace tensors
