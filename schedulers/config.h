// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace schedulers {

/// A scheduler_config.json: what the file says and no more. Where it is silent each scheduler has a default of its own,
/// as diffusers' classes have, so `timestep_spacing` left out means leading for ddim and linspace for euler.
///
/// A file written for one scheduler serves any other: a key that belongs to another class (`skip_prk_steps` for euler,
/// `use_karras_sigmas` for ddim) is read and not used, as diffusers' from_config does it. A key that nobody knows is an
/// error unless it is null or begins with '_', since it may change the numbers.
struct Config {
  std::string name = "the schedule's settings";  ///< the file, for messages
  std::string class_name{};                      ///< diffusers' `_class_name`, for example EulerDiscreteScheduler

  std::int64_t num_train_timesteps = 1000;
  std::optional<double> beta_start{};
  std::optional<double> beta_end{};
  std::string beta_schedule = "linear";  ///< linear, scaled_linear or squaredcos_cap_v2
  std::vector<double> trained_betas{};   ///< instead of the three above when not empty
  std::optional<bool> rescale_betas_zero_snr{};

  std::string prediction_type = "epsilon";        ///< epsilon, sample or v_prediction
  std::optional<std::string> timestep_spacing{};  ///< leading, linspace or trailing
  std::int64_t steps_offset = 0;

  bool use_karras_sigmas = false;
  bool use_exponential_sigmas = false;
  bool use_beta_sigmas = false;
  bool use_lu_lambdas = false;
  bool use_flow_sigmas = false;
  std::optional<double> sigma_min{};
  std::optional<double> sigma_max{};
  std::string final_sigmas_type = "zero";     ///< zero or sigma_min
  std::string interpolation_type = "linear";  ///< euler: linear or log_linear
  std::string timestep_type = "discrete";     ///< euler: discrete or continuous

  std::optional<bool> set_alpha_to_one{};
  std::optional<bool> clip_sample{};
  double clip_sample_range = 1.0;
  bool thresholding = false;
  bool skip_prk_steps = false;
  std::int64_t original_inference_steps = 50;
  double timestep_scaling = 10;

  std::int64_t solver_order = 2;
  std::string algorithm_type = "dpmsolver++";
  std::optional<std::string> solver_type{};
  bool lower_order_final = true;
  bool euler_at_final = false;
  bool predict_x0 = true;
  std::vector<std::int64_t> disable_corrector{};
  std::optional<double> lambda_min_clipped{};
  std::optional<std::string> variance_type{};

  /// Limit of the file: 1 MiB. Throws tensors::FileError that names the file, the key, what was expected and found.
  static Config read(const std::filesystem::path& file);
  /// `name` stands for the file in messages. Python's Infinity and NaN, which diffusers writes, are understood.
  static Config parse(const std::string& text, const std::string& name);
  /// What Stable Diffusion XL's own file says: for checkpoints and graphs that have none.
  static Config stable_diffusion_xl();
};

}  // namespace schedulers
