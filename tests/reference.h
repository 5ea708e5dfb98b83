// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tensors/npz.h"

/// Numbers computed with diffusers: the `mini` model is in tests/data; the larger `full` and `refiner` are where the
/// environment's DECOUPAGE_REFERENCE says, or else -D DECOUPAGE_REFERENCE=DIR, and tests that need them are skipped
/// without it.
namespace reference {

/// The folder of the larger set, or tests/data.
inline std::filesystem::path root() {
  const char* const folder = std::getenv("DECOUPAGE_REFERENCE");
  return folder == nullptr ? std::filesystem::path(REFERENCE_DIR) : std::filesystem::path(folder);
}

inline std::filesystem::path sdxl(const std::string& set) {
  return set == "mini" ? std::filesystem::path(SOURCE_DIR) / "tests/data/sdxl/mini" : root() / "sdxl" / set;
}

/// Where the numbers of tests/data/control/README.md lie.
inline std::filesystem::path control() {
  return std::filesystem::path(SOURCE_DIR) / "tests/data/control";
}

inline bool has(const std::string& set) {
  return std::filesystem::exists(sdxl(set));
}

/// One file of vectors; arrays by name.
class Vectors {
 public:
  explicit Vectors(std::filesystem::path path) : path_(std::move(path)), npz_(tensors::read_npz(path_)) {}
  Vectors(const std::string& set, const std::string& name) : Vectors(sdxl(set) / "vectors" / (name + ".npz")) {}
  const at::Tensor& operator[](const std::string& name) const { return npz_.at(name, path_); }
  bool has(const std::string& name) const { return npz_.arrays.contains(name); }
  const std::map<std::string, at::Tensor>& all() const { return npz_.arrays; }

 private:
  std::filesystem::path path_;
  tensors::Npz npz_;
};

/// Greatest absolute difference. Shapes must agree.
inline double difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  if (a.sizes() != b.sizes()) return 1e30;
  if (a.numel() == 0) return 0;
  const double d = (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
  return d == d ? d : 1e30;
}

}  // namespace reference

#define REQUIRE_REFERENCE(set) \
  if (!reference::has(set))    \
  GTEST_SKIP() << "the '" << (set) << "' reference numbers are not in " << reference::sdxl(set)
