// SPDX-License-Identifier: MIT
/// What does control cost? A ControlNet's step beside a plain one, attention that is pulled to places beside attention
/// as it is, and prompts of three chunks beside those of one. Multiplications and additions are counted, as in `unet`:
/// what a ControlNet adds to them is the least that it can cost.
///
///   control [threads]      a UNet of SDXL's shape at a quarter of its width, and one block of SDXL's of each width
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/network_costs.h"
#include "models/networks/attention_control.h"
#include "models/networks/controlnet.h"
#include "models/networks/transformer.h"
#include "tensors/large_tensors.h"

namespace {

using namespace bench;

constexpr int kRepetitions = 7;
constexpr std::int64_t kChunk = 77;

const std::string kWay = R"("block_out_channels": [80, 160, 320], "attention_head_dim": [5, 10, 20],
  "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  "transformer_layers_per_block": [1, 2, 10], "norm_num_groups": 16, "cross_attention_dim": 512,
  "use_linear_projection": true, "addition_embed_type": "text_time", "addition_time_embed_dim": 64,
  "projection_class_embeddings_input_dim": 704)";

tensors::ConfigReader config_of(const std::string& more) {
  return tensors::ConfigReader::parse("{" + kWay + more + "}", "a quarter of SDXL");
}

struct Cost {
  double flop, seconds;
};

/// Calls take turns, so that a machine whose clock moves is as fast for one as for the other.
std::vector<Cost> costs(const std::vector<std::function<void()>>& calls) {
  std::vector<Cost> all;
  for (const auto& call : calls) {
    call();
    all.push_back({flop_in(costs_of(call)), 1e30});
  }
  for (int i = 0; i < kRepetitions; ++i)
    for (std::size_t k = 0; k < calls.size(); ++k) all[k].seconds = std::min(all[k].seconds, seconds(calls[k]));
  return all;
}

void print(const char* what, const Cost& cost, const Cost& plain) {
  std::printf("  %-40s %8.1f ms %7.1f GFLOP/s  %5.2f x the time, %5.2f x the operations\n", what, cost.seconds * 1e3,
              cost.flop / cost.seconds / 1e9, cost.seconds / plain.seconds, cost.flop / plain.flop);
  std::fflush(stdout);
}

/// Pulls four words to the left half, four others to the right.
models::LogitEdit two_regions() {
  at::Tensor left = at::zeros({1, 1, 512, 512}), right = at::zeros({1, 1, 512, 512});
  left.slice(3, 0, 256).fill_(1);
  right.slice(3, 256, 512).fill_(1);
  return models::attention_edit({{{2, 3, 4, 5}, left, 0.5, 0.5}, {{7, 8, 9, 10}, right, 0.5, 0.5}},
                                models::AttentionFall::kLogLog, 10);
}

/// Steps with guidance at 64² cells: two rows, of which the prompt's is pulled.
void bench_steps() {
  RandomSource source;
  const models::UNet unet(
      models::UNetConfig::read(config_of(R"(, "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
                                             "UpBlock2D"])")),
      source);
  const models::ControlNet controlnet(
      models::ControlNetConfig::read(config_of(R"(, "_class_name": "ControlNetModel")")), source);
  const auto input_of = [&](std::int64_t tokens) {
    return models::UNet::Input{at::randn({2, 4, 64, 64}), at::full({2}, 500.0), at::randn({2, tokens, 512}),
                               at::randn({2, 320}), at::full({2, 6}, 512.0)};
  };
  const models::UNet::Input plain = input_of(kChunk), longer = input_of(3 * kChunk);
  models::UNet::Input pulled = plain;
  const models::LogitEdit edit = two_regions();
  pulled.edits = {nullptr, &edit};
  const at::Tensor hint = controlnet.embedded(at::rand({1, 3, 512, 512})).repeat({2, 1, 1, 1});
  const auto controlled = [&] {
    models::UNet::Input input = plain;
    input.residuals = controlnet(input, hint);
    unet(input);
  };
  const std::vector<Cost> all = costs({[&] { unet(plain); }, controlled, [&] { unet(pulled); }, [&] { unet(longer); }});
  std::printf("a quarter of SDXL, 64 x 64 cells, two rows\n");
  const char* const names[] = {"a step", "with a ControlNet", "with words pulled to places", "with 231 tokens"};
  for (std::size_t i = 0; i < all.size(); ++i) print(names[i], all[i], all.front());
  std::printf("  the ControlNet's step does its operations at %.0f %% of the plain step's rate\n",
              100 * all[1].flop / all[1].seconds * all[0].seconds / all[0].flop);
}

/// One block of SDXL's at its full width, two rows.
void bench_block(std::int64_t channels, std::int64_t side) {
  RandomSource source;
  models::ParameterTable table;
  const models::TransformerBlock block(models::ParameterPath(source, table), {channels, 2048, channels / 64, false});
  const at::Tensor x = at::randn({2, side * side, channels}), texts = at::randn({2, kChunk, 2048}),
                   longer = at::randn({2, 3 * kChunk, 2048});
  const models::LogitEdit edit = two_regions();
  const std::vector<const models::LogitEdit*> edits{nullptr, &edit};
  const auto call = [&](const models::AttentionContext& context) {
    return [&, context] { block(x, {}, context, side, side); };
  };
  const std::vector<Cost> all = costs({call({texts, {}, {}, {}}), call({texts, edits, {}, {}}),
                                       call({longer, {}, {}, {}}), call({longer, edits, {}, {}})});
  std::printf("a block of SDXL's at 64 x 64 cells: %ld channels, %ld x %ld\n", channels, side, side);
  const char* const names[] = {"as it is", "with words pulled to places", "with 231 tokens", "both"};
  for (std::size_t i = 0; i < all.size(); ++i) print(names[i], all[i], all.front());
}

}  // namespace

int main(int argc, char** argv) {
  tensors::keep_memory_of_large_tensors();  // as the command does
  if (argc > 1) at::set_num_threads(std::atoi(argv[1]));
  std::printf("%d threads\n", at::get_num_threads());
  const at::NoGradGuard no_gradients;
  bench_block(640, 32);
  bench_block(1280, 16);
  bench_steps();
}
