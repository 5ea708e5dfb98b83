// SPDX-License-Identifier: MIT
/// How near do the networks come to what this machine's matrix products and convolutions reach? Counts the
/// multiplications and additions of every product and convolution that a call makes, and divides by its time; the peak
/// is measured by the same run, with the same threads, on products and convolutions of the network's own shapes.
///
///   unet [tiny|full] [threads]      full: SDXL's base at 512², random weights, 10.3 GB of memory for the UNet alone
#include "models/unet.h"

#include <ATen/record_function.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "models/autoencoder.h"
#include "models/clip.h"
#include "models/model_files_known.h"
#include "tensors/generator.h"
#include "tensors/memory.h"

namespace {

using Clock = std::chrono::steady_clock;

double seconds(const std::function<void()>& f) {
  const auto from = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - from).count();
}

/// Floating point operations of one call, where it is a product.
double flop_of(const at::RecordFunction& call) {
  const auto& in = call.inputs();
  const auto sizes = [&](std::size_t i) { return in[i].toTensor().sizes(); };
  const std::string name = call.name();
  if (name == "aten::mm") return 2.0 * sizes(0)[0] * sizes(0)[1] * sizes(1)[1];
  if (name == "aten::addmm") return 2.0 * sizes(1)[0] * sizes(1)[1] * sizes(2)[1];
  if (name == "aten::bmm") return 2.0 * sizes(0)[0] * sizes(0)[1] * sizes(0)[2] * sizes(1)[2];
  return 0;
}

/// Convolutions: batch · out · in · kernel² for each pixel of the result, which only the end of the call knows.
double flop_of_convolution(const at::RecordFunction& call) {
  const auto weight = call.inputs()[1].toTensor();
  const auto out = call.outputs().at(0).toTensor();
  return 2.0 * static_cast<double>(out.numel()) * static_cast<double>(weight.numel()) /
         static_cast<double>(weight.size(0));
}

double counted(const std::function<void()>& f) {
  static double flop;
  flop = 0;
  const auto handle =
      at::addGlobalCallback(at::RecordFunctionCallback(
                                [](const at::RecordFunction& call) -> std::unique_ptr<at::ObserverContext> {
                                  flop += flop_of(call);
                                  return nullptr;
                                },
                                [](const at::RecordFunction& call, at::ObserverContext*) {
                                  if (std::string(call.name()) == "aten::convolution")
                                    flop += flop_of_convolution(call);
                                })
                                .needsInputs(true)
                                .needsOutputs(true)
                                .scopes({at::RecordScope::FUNCTION}));
  f();
  at::removeCallback(handle);
  return flop;
}

/// The best of some repetitions, in GFLOP/s.
double rate(const std::function<void()>& f, int repetitions) {
  const double flop = counted(f);
  double best = 1e30;
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds(f));
  return flop / best / 1e9;
}

/// What the machine reaches on the shapes that most of the UNet's work has: a feed-forward at 32² and the convolutions
/// of the first two resolutions.
double peak() {
  const at::Tensor tokens = at::randn({2048, 1280}), weight = at::randn({10240, 1280});
  const at::Tensor x = at::randn({2, 640, 32, 32}), kernel = at::randn({640, 640, 3, 3});
  const at::Tensor y = at::randn({2, 320, 64, 64}), fine = at::randn({320, 320, 3, 3});
  const at::Tensor a = at::randn({1024, 1024}), b = at::randn({1024, 1024});
  const double square = rate([&] { at::mm(a, b); }, 20);
  const double product = rate([&] { at::linear(tokens, weight); }, 10);
  const double coarse = rate([&] { at::conv2d(x, kernel, {}, 1, 1); }, 10);
  const double convolution = rate([&] { at::conv2d(y, fine, {}, 1, 1); }, 10);
  std::printf("  product 1024^3                      %7.1f GFLOP/s\n", square);
  std::printf("  product 2048 x 1280 x 10240         %7.1f GFLOP/s\n", product);
  std::printf("  convolution 640 -> 640, 32^2, 3^2   %7.1f GFLOP/s\n", coarse);
  std::printf("  convolution 320 -> 320, 64^2, 3^2   %7.1f GFLOP/s\n", convolution);
  return std::max({square, product, coarse, convolution});
}

