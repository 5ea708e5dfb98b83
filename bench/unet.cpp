// SPDX-License-Identifier: MIT
/// How near do the networks come to what this machine's matrix products and convolutions reach? Counts the
/// multiplications and additions of every product and convolution that a call makes, and divides by its time; the
/// peaks, one of products and one of convolutions, are measured by the same run, with the same threads, on the
/// network's own shapes. Below each figure: where the time of one call goes, operator by operator.
///
///   unet [tiny|full] [threads]      full: SDXL's base at 512², random weights, 10.3 GB of memory for the UNet alone
#include "models/networks/unet.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/network_costs.h"
#include "models/files/model_files_known.h"
#include "models/networks/autoencoder.h"
#include "models/text/clip.h"
#include "tensors/large_tensors.h"

namespace {

using namespace bench;

tensors::ConfigReader config_of(const std::string& part) {
  for (const models::KnownNetwork& network : models::known_checkpoints().front().networks) {
    if (network.part == part) return tensors::ConfigReader::parse(std::string(network.config), part);
  }
  std::fprintf(stderr, "no config of %s\n", part.c_str());
  std::exit(1);
}

models::UNetConfig unet_config(bool tiny) {
  if (!tiny) return models::UNetConfig::read(config_of("unet"));
  return models::UNetConfig::read(tensors::ConfigReader::parse(
      R"({"block_out_channels": [32, 64, 96], "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D",
          "CrossAttnDownBlock2D"], "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
          "attention_head_dim": [2, 4, 6], "transformer_layers_per_block": [1, 1, 2], "norm_num_groups": 8,
          "cross_attention_dim": 96, "use_linear_projection": true, "addition_embed_type": "text_time",
          "addition_time_embed_dim": 32, "projection_class_embeddings_input_dim": 256})",
      "tiny"));
}

void report(const char* what, const Peak& peak, int repetitions, const std::function<void()>& f) {
  f();
  const OperatorCosts costs = costs_of(f);
  const double flop = flop_in(costs), reached = rate(flop, f, repetitions);
  std::printf("  %-35s %7.1f GFLOP/s  %5.1f %% of the peaks\n", what, reached,
              100 * peak.seconds(costs) * reached / (flop / 1e9));
  print_costs(costs);
  std::fflush(stdout);
}

void bench_unet(bool tiny, const Peak& peak) {
  RandomSource source;
  const models::UNet unet(unet_config(tiny), source);
  const models::UNetConfig& config = unet.config();
  const std::int64_t pooled = config.additional_width - 6 * config.addition_time_embed_dim;
  const models::UNet::Input input{at::randn({2, 4, 64, 64}), at::full({2}, 500.0),
                                  at::randn({2, 77, config.cross_attention_dim}), at::randn({2, pooled}),
                                  at::full({2, 6}, 512.0)};
  report(tiny ? "tiny unet, 512^2, batch 2" : "SDXL unet, 512^2, batch 2", peak, tiny ? 10 : 2, [&] { unet(input); });
}

void bench_rest(const Peak& peak) {
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
  tensors::keep_memory_of_large_tensors();  // as the command does
  const std::string size = argc > 1 ? argv[1] : "tiny";
  if (size != "tiny" && size != "full") {
    std::fprintf(stderr, "unet [tiny|full] [threads]\n");
    return 2;
  }
  if (argc > 2) at::set_num_threads(std::atoi(argv[2]));
  std::printf("%d threads\n", at::get_num_threads());
  const Peak peak = measure_peak();
  bench_unet(true, peak);
  if (size == "full") {
    bench_unet(false, peak);
    bench_rest(peak);
  }
}
