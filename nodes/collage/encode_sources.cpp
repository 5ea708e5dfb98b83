// SPDX-License-Identifier: MIT
#include "nodes/collage/encode_sources.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "imaging/files/picture.h"
#include "imaging/resample.h"
#include "methods/matching/source_files.h"
#include "nodes/picture_tensors.h"

namespace nodes {
namespace {

namespace fs = std::filesystem;

constexpr int kLeast = 8;  // px

/// What a model or an autoencoder is called, whichever way it was named.
std::string id_of(const std::string& name) {
  std::error_code error;
  if (!fs::exists(name, error)) return name;
  const fs::path place = fs::absolute(name).lexically_normal();
  for (const fs::path& part : place) {
    // A repository in the Hugging Face cache: models--organisation--name.
    std::string id = part.string();
    const std::size_t dashes = id.find("--", 8);
    if (id.starts_with("models--") && dashes != std::string::npos) return id.replace(dashes, 2, "/").substr(8);
  }
  const fs::path last = place.has_filename() ? place : place.parent_path();
  const bool is_part = last.filename() == "vae";
  return (is_part ? last.parent_path().filename() / last.filename() : last.filename()).string();
}

SourceVae named(const Services& services, const Services::ModelName& name,
                const Network<models::Autoencoder>& network) {
  const Leases leases = lease(network);
  const models::Autoencoder& vae = leases[network];
  return {.network = network,
          .id = id_of(name.vae.empty() ? name.model : name.vae),
          .identity = services.vae_files(name).open({}).identity(),
          .factor = static_cast<int>(vae.factor()),
          .latent_channels = vae.latent_channels(),
          .scaling_factor = vae.scaling_factor(),
          .dtype = vae.dtype()};
}

std::string size_text(const auto& width, const auto& height) {
  return std::to_string(width) + "x" + std::to_string(height);
}

std::string too_small(const std::string& picture, const auto& width, const auto& height, int factor) {
  return picture + ": " + size_text(width, height) + " pixels: a source has sides of at least " +
         std::to_string(factor) + " px, one cell of its latent";
}

}  // namespace

void check(const Services::ModelName& name) {
  if (name.model.empty() && name.vae.empty())
    throw std::invalid_argument("no autoencoder: give `model`, that of the graph's other nodes, or `vae`");
}

SourceVae source_vae(Services& services, const Services::ModelName& name) {
  check(name);
  if (name.model.empty()) return source_vae_alone(services, name);
  return named(services, name, services.vae(name));
}

SourceVae source_vae_alone(Services& services, const Services::ModelName& name) {
  return named(services, name, services.vae_alone(name));
}

void check(const EncodeSettings& settings) {
  for (const auto& [name, most] : {std::pair("max_width", settings.max_width), {"max_height", settings.max_height}}) {
    if (most != 0 && most < kLeast)
      throw std::invalid_argument(std::string(name) + " " + std::to_string(most) + ": at least " +
                                  std::to_string(kLeast) + " px, or 0 for no limit");
  }
}

cv::Size encoded_size(cv::Size picture, const EncodeSettings& settings, int factor) {
  double scale = 1;
  const auto limit = [&](int side, int most) {
    if (most > 0 && side > most) scale = std::min(scale, static_cast<double>(most) / side);
  };
  limit(picture.width, settings.max_width);
  limit(picture.height, settings.max_height);
  const auto scaled = [&](int side) {
    return std::max(factor, static_cast<int>(std::floor(side * scale)) / factor * factor);
  };
  return {scaled(picture.width), scaled(picture.height)};
}

SourceEncoder::SourceEncoder(SourceVae vae, at::Device device, EncodeSettings settings)
    : vae_(std::move(vae)), device_(device), settings_(settings) {}

matching::SourceLatent SourceEncoder::encode(const std::string& picture) const {
  const int factor = vae_.factor;
  const cv::Mat pixels = imaging::read_pixels(picture);
  if (std::min(pixels.cols, pixels.rows) < factor)
    throw std::runtime_error(too_small(picture, pixels.cols, pixels.rows, factor));
  const cv::Size size = encoded_size(pixels.size(), settings_, factor);
  const cv::Mat processed = imaging::lanczos(pixels, size.width, size.height);

  const at::NoGradGuard no_grad;
  const Leases leases = lease(vae_.network);
  const models::Autoencoder& vae = leases[vae_.network];
  const at::Tensor image = to_tensor(Image{imaging::from_8bit(processed)}) * 2 - 1;
  const models::Posterior posterior = vae.encode(image.to(device_, vae.dtype()), {settings_.tile / factor});
  at::Tensor latent = posterior.mean;
  if (settings_.sample) {
    const at::Tensor noise = tensors::Generator(settings_.seed).randn(latent.sizes());
    latent = posterior.sample(noise.to(latent.device(), latent.scalar_type()));
  }

  matching::SourceLatent source;
  source.latent = latent[0].to(at::kCPU, at::kHalf).to(at::kFloat).contiguous();
  if (!source.latent.isfinite().all().item<bool>())
    throw std::runtime_error(picture + ": its latents are not numbers (NaN or infinite); try --dtype fp32, or " +
                             "another autoencoder (vae)");
  source.path = source.source_path = picture;
  source.original_width = pixels.cols;
  source.original_height = pixels.rows;
  source.processed_width = size.width;
  source.processed_height = size.height;
  source.scale_x = static_cast<double>(pixels.cols) / size.width;
  source.scale_y = static_cast<double>(pixels.rows) / size.height;
  source.downsample_factor = factor;
  source.vae_id = vae_.id;
  source.vae_identity = vae_.identity;
  source.scaling_factor = vae.scaling_factor();
  source.mode = settings_.sample ? "sample" : "mean";
  return source;
}

std::string SourceEncoder::cache_name(const std::string& picture) const {
  std::ostringstream name;
  name << vae_.identity << "-" << at::toString(vae_.dtype) << "-" << (device_.is_cpu() ? "cpu" : "gpu") << "/"
       << models::content_identity({picture}) << "-" << size_text(settings_.max_width, settings_.max_height) << "-tile"
       << settings_.tile << "-" << (settings_.sample ? "sample" + std::to_string(settings_.seed) : "mean") << ".npz";
  return name.str();
}

void check_source_pictures(const std::vector<std::string>& pictures, int factor) {
  std::vector<std::string> complaints;
  for (const std::string& picture : pictures) {
    try {
      const imaging::PictureHeader header = imaging::read_picture_header(picture);
      if (std::min(header.width, header.height) < factor)
        complaints.push_back(too_small(picture, header.width, header.height, factor));
    } catch (const std::runtime_error& e) {
      complaints.emplace_back(e.what());
    }
  }
  refuse(complaints, pictures.size(), "pictures");
}

void refuse(const std::vector<std::string>& complaints, std::size_t of, const std::string& things) {
  constexpr std::size_t kMost = 10;
  if (complaints.empty()) return;
  if (complaints.size() == 1) throw std::runtime_error(complaints.front());
  std::string text =
      std::to_string(complaints.size()) + " of " + std::to_string(of) + " " + things + " cannot be used: ";
  for (std::size_t i = 0; i < std::min(complaints.size(), kMost); ++i) text += (i == 0 ? "" : "; ") + complaints[i];
  if (complaints.size() > kMost) text += "; and " + std::to_string(complaints.size() - kMost) + " more";
  throw std::runtime_error(text);
}

}  // namespace nodes
