// SPDX-License-Identifier: MIT
#include "methods/matching/latent_file.h"

#include <cmath>
#include <cstdio>

#include "tensors/npz.h"

namespace matching {
namespace {

using tensors::FileError;

constexpr std::int64_t kMaxFileSide = std::int64_t{1} << 24;  // px
constexpr std::int64_t kMaxFactor = 1024;                     // px per cell

std::string shape_text(at::IntArrayRef shape) {
  std::string text;
  for (const std::int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "(" + text + ")";
}

/// The arrays of one file, each asked for by what it should be.
class Arrays {
 public:
  explicit Arrays(const std::filesystem::path& path) : path_(path), npz_(tensors::read_npz(path, "latent-bytes")) {}

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw FileError(path_.string() + ": '" + key + "' " + what);
  }

  at::Tensor latent() const {
    const at::Tensor& array = numbers("latent");
    if (!array.is_floating_point())
      fail("latent", std::string("is ") + at::toString(array.scalar_type()) + ", expected floating point numbers");
    if (array.dim() != 3 || array.numel() == 0)
      fail("latent", "has the shape " + shape_text(array.sizes()) + ", expected (channels, height, width)");
    // What is stored more exactly is rounded as well, so that a bank does not depend on who wrote its files.
    const at::Tensor latent = array.to(at::kHalf).to(at::kFloat).contiguous();
    if (!latent.isfinite().all().item<bool>()) fail("latent", "holds what is not a number (NaN or infinite)");
    return latent;
  }

  double number(const std::string& key) const {
    const at::Tensor& array = numbers(key);
    if (array.numel() != 1) fail(key, "has the shape " + shape_text(array.sizes()) + ", expected one number");
    return array.to(at::kDouble).item<double>();
  }
  double number(const std::string& key, double value) const { return has(key) ? number(key) : value; }

  int whole(const std::string& key, std::int64_t most) const {
    const double value = number(key);
    if (!(value >= 1 && value <= static_cast<double>(most)) || value != std::floor(value))
      fail(key, "is " + shortest(value) + ", expected a whole number from 1 to " + std::to_string(most));
    return static_cast<int>(value);
  }

  double positive(const std::string& key, double value) const {
    const double found = number(key, value);
    if (!(found > 0 && std::isfinite(found))) fail(key, "is " + shortest(found) + ", expected a number above 0");
    return found;
  }

  std::string text(const std::string& key) const {
    const auto found = npz_.texts.find(key);
    if (found == npz_.texts.end()) missing(key, "a text");
    if (found->second.size() != 1) fail(key, "has " + std::to_string(found->second.size()) + " texts, expected one");
    return found->second.front();
  }
  std::string text(const std::string& key, const std::string& value) const { return has(key) ? text(key) : value; }

  bool has(const std::string& key) const { return npz_.arrays.contains(key) || npz_.texts.contains(key); }

  static std::string shortest(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return text;
  }

 private:
  const at::Tensor& numbers(const std::string& key) const {
    const auto found = npz_.arrays.find(key);
    if (found == npz_.arrays.end()) missing(key, "numbers");
    return found->second;
  }

  [[noreturn]] void missing(const std::string& key, const std::string& expected) const {
    if (has(key)) fail(key, "is of another kind: expected " + expected);
    std::string names;
    const auto add = [&](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
    for (const auto& [name, array] : npz_.arrays) add(name);
    for (const auto& [name, texts] : npz_.texts) add(name);
    throw FileError(path_.string() + ": has no '" + key + "', so it is not a latent file of a picture; it has " +
                    (names.empty() ? "nothing" : names) + "; decoupage encode writes such files");
  }

  const std::filesystem::path& path_;
  const tensors::Npz npz_;
};

/// A side of what was encoded must be that of the latent, or windows would be cut from the wrong places.
int processed_side(const Arrays& arrays, const std::string& key, std::int64_t cells, int factor) {
  const int side = arrays.whole(key, kMaxFileSide);
  if (side != cells * factor)
    arrays.fail(key, "is " + std::to_string(side) + ", but " + std::to_string(cells) + " cells of 'latent' at " +
                         std::to_string(factor) + " px are " + std::to_string(cells * factor) + " px");
  return side;
}

double scale(const Arrays& arrays, const std::string& key, int original, int processed) {
  const double value = arrays.positive(key, static_cast<double>(original) / processed);
  if (value * processed > 2.0 * kMaxFileSide)
    arrays.fail(key, "is " + Arrays::shortest(value) + ", which leads far out of a picture of " +
                         std::to_string(original) + " px");
  return value;
}

}  // namespace

SourceLatent read_latent_file(const std::filesystem::path& path) {
  const Arrays arrays(path);
  SourceLatent source;
  source.path = path.string();
  source.latent = arrays.latent();
  source.downsample_factor =
      arrays.has("latent_downsample_factor") ? arrays.whole("latent_downsample_factor", kMaxFactor) : 8;
  source.original_width = arrays.whole("original_width", kMaxFileSide);
  source.original_height = arrays.whole("original_height", kMaxFileSide);
  source.processed_width = processed_side(arrays, "processed_width", source.latent.size(2), source.downsample_factor);
  source.processed_height = processed_side(arrays, "processed_height", source.latent.size(1), source.downsample_factor);
  source.scale_x = scale(arrays, "processed_to_original_scale_x", source.original_width, source.processed_width);
  source.scale_y = scale(arrays, "processed_to_original_scale_y", source.original_height, source.processed_height);
  const std::string picture = arrays.text("source_path");
  if (picture.empty()) arrays.fail("source_path", "is empty, expected the path of the picture");
  source.source_path = (path.parent_path() / picture).lexically_normal().string();
  source.vae_id = arrays.text("vae_id", "");
  source.vae_identity = arrays.text("vae_identity", "");
  source.scaling_factor = arrays.positive("scaling_factor", source.scaling_factor);
  source.mode = arrays.text("mode", source.mode);
  return source;
}

std::vector<std::byte> latent_file_bytes(const SourceLatent& source) {
  tensors::Npz npz;
  const auto whole = [&](const char* key, std::int64_t value) {
    npz.arrays[key] = at::full({}, value, at::TensorOptions(at::kLong));
  };
  const auto number = [&](const char* key, double value) {
    npz.arrays[key] = at::full({}, value, at::TensorOptions(at::kDouble));
  };
  npz.arrays["latent"] = source.latent.to(at::kHalf);
  whole("original_width", source.original_width);
  whole("original_height", source.original_height);
  whole("processed_width", source.processed_width);
  whole("processed_height", source.processed_height);
  number("processed_to_original_scale_x", source.scale_x);
  number("processed_to_original_scale_y", source.scale_y);
  whole("latent_downsample_factor", source.downsample_factor);
  number("scaling_factor", source.scaling_factor);
  npz.texts["source_path"] = {source.source_path};
  npz.texts["vae_id"] = {source.vae_id};
  npz.texts["mode"] = {source.mode};
  if (!source.vae_identity.empty()) npz.texts["vae_identity"] = {source.vae_identity};
  return tensors::npz_bytes(npz);
}

}  // namespace matching
