// SPDX-License-Identifier: MIT
#include "schedulers/config.h"

#include "tensors/config_reader.h"

namespace schedulers {
namespace {

using tensors::ConfigReader;

void take_training(ConfigReader& reader, Config& config) {
  reader.take("num_train_timesteps", config.num_train_timesteps);
  if (config.num_train_timesteps < 2 || config.num_train_timesteps > 1'000'000) {
    reader.fail("num_train_timesteps", "expected 2 to 1000000, found " + std::to_string(config.num_train_timesteps));
  }
  reader.take("beta_start", config.beta_start);
  reader.take("beta_end", config.beta_end);
  reader.take("beta_schedule", config.beta_schedule, {"linear", "scaled_linear", "squaredcos_cap_v2"});
  reader.take("trained_betas", config.trained_betas);
  const auto betas = static_cast<std::int64_t>(config.trained_betas.size());
  if (betas != 0 && betas != config.num_train_timesteps) {
    reader.fail("trained_betas", "expected one for each of " + std::to_string(config.num_train_timesteps) +
                                     " num_train_timesteps, found " + std::to_string(betas));
  }
  reader.take("rescale_betas_zero_snr", config.rescale_betas_zero_snr);
  reader.take("prediction_type", config.prediction_type, {"epsilon", "sample", "v_prediction"});
}

void take_spacing(ConfigReader& reader, Config& config) {
  reader.take("timestep_spacing", config.timestep_spacing, {"leading", "linspace", "trailing"});
  reader.take("steps_offset", config.steps_offset);
  if (config.steps_offset < 0 || config.steps_offset >= config.num_train_timesteps) {
    reader.fail("steps_offset", "expected 0 to num_train_timesteps - 1, found " + std::to_string(config.steps_offset));
  }
  reader.take("use_karras_sigmas", config.use_karras_sigmas);
  reader.take("use_exponential_sigmas", config.use_exponential_sigmas);
  reader.take("use_beta_sigmas", config.use_beta_sigmas);
  reader.take("use_lu_lambdas", config.use_lu_lambdas);
  reader.take("use_flow_sigmas", config.use_flow_sigmas);
  reader.take("sigma_min", config.sigma_min);
  reader.take("sigma_max", config.sigma_max);
  reader.take("final_sigmas_type", config.final_sigmas_type, {"zero", "sigma_min"});
  reader.take("interpolation_type", config.interpolation_type, {"linear", "log_linear"});
  reader.take("timestep_type", config.timestep_type, {"discrete", "continuous"});
}

void take_solver(ConfigReader& reader, Config& config) {
  reader.take("set_alpha_to_one", config.set_alpha_to_one);
  reader.take("clip_sample", config.clip_sample);
  reader.take("clip_sample_range", config.clip_sample_range);
  reader.take("thresholding", config.thresholding);
  reader.take("skip_prk_steps", config.skip_prk_steps);
  reader.take("solver_order", config.solver_order);
  reader.take("algorithm_type", config.algorithm_type);
  reader.take("solver_type", config.solver_type, {"midpoint", "heun", "logrho", "bh1", "bh2"});
  reader.take("lower_order_final", config.lower_order_final);
  reader.take("euler_at_final", config.euler_at_final);
  reader.take("predict_x0", config.predict_x0);
  reader.take("disable_corrector", config.disable_corrector);
  reader.take("lambda_min_clipped", config.lambda_min_clipped);
  reader.take("variance_type", config.variance_type);
  reader.only_null("solver_p");
}

void take_distillation(ConfigReader& reader, Config& config) {
  reader.take("original_inference_steps", config.original_inference_steps);
  if (config.original_inference_steps < 1)
    reader.fail("original_inference_steps",
                "expected at least 1, found " + std::to_string(config.original_inference_steps));
  reader.take("timestep_scaling", config.timestep_scaling);
}

/// Keys that do nothing without another that is refused (thresholding, use_flow_sigmas), or that belong to classes
/// which are not built (DPM-Solver SDE, Flax's) and that diffusers drops when another class is chosen.
void ignore_others(ConfigReader& reader) {
  reader.ignore({"dynamic_thresholding_ratio", "sample_max_value", "flow_shift", "use_dynamic_shifting",
                 "time_shift_type", "shift_terminal", "noise_sampler_seed", "dtype"});
}

}  // namespace

Config Config::read(const std::filesystem::path& file) {
  return parse(tensors::config_file_text(file), file.string());
}

Config Config::parse(const std::string& text, const std::string& name) {
  Config config;
  config.name = name;
  ConfigReader reader = ConfigReader::parse(text, name);
  reader.take("_class_name", config.class_name);
  take_training(reader, config);
  take_spacing(reader, config);
  take_solver(reader, config);
  take_distillation(reader, config);
  ignore_others(reader);
  reader.finish();
  return config;
}

Config Config::stable_diffusion_xl() {
  Config config;
  config.class_name = "EulerDiscreteScheduler";
  config.beta_start = 0.00085;
  config.beta_end = 0.012;
  config.beta_schedule = "scaled_linear";
  config.timestep_spacing = "leading";
  config.steps_offset = 1;
  config.set_alpha_to_one = false;
  config.clip_sample = false;
  config.skip_prk_steps = true;
  return config;
}

}  // namespace schedulers
