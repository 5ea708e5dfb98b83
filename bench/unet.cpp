// SPDX-License-Identifier: MIT
/// How near do the networks come to what this machine's matrix products and convolutions reach? Counts the
/// multiplications and additions of every product and convolution that a call makes, and divides by its time; the
/// peaks, one of products and one of convolutions, are measured by the same run, with the same threads, on the
/// network's own shapes. Below each figure: where the time of one call goes, operator by operator.
///
///   unet [tiny|full] [threads]      full: SDXL's base at 512², random weights, 10.3 GB of memory for the UNet alone
#include "models/networks/unet.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "models/files/model_files_known.h"
#include "models/networks/autoencoder.h"
#include "models/text/clip.h"
#include "tensors/generator.h"
#include "tensors/large_tensors.h"
#include "tensors/memory.h"
#include "tensors/operator_profile.h"

namespace {

using Clock = std::chrono::steady_clock;
using tensors::OperatorCost;
using tensors::OperatorCosts;

double seconds(const std::function<void()>& f) {
  const auto from = Clock::now();
  f();
  return std::chrono::duration<double>(Clock::now() - from).count();
}

/// Of one call, on this thread. What helpers do inside operators is counted under a name of theirs.
OperatorCosts costs_of(const std::function<void()>& f) {
  tensors::OperatorProfile profile(tensors::OperatorProfile::Count::kTimeAndFlop);
  tensors::OperatorProfile::enter(0);
  f();
  tensors::OperatorProfile::leave();
  OperatorCosts costs = profile.costs(0);
  if (profile.flop_of_helpers() > 0) costs["helpers of operators"].flop = profile.flop_of_helpers();
  return costs;
}

double flop_in(const OperatorCosts& costs) {
  double flop = 0;
  for (const auto& [name, cost] : costs) flop += cost.flop;
  return flop;
}

/// The best of some repetitions, in GFLOP/s.
double rate(double flop, const std::function<void()>& f, int repetitions) {
  double best = 1e30;
  for (int i = 0; i < repetitions; ++i) best = std::min(best, seconds(f));
  return flop / best / 1e9;
}

/// What this machine reaches, in GFLOP/s, on the shapes that most of the UNet's work has.
struct Peak {
  double products = 0, convolutions = 0;

  /// The least time that work of these costs can take: products at their peak, convolutions at theirs.
  double seconds(const OperatorCosts& costs) const {
    double least = 0;
    for (const auto& [name, cost] : costs)
      least += cost.flop / 1e9 / (name == "aten::convolution" ? convolutions : products);
    return least;
  }
};

double print_rate(const char* what, int repetitions, const std::function<void()>& f) {
  const double reached = rate(flop_in(costs_of(f)), f, repetitions);
  std::printf("  %-35s %7.1f GFLOP/s\n", what, reached);
  return reached;
}

Peak measure_peak() {
  const at::Tensor tokens = at::randn({2048, 1280}), weight = at::randn({10240, 1280});
  const at::Tensor a = at::randn({1024, 1024}), b = at::randn({1024, 1024});
  const at::Tensor x = at::randn({2, 640, 32, 32}), kernel = at::randn({640, 640, 3, 3});
  const at::Tensor y = at::randn({2, 320, 64, 64}), fine = at::randn({320, 320, 3, 3});
  Peak peak;
  peak.products = std::max(print_rate("product 1024^3", 20, [&] { at::mm(a, b); }),
                           print_rate("product 2048 x 1280 x 10240", 10, [&] { at::linear(tokens, weight); }));
  peak.convolutions =
      std::max(print_rate("convolution 640 -> 640, 32^2, 3^2", 10, [&] { at::conv2d(x, kernel, {}, 1, 1); }),
               print_rate("convolution 320 -> 320, 64^2, 3^2", 10, [&] { at::conv2d(y, fine, {}, 1, 1); }));
  return peak;
}

void print_costs(const OperatorCosts& costs) {
  std::vector<std::pair<std::string, OperatorCost>> rows(costs.begin(), costs.end());
  double whole = 0;
  for (const auto& row : rows) whole += row.second.seconds;
  std::sort(rows.begin(), rows.end(), [](auto& a, auto& b) { return a.second.seconds > b.second.seconds; });
  for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 10); ++i) {
    const auto& [name, cost] = rows[i];
    std::printf("    %-33s %8.1f ms %5.1f %%\n", name.c_str(), cost.seconds * 1e3, 100 * cost.seconds / whole);
  }
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
