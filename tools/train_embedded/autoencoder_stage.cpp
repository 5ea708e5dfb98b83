// SPDX-License-Identifier: MIT
#include <algorithm>

#include "imaging/contact_sheet.h"
#include "imaging/noise.h"
#include "models/autoencoder.h"
#include "tensors/safetensors.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/drawing.h"
#include "tools/train_embedded/log.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/pictures.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr int kPatch = 64;            // px: what a patch shows of a scene is enough to learn its cells from
constexpr double kDivergence = 2e-6;  // keeps latents near unit size and smooth without blurring pictures

models::Config config_of(double scaling_factor) {
  return models::Config::parse(autoencoder_config(scaling_factor).dump(), "vae");
}

/// Neighbours' differences: where edges are, and how sharp.
at::Tensor slopes(const at::Tensor& x) {
  return at::cat({(x.slice(2, 1) - x.slice(2, 0, -1)).flatten(1), (x.slice(3, 1) - x.slice(3, 0, -1)).flatten(1)}, 1);
}

struct Loss {
  at::Tensor total;
  double absolute, squared;
};

Loss loss_of(const models::Autoencoder& autoencoder, const at::Tensor& x, std::uint64_t seed) {
  const models::Posterior posterior = autoencoder.encode(x);
  tensors::Generator generator(static_cast<std::int64_t>(seed >> 1));
  const at::Tensor y = autoencoder.decode(posterior.sample(generator.randn(posterior.mean.sizes())));
  const at::Tensor absolute = (y - x).abs().mean(), squared = (y - x).square().mean();
  const at::Tensor divergence = 0.5 *
                                (posterior.mean.square() + posterior.std.square() - 1 - 2 * posterior.std.log()).sum() /
                                static_cast<double>(x.size(0) * x.size(2) * x.size(3));
  const at::Tensor edges = (slopes(y) - slopes(x)).abs().mean();
  return {absolute + 3 * squared + 0.5 * edges + 64 * kDivergence * divergence, absolute.item<double>(),
          squared.item<double>()};
}

/// Scenes that training never saw, at full size and half of it, and dead leaves.
std::vector<at::Tensor> unseen_pictures() {
  constexpr int kCount = 12;
  Painter painter;
  std::vector<at::Tensor> batches(3);
  for (std::size_t kind = 0; kind < batches.size(); ++kind) {
    std::vector<at::Tensor> pictures;
    for (std::uint64_t i = kUnseen; i < kUnseen + kCount; ++i)
      pictures.push_back(to_tensor(kind == 2 ? draw_dead_leaves(i, kFullSize)
                                             : painter.draw(compose(i), kind == 0 ? kFullSize : kFullSize / 2)));
    batches[kind] = at::cat(pictures);
  }
  return batches;
}

void look(const models::Autoencoder& autoencoder, const std::vector<at::Tensor>& unseen, std::int64_t step,
          Journal& journal) {
  const at::NoGradGuard no_gradients;
  std::vector<imaging::SheetCell> cells;
  std::vector<double> decibels;
  for (const at::Tensor& batch : unseen) {
    const at::Tensor decoded = autoencoder.decode(autoencoder.encode(batch).mean);
    decibels.push_back(psnr(batch, decoded));
    for (std::int64_t i = 0; i < 4; ++i) {
      cells.push_back({to_picture(batch, i), "drawn"});
      cells.push_back({to_picture(decoded, i), "decoded"});
    }
  }
  journal.picture("sheet.png", imaging::draw_contact_sheet(cells, {.columns = 8, .cell = 256}));
  journal.tell({{"step", step},
                {"psnr_full", decibels[0]},
                {"psnr_half", decibels[1]},
                {"psnr_leaves", decibels[2]},
                {"seconds", journal.seconds()}});
}

/// One over the deviation of scenes' latents, so that they come to the denoiser with a deviation of one.
double scaling_factor(const models::Autoencoder& autoencoder) {
  const at::NoGradGuard no_gradients;
  Painter painter;
  std::vector<at::Tensor> pictures;
  for (std::uint64_t i = 0; i < 64; ++i) pictures.push_back(to_tensor(painter.draw(compose(i), kFullSize / 2)));
  return 1 / autoencoder.encode(at::cat(pictures)).mean.std(false).item<double>();
}

void keep(Parameters& parameters, const models::Autoencoder& autoencoder, const std::filesystem::path& folder) {
  parameters.save(folder / "checkpoint.safetensors");
  parameters.swap_mean();
  const double factor = scaling_factor(autoencoder);
  parameters.swap_mean();
  tensors::write_safetensors(folder / "autoencoder.safetensors", parameters.mean_of(""),
                             {{"scaling_factor", std::to_string(factor)}});
}

}  // namespace

double learning_rate(const Run& run, std::int64_t step) {
  const double rise = std::min(1.0, static_cast<double>(step + 1) / 100);
  const double left = static_cast<double>(run.steps - step) / (0.25 * static_cast<double>(run.steps));
  return run.learning_rate * std::min(rise, std::clamp(left, 0.01, 1.0));
}

void learn_autoencoder(const Run& run) {
  Journal journal(run.work / "autoencoder", run.minutes);
  Layout layout;
  models::make_autoencoder(config_of(1), layout);
  Parameters parameters(std::move(layout), kSeed);
  const auto autoencoder = models::make_autoencoder(config_of(1), parameters);
  const auto checkpoint = journal.folder() / "checkpoint.safetensors";
  if (std::filesystem::exists(checkpoint)) parameters.load(checkpoint);
  journal.tell({{"stage", "autoencoder"}, {"parameters", parameters.count()}, {"from_step", parameters.steps()}});
  const Patches patches({}, run.papers);
  const std::vector<at::Tensor> unseen = unseen_pictures();
  double absolute = 0, squared = 0, norm = 0;
  constexpr std::int64_t kTell = 50, kLook = 500;
  while (parameters.steps() < run.steps && !journal.time_is_up()) {
    const std::uint64_t seed = imaging::mix(kSeed, static_cast<std::uint64_t>(parameters.steps()));
    const Loss loss = loss_of(*autoencoder, patches.batch(run.batch, kPatch, seed), seed);
    loss.total.backward();
    const double rate = learning_rate(run, parameters.steps());
    norm = parameters.step({.learning_rate = rate, .mean_decay = 0.998});
    absolute += loss.absolute / kTell;
    squared += loss.squared / kTell;
    const std::int64_t step = parameters.steps();
    if (step % kTell == 0) {
      journal.tell({{"step", step},
                    {"absolute", absolute},
                    {"squared", squared},
                    {"norm", norm},
                    {"rate", rate},
                    {"seconds", journal.seconds()}});
      absolute = squared = 0;
    }
    if (step % kLook == 0) {
      keep(parameters, *autoencoder, journal.folder());
      parameters.swap_mean();
      look(*autoencoder, unseen, step, journal);
      parameters.swap_mean();
    }
  }
  keep(parameters, *autoencoder, journal.folder());
}

}  // namespace train_embedded
