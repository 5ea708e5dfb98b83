// SPDX-License-Identifier: MIT
#include "models/networks/unet.h"

#include <algorithm>
#include <stdexcept>

#include "base/names.h"
#include "models/networks/fused.h"
#include "models/networks/unet_encoder.h"
#include "models/networks/unet_graphs.h"

namespace models {
namespace {

struct Up : UNetBlock {
  /// `skips`: channels of the skip connections that are left, the next one last.
  Up(const ParameterPath& path, const UNetParts& parts, const UNetConfig::Block& block, std::int64_t in,
     std::vector<std::int64_t>& skips, bool last) {
    for (std::int64_t i = 0; i <= block.layers; ++i) {
      add(path, parts, block, (i == 0 ? in : block.channels) + skips.back());
      skips.pop_back();
    }
    if (!last) upsampler.emplace(path / "upsamplers" / 0, block.channels);
  }
  at::Tensor operator()(at::Tensor x, const at::Tensor& time, const AttentionContext& context,
                        std::vector<at::Tensor>& skips) const {
    for (std::size_t i = 0; i < resnets.size(); ++i) {
      x = layer(i, at::cat({x, skips.back()}, 1), time, context);
      skips.pop_back();
    }
    // To the size of the next skip connection: sides that were odd on the way down are so again.
    return upsampler ? (*upsampler)(x, skips.back().sizes().slice(2)) : x;
  }
  std::optional<Upsample> upsampler;
};

at::Tensor added(const at::Tensor& x, const at::Tensor& residual) {
  expect_shape(residual.sizes() == x.sizes(), "unet", "a residual", c10::str(x.sizes()), residual);
  return x + residual;
}

}  // namespace

struct UNet::Layers {
  Layers(const UNetConfig& config, const ParameterPath& path)
      : encoder(config, path),
        conv_norm_out(path / "conv_norm_out", config.norm_groups, config.down.front().channels, config.norm_eps),
        conv_out(path / "conv_out", config.down.front().channels, config.out_channels) {
    const UNetParts parts{config};
    std::int64_t channels = config.down.back().channels;
    std::vector<std::int64_t> skips = encoder.skip_channels;
    for (std::size_t i = 0; i < config.up.size(); ++i) {
      up.emplace_back(path / "up_blocks" / i, parts, config.up[i], channels, skips, i + 1 == config.up.size());
      channels = config.up[i].channels;
    }
  }

  std::vector<std::string> transformers() const;

  UNetEncoder encoder;
  std::vector<Up> up;
  GroupNorm conv_norm_out;
  Conv2d conv_out;
};

UNet::UNet(UNetConfig config, ParameterSource& source)
    : config_(std::move(config)), layers_(std::make_unique<Layers>(config_, ParameterPath(source, parameters_))) {
  if (layers_->encoder.conv_in.weight.is_cuda()) graphs_ = std::make_unique<UNetGraphs>();
}
UNet::~UNet() = default;
UNet::UNet(UNet&&) noexcept = default;

std::vector<std::string> UNet::Layers::transformers() const {
  std::vector<std::string> names;
  const auto add = [&](const std::optional<Transformer2D>& one) {
    if (one) names.push_back(one->name);
  };
  for (const UNetDown& block : encoder.down) std::ranges::for_each(block.attentions, add);
  if (encoder.middle) add(encoder.middle->attention);
  for (const Up& block : up) std::ranges::for_each(block.attentions, add);
  return names;
}

void UNet::check_layers(const std::vector<std::string>& names) const {
  const std::vector<std::string> all = layers_->transformers();
  for (const std::string& name : names) {
    const auto is_below = [&](const std::string& one) { return is_one_of_layers(one, std::span(&name, 1)); };
    if (std::ranges::any_of(all, is_below)) continue;
    throw std::invalid_argument("no attention layer '" + name + "'" + base::did_you_mean(name, all) + "; there are " +
                                base::listed(all) + ", and what such names begin with up to a point");
  }
}

void UNet::check(const Input& input) const {
  check_input("unet", config_, input);
  if (!input.edits.empty() && static_cast<std::int64_t>(input.edits.size()) != input.sample.size(0))
    throw std::invalid_argument("unet: " + std::to_string(input.edits.size()) + " edits for " +
                                std::to_string(input.sample.size(0)) + " pictures");
}

at::Tensor UNet::operator()(const Input& input) const {
  check(input);
  std::vector<at::Tensor> differentiable{input.sample, layers_->encoder.conv_in.weight, input.encoder_hidden_states,
                                         input.text_embeds, input.residuals.mid};
  differentiable.insert(differentiable.end(), input.residuals.down.begin(), input.residuals.down.end());
  const bool grad = std::ranges::any_of(differentiable, needs_grad);
  if (!graphs_ || !input.edits.empty() || input.perturbed.defined() || grad) return forward(input);
  return (*graphs_)(input, [this](const Input& one) { return forward(one); });
}

at::Tensor UNet::forward(const Input& input) const {
  const UNetEncoder& encoder = layers_->encoder;
  const at::Tensor t = encoder.time(config_, input);
  AttentionContext context{input.encoder_hidden_states, input.edits, {}, {}};
  if (input.perturbed.defined()) {
    context.perturbed = input.perturbed.view({-1, 1, 1});
    context.perturbed_layers = *input.perturbed_layers;
  }
  std::vector<at::Tensor> skips;
  at::Tensor x = encoder.go_down(encoder.conv_in(laid_out(input.sample)), t, context, skips);
  const std::vector<at::Tensor>& down = input.residuals.down;
  if (!down.empty() && down.size() != skips.size())
    throw std::invalid_argument("unet: " + std::to_string(down.size()) + " residuals for " +
                                std::to_string(skips.size()) + " skip connections");
  for (std::size_t i = 0; i < down.size(); ++i) skips[i] = added(skips[i], down[i]);
  if (encoder.middle) x = (*encoder.middle)(x, t, context);
  if (input.residuals.mid.defined()) x = added(x, input.residuals.mid);
  for (const Up& block : layers_->up) x = block(x, t, context, skips);
  return layers_->conv_out(normed_silu(layers_->conv_norm_out, x)).contiguous();
}

}  // namespace models
