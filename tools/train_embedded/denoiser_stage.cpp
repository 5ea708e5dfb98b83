// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>

#include "imaging/contact_sheet.h"
#include "tools/train_embedded/chance.h"
#include "tools/train_embedded/configs.h"
#include "tools/train_embedded/denoiser.h"
#include "tools/train_embedded/latents.h"
#include "tools/train_embedded/parameters.h"
#include "tools/train_embedded/pictures.h"
#include "tools/train_embedded/scene.h"
#include "tools/train_embedded/stages.h"

namespace train_embedded {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr int kBuckets = 4;  // of timesteps, in the log

/// Scenes with their latents, in an order drawn from the step.
class Scenes {
 public:
  explicit Scenes(at::Tensor latents) : latents_(std::move(latents)) {}

  struct Batch {
    at::Tensor latents;
    std::vector<std::string> captions;
  };
  Batch batch(int count, std::uint64_t seed) const {
    Chance chance(seed);
    std::vector<std::int64_t> rows;
    Batch batch;
    for (int i = 0; i < count; ++i) {
      const int row = chance.below(static_cast<int>(latents_.size(0)));
      rows.push_back(row);
      batch.captions.push_back(
          caption(compose(static_cast<std::uint64_t>(row)), imaging::mix(seed, static_cast<std::uint64_t>(i))));
    }
    batch.latents = latents_.index_select(0, at::tensor(rows, at::kLong)).to(at::kFloat);
    return batch;
  }

 private:
  at::Tensor latents_;
};

/// Mean squared errors of the velocity by noise level, from little noise to much.
using Errors = std::array<double, kBuckets>;

/// Source: Salimans and Ho 2022 (velocity); Hang et al. 2023 (weights: what is nearly clean counts less).
class Objective {
 public:
  explicit Objective(std::int64_t steps) : schedule_(schedule_of("ddim", steps)) {
    const auto alphas = schedule_.alphas_cumprod();
    alphas_ = at::tensor(std::vector<float>(alphas.begin(), alphas.end()), at::kFloat);
  }

  struct Noised {
    at::Tensor latents, timesteps, velocity, weight;
  };
  Noised noised(const at::Tensor& clean, std::uint64_t seed) const {
    const std::int64_t count = clean.size(0);
    Chance chance(imaging::mix(seed, 9));
    std::vector<float> timesteps;  // one from each part of the range: less left to chance
    for (std::int64_t i = 0; i < count; ++i)
      timesteps.push_back(std::floor(
          static_cast<float>((static_cast<double>(i) + chance.unit()) / static_cast<double>(count) * kTimesteps)));
    const at::Tensor t = at::tensor(timesteps, at::kFloat);
    tensors::Generator generator(static_cast<std::int64_t>(imaging::mix(seed, 10) >> 1));
    const at::Tensor noise = generator.randn(clean.sizes());
    const at::Tensor alpha = alphas_.index_select(0, t.to(at::kLong)).view({-1, 1, 1, 1});
    const at::Tensor a = alpha.sqrt(), b = (1 - alpha).sqrt();
    return {a * clean + b * noise, t, a * noise - b * clean, (5 * (1 - alpha) / alpha).clamp_max(1).flatten()};
  }

 private:
  schedulers::Schedule schedule_;
  at::Tensor alphas_;
};

/// What sheets ask for: pairs of subject and colour that training has not shown, and one of two subjects.
const std::vector<std::string>& sheet_prompts() {
  static const std::vector<std::string> kPrompts{"a purple sun on yellow paper, paper cut",
                                                 "a red moon at night, painted",
                                                 "a green star in the sky, paper cut",
                                                 "a blue house on a meadow, paper cut",
                                                 "a pink tree on a meadow, painted",
                                                 "an orange flower on blue paper, paper cut",
                                                 "a yellow fish by the sea, painted",
                                                 "a purple boat by the sea, paper cut",
                                                 "a white heart on red paper, painted",
                                                 "a pink mountain at night, paper cut",
                                                 "a red house and a yellow sun on a meadow, paper cut",
                                                 ""};
  return kPrompts;
}

void look(const Denoiser& denoiser, const models::Autoencoder& autoencoder, const Run& run, Journal& journal,
          std::int64_t step) {
  const at::NoGradGuard no_gradients;
  std::vector<imaging::SheetCell> cells;
  std::vector<std::string> texts;
  std::vector<std::int64_t> seeds;
  for (const std::string& prompt : sheet_prompts()) {
    for (const std::int64_t seed : {1, 2, 3}) {
      texts.push_back(prompt);
      seeds.push_back(seed);
    }
  }
  const at::Tensor pictures = autoencoder.decode(denoiser.sample(texts, seeds, run.size, 4));
  for (std::size_t i = 0; i < texts.size(); ++i)
    cells.push_back({to_picture(pictures, static_cast<std::int64_t>(i)), texts[i]});
  journal.picture("sheet.png", imaging::draw_contact_sheet(cells, {.columns = 9, .cell = static_cast<int>(run.size)}));
  journal.tell({{"step", step}, {"sheet", texts.size()}, {"seconds", journal.seconds()}});
}

void note(const at::Tensor& errors, Errors& sums) {
  const std::int64_t part = errors.size(0) / kBuckets;
  for (std::size_t i = 0; i < kBuckets; ++i)
    sums[i] += errors.narrow(0, static_cast<std::int64_t>(i) * part, part).mean().item<double>();
}

}  // namespace

void learn_denoiser(const Run& run) {
  Journal journal(run.work / "denoiser", run.minutes);
  const Scenes scenes(scene_latents(run.work, run.size, run.scenes, journal));
  const auto autoencoder = trained_autoencoder(run.work);
  Layout layout;
  Denoiser(run.work, layout);
  Parameters parameters(std::move(layout), kSeed);
  const Denoiser denoiser(run.work, parameters);
  const auto checkpoint = journal.folder() / "checkpoint.safetensors";
  if (std::filesystem::exists(checkpoint)) parameters.load(checkpoint);
  journal.tell({{"stage", "denoiser"},
                {"parameters", parameters.count()},
                {"from_step", parameters.steps()},
                {"size", run.size}});
  const Objective objective(20);
  constexpr std::int64_t kTell = 50, kKeep = 250, kLook = 500;
  Errors errors{};
  while (parameters.steps() < run.steps && !journal.time_is_up()) {
    const std::uint64_t seed = imaging::mix(kSeed, static_cast<std::uint64_t>(parameters.steps()));
    const Scenes::Batch batch = scenes.batch(run.batch, seed);
    const Objective::Noised noised = objective.noised(batch.latents, seed);
    const at::Tensor velocity = denoiser(noised.latents, noised.timesteps, denoiser.read(batch.captions));
    const at::Tensor error = (velocity - noised.velocity).square().mean({1, 2, 3});
    (error * noised.weight).mean().backward();
    const double rate = learning_rate(run, parameters.steps());
    const double norm = parameters.step({.learning_rate = rate, .mean_decay = 0.9985});
    const std::int64_t step = parameters.steps();
    note(error.detach(), errors);
    if (step % kTell == 0) {
      for (double& e : errors) e /= kTell;
      journal.tell(
          {{"step", step}, {"errors", errors}, {"norm", norm}, {"rate", rate}, {"seconds", journal.seconds()}});
      errors = {};
    }
    if (step % kKeep == 0) parameters.save(checkpoint);
    if (step % kLook == 0) {
      parameters.swap_mean();
      look(denoiser, *autoencoder, run, journal, step);
      parameters.swap_mean();
    }
  }
  parameters.save(checkpoint);
}

}  // namespace train_embedded
