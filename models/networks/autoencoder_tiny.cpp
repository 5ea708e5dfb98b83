// SPDX-License-Identifier: MIT
// diffusers' AutoencoderTiny: TAESD and TAESDXL, which approximate the large autoencoder for previews.
#include <cmath>
#include <optional>
#include <vector>

#include "models/networks/autoencoder.h"
#include "models/networks/layers.h"

namespace models {
namespace {

struct TinyConfig {
  std::vector<std::int64_t> encoder_channels, decoder_channels, encoder_blocks, decoder_blocks;
  std::int64_t in_channels, out_channels, latent_channels;
  double scaling_factor;
};

TinyConfig read_tiny_config(tensors::ConfigReader& config) {
  using List = std::vector<std::int64_t>;
  TinyConfig tiny{};
  tiny.encoder_channels = config.get<List>("encoder_block_out_channels", {64, 64, 64, 64});
  tiny.decoder_channels = config.get<List>("decoder_block_out_channels", {64, 64, 64, 64});
  tiny.encoder_blocks = config.get<List>("num_encoder_blocks", {1, 3, 3, 3});
  tiny.decoder_blocks = config.get<List>("num_decoder_blocks", {3, 3, 3, 1});
  tiny.in_channels = config.size("in_channels", 3);
  tiny.out_channels = config.size("out_channels", 3);
  tiny.latent_channels = config.size("latent_channels", 4);
  tiny.scaling_factor = config.get<double>("scaling_factor", 1.0);
  config.only<std::string>("act_fn", "relu");
  config.only<std::string>("upsample_fn", "nearest");
  config.only<std::int64_t>("upsampling_scaling_factor", 2);
  config.only<double>("shift_factor", 0);
  // For storing latents as bytes; a copy of encoder_block_out_channels; forces_upcast reads the last.
  config.ignore({"latent_magnitude", "latent_shift", "block_out_channels", "force_upcast"});
  for (const auto& [key, channels, blocks] :
       {std::tuple{"num_encoder_blocks", &tiny.encoder_channels, &tiny.encoder_blocks},
        std::tuple{"num_decoder_blocks", &tiny.decoder_channels, &tiny.decoder_blocks}}) {
    if (channels->empty() || channels->size() > kMaxLevels || channels->size() != blocks->size())
      config.fail(key, "expected as many values as there are block_out_channels, 1 to " + std::to_string(kMaxLevels));
    for (const auto* sizes : {channels, blocks})
      for (const std::int64_t size : *sizes) config.check_size(key, size);
  }
  config.finish();
  return tiny;
}

/// relu(x + three convolutions of x).
struct TinyBlock {
  TinyBlock(const ParameterPath& path, std::int64_t channels)
      : first(path / "conv" / 0, channels, channels),
        second(path / "conv" / 2, channels, channels),
        third(path / "conv" / 4, channels, channels) {}
  at::Tensor operator()(const at::Tensor& x) const { return at::relu(third(at::relu(second(at::relu(first(x))))) + x); }

  Conv2d first, second, third;
};

/// One resolution on the way down: a convolution that halves (but in the first), then blocks.
struct DownStage {
  Conv2d conv;
  std::vector<TinyBlock> blocks;
};
/// One on the way up: blocks, twice the size (but in the last), a convolution.
struct UpStage {
  std::vector<TinyBlock> blocks;
  std::optional<Conv2d> conv;
};

class AutoencoderTiny final : public Autoencoder {
 public:
  AutoencoderTiny(const TinyConfig& config, ParameterSource& source) : config_(config) {
    const ParameterPath path(source, parameters_);
    build_encoder(path / "encoder" / "layers");
    build_decoder(path / "decoder" / "layers");
  }

  std::int64_t factor() const override { return std::int64_t{1} << (config_.encoder_channels.size() - 1); }
  std::int64_t latent_channels() const override { return config_.latent_channels; }
  double scaling_factor() const override { return config_.scaling_factor; }
  std::int64_t sample_size() const override { return 512; }
  const ParameterTable& parameters() const override { return parameters_; }

 protected:
  at::Tensor encode_moments(const at::Tensor& image) const override {
    at::Tensor x = (image + 1) / 2;
    for (const DownStage& stage : down_) {
      x = stage.conv(x);
      for (const TinyBlock& block : stage.blocks) x = block(x);
    }
    return (*encoder_out_)(x);
  }
  std::vector<DecoderPart> decoder_parts() const override {
    const std::int64_t widest = std::ranges::max(config_.decoder_channels);
    return {{factor(), widest * factor() * factor(), [this](const at::Tensor& latents) { return decode(latents); }}};
  }

 private:
  at::Tensor decode(const at::Tensor& latents) const {
    at::Tensor x = at::relu((*decoder_in_)(at::tanh(latents / 3) * 3));
    for (std::size_t i = 0; i < up_.size(); ++i) {
      for (const TinyBlock& block : up_[i].blocks) x = block(x);
      if (i + 1 < up_.size()) x = at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
      x = (*up_[i].conv)(x);
    }
    return x * 2 - 1;
  }

  // diffusers numbers the layers of a sequence, those without parameters too.
  void build_encoder(const ParameterPath& path) {
    std::size_t index = 0;
    for (std::size_t i = 0; i < config_.encoder_channels.size(); ++i) {
      const std::int64_t channels = config_.encoder_channels[i];
      const bool first = i == 0;
      DownStage stage{Conv2d(path / index++, first ? config_.in_channels : config_.encoder_channels[i - 1], channels,
                             Conv2d::Sizes{.stride = first ? 1 : 2, .bias = first}),
                      {}};
      for (std::int64_t j = 0; j < config_.encoder_blocks[i]; ++j) stage.blocks.emplace_back(path / index++, channels);
      down_.push_back(std::move(stage));
    }
    encoder_out_.emplace(path / index, config_.encoder_channels.back(), config_.latent_channels);
  }
  void build_decoder(const ParameterPath& path) {
    decoder_in_.emplace(path / 0, config_.latent_channels, config_.decoder_channels.front());
    std::size_t index = 2;
    for (std::size_t i = 0; i < config_.decoder_channels.size(); ++i) {
      const std::int64_t channels = config_.decoder_channels[i];
      const bool last = i + 1 == config_.decoder_channels.size();
      UpStage& stage = up_.emplace_back();
      for (std::int64_t j = 0; j < config_.decoder_blocks[i]; ++j) stage.blocks.emplace_back(path / index++, channels);
      if (!last) ++index;
      stage.conv.emplace(path / index++, channels, last ? config_.out_channels : channels, Conv2d::Sizes{.bias = last});
    }
  }

  TinyConfig config_;
  ParameterTable parameters_;
  std::vector<DownStage> down_;
  std::vector<UpStage> up_;
  std::optional<Conv2d> encoder_out_, decoder_in_;
};

}  // namespace

std::unique_ptr<Autoencoder> make_autoencoder_tiny(tensors::ConfigReader config, ParameterSource& source) {
  config.ignore({"_class_name"});
  return std::make_unique<AutoencoderTiny>(read_tiny_config(config), source);
}

}  // namespace models
