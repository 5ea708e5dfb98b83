// SPDX-License-Identifier: MIT
#include "schedulers/schedule.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "base/names.h"
#include "schedulers/registry.h"
#include "schedulers/sampler_names.h"
#include "schedulers/spacing.h"

namespace schedulers {
namespace {

std::string text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument(what);
}

void check_fraction(const char* name, double value) {
  if (!(value >= 0 && value <= 1)) refuse(std::string(name) + ": expected 0 to 1, found " + text(value));
}

void check_choice(const char* name, const std::string& value, const std::vector<std::string>& choices) {
  if (std::ranges::count(choices, value) > 0) return;
  refuse(std::string("no ") + name + " '" + value + "'" + base::did_you_mean(value, choices) + "; there are " +
         base::listed(choices));
}

/// Names of those that have what one has not.
std::string those_with(bool Scheduler::*feature) {
  std::vector<std::string> names;
  for (const Scheduler& scheduler : schedulers()) {
    if (scheduler.*feature) names.push_back(scheduler.name);
  }
  return base::listed(names);
}

void check_range(const Config& config, const Settings& settings) {
  if (settings.steps < 1 || settings.steps > config.num_train_timesteps) {
    refuse("steps: expected 1 to " + std::to_string(config.num_train_timesteps) + " (the training timesteps), found " +
           std::to_string(settings.steps));
  }
  check(settings);
}

void check_features(const Scheduler& scheduler, const Settings& settings) {
  const auto lacks = [&](bool Scheduler::*feature, const std::string& what) {
    if (!(scheduler.*feature)) refuse(scheduler.name + " has no " + what + ": they go with " + those_with(feature));
  };
  if (settings.karras.value_or(false)) lacks(&Scheduler::karras, "karras sigmas");
  if (settings.final_sigmas_type.value_or("zero") != "zero") {
    lacks(&Scheduler::final_sigmas, "final_sigmas_type settings");
  }
  if (settings.rescale_betas_zero_snr.value_or(false)) lacks(&Scheduler::zero_snr, "betas rescaled to zero SNR");
  if (settings.spacing) lacks(&Scheduler::spacing, "spacing settings");
  if (settings.original_inference_steps) lacks(&Scheduler::original_steps, "original_inference_steps");
  if (settings.strength_keeps_steps) lacks(&Scheduler::original_steps, "strength that keeps every step");
  if (settings.timestep_scaling) lacks(&Scheduler::timestep_scaling, "timestep_scaling");
  if (settings.eta > 0) lacks(&Scheduler::eta, "eta settings");
}

/// With our own name of the scheduler for what other programs call it. What such a name says of noise levels counts
/// where the setting does not.
Settings in_own_names(Settings settings) {
  const std::string& name = settings.scheduler;
  if (name.empty() || std::ranges::count(scheduler_names(), name) > 0 || name.ends_with("Scheduler")) return settings;
  if (const std::optional<SamplerName> found = sampler_named(name)) {
    settings.scheduler = found->scheduler;
    if (!settings.karras) settings.karras = found->karras;
  }
  return settings;
}

/// The file with the graph's settings laid over it.
Config merged(Config config, const Settings& settings) {
  if (settings.karras) config.use_karras_sigmas = *settings.karras;
  if (settings.spacing) {
    check_choice("spacing", *settings.spacing, {"leading", "linspace", "trailing"});
    config.timestep_spacing = settings.spacing;
  }
  if (settings.original_inference_steps) {
    if (*settings.original_inference_steps < 1 || *settings.original_inference_steps > config.num_train_timesteps)
      refuse("original_inference_steps: expected 1 to " + std::to_string(config.num_train_timesteps) +
             " (the training timesteps), found " + std::to_string(*settings.original_inference_steps));
    config.original_inference_steps = *settings.original_inference_steps;
  }
  if (settings.timestep_scaling) config.timestep_scaling = *settings.timestep_scaling;
  if (settings.prediction_type) config.prediction_type = *settings.prediction_type;
  if (settings.final_sigmas_type) {
    check_choice("final_sigmas_type", *settings.final_sigmas_type, {"zero", "sigma_min"});
    config.final_sigmas_type = *settings.final_sigmas_type;
  }
  if (settings.rescale_betas_zero_snr) config.rescale_betas_zero_snr = settings.rescale_betas_zero_snr;
  return config;
}

/// Noise levels that a file asks for and that are not built; schedulers without karras sigmas ignore these, too.
void check_sigmas(const Scheduler& scheduler, const Config& config) {
  if (!scheduler.karras) return;
  const std::pair<const char*, bool> unbuilt[] = {{"use_exponential_sigmas", config.use_exponential_sigmas},
                                                  {"use_beta_sigmas", config.use_beta_sigmas},
                                                  {"use_lu_lambdas", config.use_lu_lambdas && scheduler.lu_lambdas},
                                                  {"use_flow_sigmas", config.use_flow_sigmas && scheduler.flow_sigmas}};
  for (const auto& [key, set] : unbuilt) {
    if (set) refuse(config.name + ": " + key + " is not built: karras sigmas and the plain ones are");
  }
}

std::shared_ptr<const Solver> make_solver(const Config& config, const Settings& asked) {
  const Settings settings = in_own_names(asked);
  check_range(config, settings);
  const Scheduler& scheduler = scheduler_named(settings.scheduler, config);
  check_features(scheduler, settings);
  const Request request{.config = merged(config, settings),
                        .steps = settings.steps,
                        .eta = settings.eta,
                        .sets_original_steps = settings.original_inference_steps.has_value(),
                        .part = settings.strength_keeps_steps ? settings.strength : 1};
  check_sigmas(scheduler, request.config);
  if (prediction_named(request.config.prediction_type) == PredictionType::kSample && !scheduler.sample_prediction) {
    refuse(scheduler.name + " has no prediction_type sample: take epsilon or v_prediction, or " +
           those_with(&Scheduler::sample_prediction));
  }
  return scheduler.make(request);
}

}  // namespace

