// SPDX-License-Identifier: MIT
#include "schedulers/config.h"

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "schedulers/names.h"
#include "tensors/npz.h"

namespace schedulers {
namespace {

using Json = nlohmann::json;

constexpr std::uintmax_t kMaxBytes = std::uintmax_t{1} << 20;

/// Python writes Infinity, -Infinity and NaN bare, which JSON has not. They become texts, and numbers are read from
/// such texts, too. What stands within quotes is left alone.
std::string quote_python_numbers(const std::string& text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\' && i + 1 < text.size()) {
      out += text[i];
      out += text[++i];
      continue;
    }
    if (text[i] == '"') quoted = !quoted;
    bool replaced = false;
    if (!quoted) {
      for (const char* word : {"-Infinity", "Infinity", "NaN"}) {
        if (text.compare(i, std::char_traits<char>::length(word), word) != 0) continue;
        out += '"' + std::string(word) + '"';
        i += std::char_traits<char>::length(word) - 1;
        replaced = true;
        break;
      }
    }
    if (!replaced) out += text[i];
  }
  return out;
}

/// What was found, in few words: lists and objects may be deep, and are not written out.
std::string found(const Json& value) {
  if (value.is_array()) return "a list of " + std::to_string(value.size());
  if (value.is_object()) return "an object";
  std::string text = value.dump();
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

/// Takes the values of keys out of an object and notes which keys it was asked for.
class Reader {
 public:
  Reader(const Json& object, std::string name) : object_(object), name_(std::move(name)) {}

  /// An absent key and null leave the target as it is.
  template <class T>
  void take(const std::string& key, T& target) {
    const Json* value = find(key);
    if (value != nullptr) assign(key, *value, target);
  }
  void take(const std::string& key, std::string& target, const std::vector<std::string>& choices) {
    take(key, target);
    check(key, target, choices);
  }
  void take(const std::string& key, std::optional<std::string>& target, const std::vector<std::string>& choices) {
    take(key, target);
    if (target) check(key, *target, choices);
  }
  void ignore(const std::string& key) { known_.insert(key); }
  void only_null(const std::string& key) {
    if (const Json* value = find(key)) fail(key, "only null is built, found " + found(*value));
  }

  void finish() const {
    const std::vector<std::string> known(known_.begin(), known_.end());
    std::string unknown;
    for (const auto& [key, value] : object_.items()) {
      if (value.is_null() || key.starts_with('_') || known_.contains(key)) continue;
      unknown += (unknown.empty() ? "" : ", ") + ("'" + key + "' (" + found(value) + did_you_mean(key, known) + ")");
    }
    if (unknown.empty()) return;
    throw tensors::FileError(name_ + ": not known and so not obeyed: " + unknown +
                             "; remove what changes nothing, or write null");
  }

  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    throw tensors::FileError(name_ + ": " + key + ": " + what);
  }

 private:
  const Json* find(const std::string& key) {
    known_.insert(key);
    const auto place = object_.find(key);
    return place == object_.end() || place->is_null() ? nullptr : &*place;
  }

  void check(const std::string& key, const std::string& value, const std::vector<std::string>& choices) const {
    if (std::ranges::count(choices, value) > 0) return;
    fail(key, "expected " + listed(choices) + ", found '" + value + "'" + did_you_mean(value, choices));
  }

  template <class T>
  void assign(const std::string& key, const Json& value, std::optional<T>& target) const {
    T read{};
    assign(key, value, read);
    target = std::move(read);
  }
  template <class T>
  void assign(const std::string& key, const Json& value, std::vector<T>& target) const {
    if (!value.is_array()) fail(key, "expected a list, found " + found(value));
    target.resize(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) assign(key, value[i], target[i]);
  }
  void assign(const std::string& key, const Json& value, bool& target) const {
    if (!value.is_boolean()) fail(key, "expected true or false, found " + found(value));
    target = value.get<bool>();
  }
  void assign(const std::string& key, const Json& value, std::int64_t& target) const {
    if (!value.is_number_integer()) fail(key, "expected a whole number, found " + found(value));
    target = value.get<std::int64_t>();
  }
  void assign(const std::string& key, const Json& value, double& target) const {
    if (value == "-Infinity") target = -std::numeric_limits<double>::infinity();
    else if (value == "Infinity") target = std::numeric_limits<double>::infinity();
    else if (value.is_number()) target = value.get<double>();
    else fail(key, "expected a number, found " + found(value));
  }
  void assign(const std::string& key, const Json& value, std::string& target) const {
    if (!value.is_string()) fail(key, "expected a text, found " + found(value));
    target = value.get<std::string>();
  }

  const Json& object_;
  std::string name_;
  std::set<std::string> known_{};
};

void take_training(Reader& reader, Config& config) {
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

void take_spacing(Reader& reader, Config& config) {
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

void take_solver(Reader& reader, Config& config) {
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

/// Keys that do nothing without another that is refused (thresholding, use_flow_sigmas), or that belong to classes
/// which are not built (LCM, TCD, DPM-Solver SDE) and that diffusers drops when another class is chosen.
void ignore_others(Reader& reader) {
  for (const char* key :
       {"dynamic_thresholding_ratio", "sample_max_value", "flow_shift", "use_dynamic_shifting", "time_shift_type",
        "shift_terminal", "original_inference_steps", "timestep_scaling", "noise_sampler_seed"}) {
    reader.ignore(key);
  }
}

}  // namespace

Config Config::read(const std::filesystem::path& file) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw tensors::FileError(file.string() + ": cannot be read: " + error.message());
  if (size > kMaxBytes) throw tensors::FileError(file.string() + ": is larger than the 1 MiB of a configuration");
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw tensors::FileError(file.string() + ": cannot be read");
  return parse(text.str(), file.string());
}

Config Config::parse(const std::string& text, const std::string& name) {
  Json object;
  try {
    object = Json::parse(quote_python_numbers(text));
  } catch (const Json::exception& error) {
    throw tensors::FileError(name + ": is no JSON: " + error.what());
  }
  if (!object.is_object()) throw tensors::FileError(name + ": expected a JSON object, found " + found(object));
  Config config;
  config.name = name;
  Reader reader(object, name);
  reader.take("_class_name", config.class_name);
  take_training(reader, config);
  take_spacing(reader, config);
  take_solver(reader, config);
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
