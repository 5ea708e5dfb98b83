// SPDX-License-Identifier: MIT
#include "models/networks/controlnet.h"

#include <cmath>
#include <stdexcept>

#include "models/networks/fused.h"
#include "models/networks/unet_encoder.h"

namespace models {
namespace {

/// Convolutions from a hint to the UNet's first feature map: (B, channels, 2ᵏ·h, 2ᵏ·w) → (B, width, h, w).
struct HintEmbedding {
  HintEmbedding(const ParameterPath& path, const ControlNetConfig& config)
      : conv_in(path / "conv_in", config.hint_channels, config.hint_widths.front()),
        conv_out(path / "conv_out", config.hint_widths.back(), config.encoder.down.front().channels) {
    const std::vector<std::int64_t>& widths = config.hint_widths;
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      blocks.emplace_back(path / "blocks" / (2 * i), widths[i], widths[i]);
      blocks.emplace_back(path / "blocks" / (2 * i + 1), widths[i], widths[i + 1], Conv2d::Sizes{.stride = 2});
    }
  }
  at::Tensor operator()(const at::Tensor& hint) const {
    at::Tensor x = at::silu(conv_in(laid_out(hint)));
    for (const Conv2d& conv : blocks) x = at::silu(conv(x));
    return conv_out(x);
  }

  Conv2d conv_in;
  std::vector<Conv2d> blocks;
  Conv2d conv_out;
};

constexpr Conv2d::Sizes kPoint{.kernel = 1, .padding = 0};

std::string kind_of(const UNetConfig& config) {
  return config.text_time ? "Stable Diffusion XL" : "Stable Diffusion 1.x or 2.x";
}

std::string widths_of(const UNetConfig& config) {
  std::string text;
  for (const UNetConfig::Block& block : config.down)
    text += (text.empty() ? "" : ", ") + std::to_string(block.layers) + " layers of " + std::to_string(block.channels);
  return text;
}

}  // namespace

struct ControlNet::Layers {
  Layers(const ControlNetConfig& config, const ParameterPath& path)
      : encoder(config.encoder, path), hint(path / "controlnet_cond_embedding", config) {
    for (std::size_t i = 0; i < encoder.skip_channels.size(); ++i) {
      const std::int64_t channels = encoder.skip_channels[i];
      down.emplace_back(path / "controlnet_down_blocks" / i, channels, channels, kPoint);
    }
    const std::int64_t channels = config.encoder.down.back().channels;
    mid.emplace_back(path / "controlnet_mid_block", channels, channels, kPoint);
  }

  UNetEncoder encoder;
  HintEmbedding hint;
  std::vector<Conv2d> down, mid;  ///< one convolution for each residual
};

ControlNet::ControlNet(ControlNetConfig config, ParameterSource& source)
    : config_(std::move(config)), layers_(std::make_unique<Layers>(config_, ParameterPath(source, parameters_))) {}
ControlNet::~ControlNet() = default;
ControlNet::ControlNet(ControlNet&&) noexcept = default;

at::Tensor ControlNet::embedded(const at::Tensor& hint) const {
  expect_shape(hint.defined() && hint.dim() == 4 && hint.size(1) == config_.hint_channels && hint.numel() > 0,
               "controlnet", "hint", "(B, " + std::to_string(config_.hint_channels) + ", H, W)", hint);
  return layers_->hint(config_.bgr ? hint.flip({1}) : hint);
}

UNetResiduals ControlNet::operator()(const UNet::Input& input, const at::Tensor& hint) const {
  check_input("controlnet", config_.encoder, input);
  const UNetEncoder& encoder = layers_->encoder;
  const at::Tensor time = encoder.time(config_.encoder, input);
  const AttentionContext context{input.encoder_hidden_states};
  const at::Tensor first = encoder.conv_in(laid_out(input.sample));
  expect_shape(hint.defined() && hint.sizes() == first.sizes(), "controlnet", "the hint, embedded",
               c10::str(first.sizes()), hint);
  std::vector<at::Tensor> skips;
  at::Tensor x = encoder.go_down(first + hint, time, context, skips);
  if (encoder.middle) x = (*encoder.middle)(x, time, context);
  UNetResiduals residuals;
  for (std::size_t i = 0; i < skips.size(); ++i) residuals.down.push_back(layers_->down[i](skips[i]));
  residuals.mid = layers_->mid.front()(x);
  return residuals;
}