void check(const Settings& settings) {
  check_fraction("strength", settings.strength);
  check_fraction("denoising_start", settings.denoising_start);
  check_fraction("denoising_end", settings.denoising_end);
  check_fraction("eta", settings.eta);
  if (settings.denoising_start >= settings.denoising_end) {
    refuse("denoising_start " + text(settings.denoising_start) + " must be less than denoising_end " +
           text(settings.denoising_end));
  }
  if (settings.denoising_start > 0 && settings.strength < 1) {
    refuse("strength " + text(settings.strength) + " and denoising_start " + text(settings.denoising_start) +
           " both say where to begin: set one of them");
  }
  const auto named = std::ranges::find(schedulers(), settings.scheduler, &Scheduler::name);
  if (named != schedulers().end()) check_features(*named, settings);  // others go by the file
}

namespace {

/// The timestep below which the second of two denoisers works; Python's round is half to even.
double cutoff(const Config& config, double fraction) {
  const auto trained = static_cast<double>(config.num_train_timesteps);
  return round_even(trained - fraction * trained);
}

/// The first turn: after strength, or where the part of a mixture begins. A heun step is not begun at its second half.
std::size_t first_turn(const Solver& solver, const Config& config, const Settings& settings) {
  if (settings.denoising_start > 0) {
    const double limit = cutoff(config, settings.denoising_start);
    const auto below = std::ranges::count_if(solver.timesteps(), [&](float t) { return t < limit; });
    std::size_t first = solver.timesteps().size() - static_cast<std::size_t>(below);
    while (first > 0 && first < solver.timesteps().size() && !solver.may_begin(first)) --first;
    return first;
  }
  if (settings.strength_keeps_steps) return 0;
  const auto kept = static_cast<std::int64_t>(static_cast<double>(settings.steps) * settings.strength);
  if (kept == 0) return solver.timesteps().size();
  const std::int64_t first = std::max(settings.steps - std::min(kept, settings.steps), settings.first_step);
  if (first >= settings.steps) return solver.timesteps().size();
  return solver.index_of_step(static_cast<std::size_t>(first));
}

/// One past the last turn. Where a heun step would be left after its first half, it is left to the other denoiser,
/// which begins with it.
std::size_t last_turn(const Solver& solver, const Config& config, const Settings& settings) {
  if (settings.denoising_end >= 1) return solver.timesteps().size();
  const double limit = cutoff(config, settings.denoising_end);
  auto end = static_cast<std::size_t>(std::ranges::count_if(solver.timesteps(), [&](float t) { return t >= limit; }));
  while (end > 0 && end < solver.timesteps().size() && !solver.may_begin(end)) --end;
  return end;
}

}  // namespace

Schedule::Schedule(const Config& config, const Settings& settings)
    : solver_(make_solver(config, settings)), steps_(settings.steps), steps_offset_(config.steps_offset) {
  begin_ = first_turn(*solver_, config, settings);
  end_ = last_turn(*solver_, config, settings);
  if (begin_ < end_) return;
  const std::string steps = "of " + std::to_string(settings.steps) + " steps none is left: ";
  if (settings.strength < 1) {
    refuse(steps + "strength " + text(settings.strength) + " takes int(steps x strength); give at least " +
           text(1.0 / static_cast<double>(settings.steps)));
  }
  if (settings.first_step >= settings.steps) refuse(steps + "first_step is " + std::to_string(settings.first_step));
  refuse(steps + "no timestep lies between denoising_start " + text(settings.denoising_start) + " and denoising_end " +
         text(settings.denoising_end));
}

double Schedule::timestep(std::size_t turn) const {
  return solver_->timesteps()[index(turn)];
}

double Schedule::sigma(std::size_t turn) const {
  return solver_->sigmas()[turn == size() ? end_ : index(turn)];
}

double Schedule::init_noise_sigma() const {
  return solver_->init_noise_sigma();
}

std::size_t Schedule::index(std::size_t turn) const {
  if (turn < size()) return begin_ + turn;
  refuse("turn " + std::to_string(turn) + " of a schedule of " + std::to_string(size()));
}

const std::string& Schedule::scheduler() const {
  return solver_->name();
}

std::span<const float> Schedule::alphas_cumprod() const& {
  return solver_->levels().alphas_cumprod;
}

}  // namespace schedulers