/// Random weights, scaled so that activations stay finite. The same block of numbers for every tensor: drawing 2.6
/// billion takes longer than the bench.
class RandomSource final : public models::ParameterSource {
 public:
  at::Tensor get(const std::string&, at::IntArrayRef shape) override {
    at::Tensor tensor = memory_.empty(shape, at::kFloat);
    if (shape.size() == 1) return tensor.fill_(0.5);
    const double scale = 1 / std::sqrt(static_cast<double>(tensor.numel()) / static_cast<double>(shape[0]));
    at::Tensor flat = tensor.view({-1});
    for (std::int64_t from = 0; from < flat.numel(); from += block_.numel()) {
      const std::int64_t n = std::min(block_.numel(), flat.numel() - from);
      flat.narrow(0, from, n).copy_(block_.narrow(0, 0, n)).mul_(scale);
    }
    return tensor;
  }

 private:
  tensors::LongLivedMemory memory_{};
  const at::Tensor block_ = tensors::Generator(1).randn({1 << 20});
};

models::Config config_of(const std::string& part) {
  for (const models::KnownNetwork& network : models::known_checkpoints().front().networks) {
    if (network.part == part) return models::Config::parse(std::string(network.config), part);
  }
  std::fprintf(stderr, "no config of %s\n", part.c_str());
  std::exit(1);
}

models::UNetConfig unet_config(bool tiny) {
  if (!tiny) return models::UNetConfig::read(config_of("unet"));
  return models::UNetConfig::read(models::Config::parse(
      R"({"block_out_channels": [32, 64, 96], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D",
          "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
          "attention_head_dim": [2, 4, 6], "transformer_layers_per_block": [1, 1, 2], "norm_num_groups": 8,
          "cross_attention_dim": 96, "use_linear_projection": true, "addition_embed_type": "text_time",
          "addition_time_embed_dim": 32, "projection_class_embeddings_input_dim": 256})",
      "tiny"));
}

void report(const char* what, double peak, int repetitions, const std::function<void()>& f) {
  f();
  const double reached = rate(f, repetitions);
  std::printf("  %-35s %7.1f GFLOP/s  %5.1f %% of the peak\n", what, reached, 100 * reached / peak);
}

void bench_unet(bool tiny, double peak) {
  RandomSource source;
  const models::UNet unet(unet_config(tiny), source);
  const models::UNetConfig& config = unet.config();
  const std::int64_t pooled = config.additional_width - 6 * config.addition_time_embed_dim;
  const models::UNet::Input input{at::randn({2, 4, 64, 64}), at::full({2}, 500.0),
                                  at::randn({2, 77, config.cross_attention_dim}), at::randn({2, pooled}),
                                  at::full({2, 6}, 512.0)};
  report(tiny ? "tiny unet, 512^2, batch 2" : "SDXL unet, 512^2, batch 2", peak, tiny ? 10 : 2, [&] { unet(input); });
}

void bench_rest(double peak) {
  RandomSource source;
  const auto vae = models::make_autoencoder(config_of("vae"), source);
  const at::Tensor latents = at::randn({1, 4, 64, 64});
  report("SDXL vae decode, 512^2", peak, 2, [&] { vae->decode(latents); });
  const at::Tensor ids = at::full({1, 77}, 320, at::TensorOptions(at::kLong));
  const models::ClipTextModel small(models::ClipTextConfig::read(config_of("text_encoder")), source);
  const models::ClipTextModel large(models::ClipTextConfig::read(config_of("text_encoder_2")), source);
  report("text encode, both encoders, 1 prompt", peak, 3, [&] {
    small(ids, {.hidden_states = {-2}});
    large(ids, {.hidden_states = {-2}, .pooled = true});
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string size = argc > 1 ? argv[1] : "tiny";
  if (size != "tiny" && size != "full") {
    std::fprintf(stderr, "unet [tiny|full] [threads]\n");
    return 2;
  }
  if (argc > 2) at::set_num_threads(std::atoi(argv[2]));
  std::printf("%d threads\n", at::get_num_threads());
  const double best = peak();
  bench_unet(true, best);
  if (size == "full") {
    bench_unet(false, best);
    bench_rest(best);
  }
}