std::vector<UNetResiduals> ControlNet::operator()(std::span<const ControlNetRow> rows) const {
  std::vector<UNetRow> plain;
  std::vector<at::Tensor> hints;
  std::vector<std::int64_t> counts;
  for (const ControlNetRow& row : rows) {
    plain.push_back(row.row);
    plain.back().conditioning.residuals = {};
    plain.back().conditioning.edit_logits = nullptr;
    counts.push_back(row.row.sample.size(0));
    hints.push_back(row.hint.expand({counts.back(), -1, -1, -1}));
  }
  const UNetResiduals all = (*this)(UNet::batch_of(plain, config_.encoder, dtype()), at::cat(hints).to(dtype()));
  std::vector<UNetResiduals> results(rows.size());
  const auto split = [&](const at::Tensor& t) { return t.to(at::kFloat).split_with_sizes(counts); };
  for (const at::Tensor& one : all.down) {
    const std::vector<at::Tensor> parts = split(one);
    for (std::size_t i = 0; i < parts.size(); ++i) results[i].down.push_back(parts[i]);
  }
  const std::vector<at::Tensor> mids = split(all.mid);
  for (std::size_t i = 0; i < mids.size(); ++i) results[i].mid = mids[i];
  return results;
}

UNetResiduals weighed(const UNetResiduals& residuals, const ResidualWeights& weights, bool pooled) {
  const auto count = static_cast<double>(residuals.down.size());
  const auto one = [&](const at::Tensor& residual, double j) {
    const bool powers = weights.guess && !pooled;
    const at::Tensor plain = pooled ? residual.mean({2, 3}, true).expand_as(residual) : residual;
    const at::Tensor scaled = plain * (powers ? weights.scale * std::pow(10.0, j / count - 1) : weights.scale);
    if (!weights.map.defined()) return scaled;
    return scaled * at::upsample_bilinear2d(weights.map, scaled.sizes().slice(2), /*align_corners=*/false);
  };
  UNetResiduals result;
  for (std::size_t j = 0; j < residuals.down.size(); ++j)
    result.down.push_back(one(residuals.down[j], static_cast<double>(j)));
  if (residuals.mid.defined()) result.mid = one(residuals.mid, count);
  return result;
}

UNetResiduals sum(const UNetResiduals& a, const UNetResiduals& b) {
  if (a.none()) return b;
  if (b.none()) return a;
  const auto added = [](const at::Tensor& x, const at::Tensor& y) {
    expect_shape(y.sizes() == x.sizes(), "controlnet", "residuals to be added", c10::str(x.sizes()), y);
    return x + y;
  };
  if (a.down.size() != b.down.size())
    throw std::invalid_argument("controlnet: " + std::to_string(a.down.size()) + " and " +
                                std::to_string(b.down.size()) + " residuals cannot be added: they are for other UNets");
  UNetResiduals result;
  for (std::size_t i = 0; i < a.down.size(); ++i) result.down.push_back(added(a.down[i], b.down[i]));
  result.mid = added(a.mid, b.mid);
  return result;
}

ControlNetConfig ControlNetConfig::read(tensors::ConfigReader config) {
  const auto name = config.get<std::string>("_class_name", "ControlNetModel");
  if (name.find("Union") != std::string::npos || config.has("num_control_type"))
    config.fail("_class_name",
                "a union of ControlNets (Union, ProMax) is not supported: give the ControlNet of one kind of hint");
  if (name != "ControlNetModel") config.fail("_class_name", "expected \"ControlNetModel\", found \"" + name + "\"");
  ControlNetConfig control{.encoder = UNetConfig::read_encoder(config)};
  control.hint_channels = config.size("conditioning_channels", 3);
  control.hint_widths = config.get<std::vector<std::int64_t>>("conditioning_embedding_out_channels", {16, 32, 96, 256});
  if (control.hint_widths.empty() || control.hint_widths.size() > 8)
    config.fail("conditioning_embedding_out_channels", "expected 1 to 8 widths");
  for (const std::int64_t width : control.hint_widths) config.check_size("conditioning_embedding_out_channels", width);
  std::string order = "rgb";
  config.take("controlnet_conditioning_channel_order", order, {"rgb", "bgr"});
  control.bgr = order == "bgr";
  control.global_pool_conditions = config.get<bool>("global_pool_conditions", false);
  config.finish();
  return control;
}

void check_fits(const UNetConfig& control, const UNetConfig& unet) {
  if (control.text_time != unet.text_time)
    throw std::invalid_argument("it is for " + kind_of(control) + ", and the model is a " + kind_of(unet));
  if (widths_of(control) != widths_of(unet))
    throw std::invalid_argument("its way down has " + widths_of(control) + "; the model's has " + widths_of(unet));
  if (control.cross_attention_dim != unet.cross_attention_dim)
    throw std::invalid_argument("it reads texts of the width " + std::to_string(control.cross_attention_dim) +
                                "; the model's have " + std::to_string(unet.cross_attention_dim));
  if (control.text_time && control.additional_width != unet.additional_width)
    throw std::invalid_argument("its additional embedding takes " + std::to_string(control.additional_width) +
                                " numbers; the model's takes " + std::to_string(unet.additional_width));
}

}  // namespace models
