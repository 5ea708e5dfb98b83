// SPDX-License-Identifier: MIT
// diffusers' AutoencoderKL. Source: Rombach et al. 2022, section 3.1.
#include <algorithm>
#include <optional>
#include <vector>

#include "models/networks/attention.h"
#include "models/networks/autoencoder.h"
#include "models/networks/fused.h"
#include "models/networks/resnet.h"

namespace models {
namespace {

constexpr double kEps = 1e-6;

struct KlConfig {
  std::vector<std::int64_t> channels;
  std::int64_t in_channels, out_channels, latent_channels, layers, groups, sample_size;
  double scaling_factor;
  bool quant_conv, post_quant_conv, attention;

  ResnetBlock resnet(const ParameterPath& path, std::int64_t in, std::int64_t out) const {
    return {path, {in, out, groups, kEps}};
  }
};

KlConfig read_kl_config(tensors::ConfigReader& config) {
  KlConfig kl{};
  kl.channels = config.get<std::vector<std::int64_t>>("block_out_channels");
  kl.in_channels = config.size("in_channels", 3);
  kl.out_channels = config.size("out_channels", 3);
  kl.latent_channels = config.size("latent_channels", 4);
  kl.layers = config.size("layers_per_block", 1);
  kl.groups = config.size("norm_num_groups", 32);
  kl.sample_size = config.size("sample_size", 32);
  kl.scaling_factor = config.get<double>("scaling_factor", 0.18215);
  kl.quant_conv = config.get<bool>("use_quant_conv", true);
  kl.post_quant_conv = config.get<bool>("use_post_quant_conv", true);
  kl.attention = config.get<bool>("mid_block_add_attention", true);
  const std::size_t n = kl.channels.size();
  if (n == 0 || n > kMaxLevels)
    config.fail("block_out_channels",
                "expected 1 to " + std::to_string(kMaxLevels) + " levels, found " + std::to_string(n));
  config.only<std::vector<std::string>>("down_block_types", std::vector<std::string>(n, "DownEncoderBlock2D"));
  config.only<std::vector<std::string>>("up_block_types", std::vector<std::string>(n, "UpDecoderBlock2D"));
  config.only<std::string>("act_fn", "silu");
  for (const char* key : {"latents_mean", "latents_std", "shift_factor"}) config.only_null(key);
  config.ignore({"force_upcast"});  // forces_upcast reads it
  for (const std::int64_t channels : kl.channels) {
    config.check_size("block_out_channels", channels);
    if (channels % kl.groups != 0)
      config.fail("block_out_channels", std::to_string(channels) + " is not a multiple of norm_num_groups");
  }
  config.finish();
  return kl;
}

/// x + attention over all cells, one head as wide as the map, in float32.
struct MidAttention {
  MidAttention(const ParameterPath& path, const KlConfig& config, std::int64_t channels)
      : group_norm(path / "group_norm", config.groups, channels, kEps),
        to_q(path / "to_q", channels, channels),
        to_k(path / "to_k", channels, channels),
        to_v(path / "to_v", channels, channels),
        to_out(path / "to_out" / 0, channels, channels) {}
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor tokens = normed(group_norm, x).flatten(2).transpose(1, 2);
    const at::Tensor hidden = to_out(attention(to_q(tokens), to_k(tokens), to_v(tokens), 1));
    return x + hidden.transpose(1, 2).reshape(x.sizes());
  }

  GroupNorm group_norm;
  Linear to_q, to_k, to_v, to_out;
};

struct CoderMiddle {
  CoderMiddle(const ParameterPath& path, const KlConfig& config, std::int64_t channels)
      : first(config.resnet(path / "resnets" / 0, channels, channels)),
        second(config.resnet(path / "resnets" / 1, channels, channels)) {
    if (config.attention) attention.emplace(path / "attentions" / 0, config, channels);
  }
  at::Tensor operator()(const at::Tensor& x) const {
    const at::Tensor hidden = first(x);
    return second(attention ? (*attention)(hidden) : hidden);
  }

  ResnetBlock first, second;
  std::optional<MidAttention> attention;
};

/// The resnets of one resolution, then a change to the next one but in the last.
template <class Resample>
struct CoderBlock {
  std::vector<ResnetBlock> resnets;
  std::optional<Resample> resample;

  at::Tensor operator()(at::Tensor x) const {
    for (const ResnetBlock& resnet : resnets) x = resnet(x);
    return resample ? (*resample)(x) : x;
  }
};

struct Encoder {
  Encoder(const ParameterPath& path, const KlConfig& config)
      : conv_in(path / "conv_in", config.in_channels, config.channels.front()),
        middle(path / "mid_block", config, config.channels.back()),
        conv_norm_out(path / "conv_norm_out", config.groups, config.channels.back(), kEps),
        conv_out(path / "conv_out", config.channels.back(), 2 * config.latent_channels) {
    std::int64_t in = config.channels.front();
    for (std::size_t i = 0; i < config.channels.size(); ++i) {
      const ParameterPath place = path / "down_blocks" / i;
      CoderBlock<Downsample>& block = down.emplace_back();
      for (std::size_t j = 0; j < static_cast<std::size_t>(config.layers); ++j, in = config.channels[i])
        block.resnets.push_back(config.resnet(place / "resnets" / j, in, config.channels[i]));
      if (i + 1 < config.channels.size())
        block.resample.emplace(place / "downsamplers" / 0, in, Downsample::Padding::kRightAndBottom);
    }
  }
  at::Tensor operator()(const at::Tensor& image) const {
    at::Tensor x = conv_in(laid_out(image));
    for (const CoderBlock<Downsample>& block : down) x = block(x);
    return conv_out(normed_silu(conv_norm_out, middle(x)));
  }

  Conv2d conv_in;
  std::vector<CoderBlock<Downsample>> down;
  CoderMiddle middle;
  GroupNorm conv_norm_out;
  Conv2d conv_out;
};

struct Decoder {
  Decoder(const ParameterPath& path, const KlConfig& config)
      : conv_in(path / "conv_in", config.latent_channels, config.channels.back()),
        middle(path / "mid_block", config, config.channels.back()),
        conv_norm_out(path / "conv_norm_out", config.groups, config.channels.front(), kEps),
        conv_out(path / "conv_out", config.channels.front(), config.out_channels) {
    std::int64_t in = config.channels.back();
    for (std::size_t i = 0; i < config.channels.size(); ++i) {
      const ParameterPath place = path / "up_blocks" / i;
      const std::int64_t channels = config.channels[config.channels.size() - 1 - i];
      CoderBlock<Upsample>& block = up.emplace_back();
      for (std::size_t j = 0; j <= static_cast<std::size_t>(config.layers); ++j, in = channels)
        block.resnets.push_back(config.resnet(place / "resnets" / j, in, channels));
      if (i + 1 < config.channels.size()) block.resample.emplace(place / "upsamplers" / 0, channels);
    }
  }
  at::Tensor begin(const at::Tensor& latents) const { return middle(conv_in(laid_out(latents))); }
  at::Tensor end(const at::Tensor& x) const { return conv_out(normed_silu(conv_norm_out, x)); }

  Conv2d conv_in;
  std::vector<CoderBlock<Upsample>> up;
  CoderMiddle middle;
  GroupNorm conv_norm_out;
  Conv2d conv_out;
};

class AutoencoderKL final : public Autoencoder {
 public:
  AutoencoderKL(const KlConfig& config, ParameterSource& source) : AutoencoderKL(config, source, {}) {}

  std::int64_t factor() const override { return std::int64_t{1} << (config_.channels.size() - 1); }
  std::int64_t latent_channels() const override { return config_.latent_channels; }
  double scaling_factor() const override { return config_.scaling_factor; }
  std::int64_t sample_size() const override { return config_.sample_size; }
  const ParameterTable& parameters() const override { return parameters_; }

 protected:
  at::Tensor encode_moments(const at::Tensor& image) const override {
    const at::Tensor moments = encoder_(image);
    return quant_conv_ ? (*quant_conv_)(moments) : moments;
  }
  std::vector<DecoderPart> decoder_parts() const override {
    std::int64_t channels = config_.channels.back(), scale = 1;
    std::vector<DecoderPart> parts{{scale, channels, [this](const at::Tensor& latents) {
                                      return decoder_.begin(post_quant_conv_ ? (*post_quant_conv_)(latents) : latents);
                                    }}};
    for (std::size_t i = 0; i < decoder_.up.size(); ++i) {
      const std::int64_t before = channels;
      channels = config_.channels[config_.channels.size() - 1 - i];
      if (decoder_.up[i].resample) scale *= 2;
      parts.push_back({scale, std::max(before, channels) * scale * scale, [this, i](const at::Tensor& x) {
                         const at::Tensor y = decoder_.up[i](x);
                         return i + 1 == decoder_.up.size() ? decoder_.end(y) : y;
                       }});
    }
    return parts;
  }

 private:
  AutoencoderKL(const KlConfig& config, ParameterSource& source, ParameterTable&& parameters)
      : config_(config),
        parameters_(std::move(parameters)),
        encoder_(ParameterPath(source, parameters_) / "encoder", config),
        decoder_(ParameterPath(source, parameters_) / "decoder", config) {
    const ParameterPath path(source, parameters_);
    const Conv2d::Sizes point{.kernel = 1, .padding = 0};
    const std::int64_t c = config.latent_channels;
    if (config.quant_conv) quant_conv_.emplace(path / "quant_conv", 2 * c, 2 * c, point);
    if (config.post_quant_conv) post_quant_conv_.emplace(path / "post_quant_conv", c, c, point);
  }

  KlConfig config_;
  ParameterTable parameters_;
  Encoder encoder_;
  Decoder decoder_;
  std::optional<Conv2d> quant_conv_, post_quant_conv_;
};

}  // namespace

std::unique_ptr<Autoencoder> make_autoencoder_kl(tensors::ConfigReader config, ParameterSource& source) {
  config.ignore({"_class_name"});
  return std::make_unique<AutoencoderKL>(read_kl_config(config), source);
}

}  // namespace models
