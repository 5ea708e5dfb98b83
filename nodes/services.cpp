// SPDX-License-Identifier: MIT
#include "nodes/services.h"

#include <c10/util/Logging.h>

#include <charconv>
#include <stdexcept>
#include <utility>

#include "base/home.h"
#include "graph/file_list.h"
#include "graph/log.h"
#include "models/files/controlnet_files.h"
#include "tensors/device.h"
#include "tensors/npz.h"

namespace nodes {
namespace {

std::string devices() {
  const int count = tensors::cuda_devices();
  if (count == 0) return "there is cpu alone";
  return count == 1 ? "there are cpu and cuda:0" : "there are cpu and cuda:0 to cuda:" + std::to_string(count - 1);
}

/// " (did you mean fp16?)" for the names that other programs have, or "".
std::string dtype_meant(const std::string& text) {
  for (const auto& [name, other] : {std::pair{"fp16", "float16"},
                                    {"fp16", "half"},
                                    {"bf16", "bfloat16"},
                                    {"fp32", "float32"},
                                    {"fp32", "float"},
                                    {"fp32", "full"}}) {
    if (text == other) return " (did you mean " + std::string(name) + "?)";
  }
  return "";
}

/// A network whose memory is given back when the device is done with all it was given: a call that failed halfway may
/// have left work that reads it.
template <class N>
std::shared_ptr<const void> settled(std::unique_ptr<const N> network, at::Device device) {
  const auto leave = [device](const N* leaving) {
    try {
      tensors::finish(device);
    } catch (const std::exception&) {  // of a device that does nothing any more
    }
    delete leaving;
  };
  return std::shared_ptr<const N>(network.release(), leave);
}

/// Drops what nobody else has.
void drop_unused(auto& map) {
  std::erase_if(map, [](const auto& entry) { return entry.second.use_count() == 1; });
}

/// Read now, held by nobody.
template <class N>
Network<N> read_now(std::shared_ptr<Resident> resident) {
  Network<N> network(std::move(resident));
  lease(network);
  return network;
}

}  // namespace

/// A model and its networks, which may be in memory or not.
struct Services::Known {
  Known(const std::string& name, models::ModelOptions options, const std::shared_ptr<Residency>& residency)
      : device(options.device),
        model(name, std::move(options)),
        unet(residency, {[this] { return model.unet_bytes(); }, [this] { return settled(model.load_unet(), device); }}),
        vae(residency, {[this] { return model.vae_bytes(); }, [this] { return settled(model.load_vae(), device); }}),
        text(residency,
             {[this] { return model.text_bytes(); }, [this] { return settled(model.load_text(), device); }}) {}

  const at::Device device;
  const models::Model model;
  Resident unet, vae, text;
};

Services::~Services() = default;

Services::Services(models::ModelPlaces places) : places_(std::move(places)), device_(at::kCPU) {
  set_device("auto");
  // Errors are for people: without it, libtorch's have a stack trace of its own behind them.
  c10::SetStackTraceFetcher([]() -> std::string { return ""; });
}

void Services::set_device(const std::string& text) {
  const int count = tensors::cuda_devices();
  int index = 0;
  const bool cuda = text == "cuda" || text.starts_with("cuda:");
  if (text.starts_with("cuda:")) {
    const auto [rest, error] = std::from_chars(text.data() + 5, text.data() + text.size(), index);
    if (error != std::errc() || rest != text.data() + text.size()) index = -1;
  }
  if (text == "cpu" || (text == "auto" && count == 0)) device_ = at::Device(at::kCPU);
  else if (text == "auto") device_ = at::Device(at::kCUDA, 0);
  else if (cuda && index >= 0 && index < count) device_ = at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  else if (cuda && count == 0)
    throw std::invalid_argument(
        "there is no GPU here for '" + text +
        "': no device, no driver, or a libtorch that was built without CUDA; take cpu, or auto");
  else throw std::invalid_argument("expected auto, cpu, cuda or cuda:N, got '" + text + "'; " + devices());
}

void Services::set_dtype(const std::string& text) {
  if (text != "auto" && text != "fp32" && text != "fp16" && text != "bf16")
    throw std::invalid_argument("expected auto, fp32, fp16 or bf16, got '" + text + "'" + dtype_meant(text));
  if (text == "fp16" && device_.is_cpu())
    throw std::invalid_argument(
        "fp16 cannot be computed on a CPU; auto computes fp16 weights in fp32, bf16 takes half the memory");
  dtype_ = text;
}

void Services::set_convolutions(const std::string& text) {
  if (text != "auto" && text != "direct") throw std::invalid_argument("expected auto or direct, got '" + text + "'");
  models::set_convolutions(text == "direct" ? models::Convolutions::kDirect : models::Convolutions::kAuto);
}

std::shared_ptr<const models::Model> Services::model(const ModelName& name) {
  const std::shared_ptr<Known> known = this->known(name);
  return {known, &known->model};
}

Network<models::UNet> Services::unet(const ModelName& name, std::int64_t more) {
  const std::shared_ptr<Known> known = this->known(name);
  known->model.files().check_unet_takes(more);
  return read_now<models::UNet>({known, &known->unet});
}

Network<models::Autoencoder> Services::vae(const ModelName& name) {
  const std::shared_ptr<Known> known = this->known(name);
  return read_now<models::Autoencoder>({known, &known->vae});
}

Network<models::PromptEncoder> Services::text(const ModelName& name) {
  const std::shared_ptr<Known> known = this->known(name);
  return read_now<models::PromptEncoder>({known, &known->text});
}

std::shared_ptr<Services::Known> Services::known(const ModelName& name) {
  const std::lock_guard lock(mutex_);
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  drop_unused(known_);
  models::ModelOptions options{name.on_cpu ? at::Device(at::kCPU) : device_, {}, places_, name.vae, {}, {},
                               graph::comma_list(name.embedding_tokens)};
  if (!name.embedding.empty()) options.embedding = models::locate_weights(name.embedding, places_).string();
  options.dtype = name.on_cpu ? std::optional(at::kFloat) : dtype();
  for (const graph::ScaledFile& lora : graph::file_list(name.lora))
    options.loras.push_back({lora_file(lora.file, name.lora).string(), lora.scale});
  if (!name.vae.empty()) tell(vae_files(name).notice);
  return known_[name] = std::make_shared<Known>(name.model, std::move(options), residency_);
}

void Services::tell(const std::string& notice) {
  if (!notice.empty() && told_.insert(notice).second) graph::log_warning(notice);
}

std::filesystem::path Services::lora_file(const std::string& file, const std::string& list) const {
  try {
    return models::locate_weights(file, places_);
  } catch (const tensors::FileError& e) {
    if (list.find(',') == std::string::npos || list.find('"') != std::string::npos) throw;
    throw tensors::FileError(std::string(e.what()) +
                             " (a comma separates LoRA files; a name with a comma stands in double quotes: lora: '\"a, "
                             "b.safetensors\"=0.8')");
  }
}

std::optional<at::ScalarType> Services::dtype() const {
  if (dtype_ == "fp16") return at::kHalf;
  if (dtype_ == "bf16") return at::kBFloat16;
  if (dtype_ == "fp32" || device_.is_cpu()) return at::kFloat;
  return std::nullopt;
}

models::NetworkFiles Services::vae_files(const ModelName& name) const {
  const auto pipeline = [&] { return models::find_model(name.model, places_)->pipeline(); };
  return models::find_autoencoder(name.vae.empty() ? name.model : name.vae, places_, pipeline);
}

Network<models::Autoencoder> Services::vae_alone(const ModelName& name) {
  std::shared_ptr<Resident> resident;
  {
    const std::lock_guard lock(mutex_);
    const std::string from = name.vae.empty() ? name.model : name.vae + "\n" + name.model;
    if (!alone_.contains(from)) {
      drop_unused(alone_);
      const models::NetworkFiles files = vae_files(name);
      tell(files.notice);
      const std::optional<at::ScalarType> asked = dtype();
      const models::WeightOptions options{device_, asked ? *asked : files.open({}).stored_dtype()};
      alone_[from] = std::make_shared<Resident>(
          residency_,
          Resident::Source{[=] { return models::autoencoder_bytes(files, options); },
                           [=] { return settled(models::load_autoencoder(files, options), options.device); }});
    }
    resident = alone_[from];
  }
  return read_now<models::Autoencoder>(std::move(resident));
}

models::TextualInversion Services::learned(const std::string& file) const {
  return models::read_textual_inversion(models::locate_weights(file, places_), {"<learned>"}).front();
}

namespace {

/// Its config, which goes with that of the model's UNet. Throws tensors::FileError.
models::ControlNetConfig fitting_config(const std::string& name, const models::NetworkFiles& files,
                                        const std::optional<models::NetworkFiles>& unet, const std::string& model) {
  models::ControlNetConfig config = models::ControlNetConfig::read(files.config());
  try {
    if (unet) models::check_fits(config.encoder, models::UNetConfig::read(unet->config()));
  } catch (const std::invalid_argument& e) {
    throw tensors::FileError(name + ": this ControlNet does not go with " + model + ": " + e.what());
  }
  return config;
}

std::shared_ptr<const void> read_controlnet(const models::NetworkFiles& files, const models::ControlNetConfig& config,
                                            const models::WeightOptions& options) {
  models::WeightFiles weights = files.open(options);
  auto network = std::make_unique<const models::ControlNet>(config, weights);
  weights.finish();
  tensors::finish(options.device);
  return settled(std::move(network), options.device);
}

}  // namespace

Network<models::ControlNet> Services::controlnet(const std::string& name, const std::string& model) {
  std::optional<models::NetworkFiles> unet;
  if (!model.empty()) unet = this->model({.model = model})->files().network("unet");
  std::shared_ptr<Resident> resident;
  {
    const std::lock_guard lock(mutex_);
    const std::pair key{name, model};
    if (!controlnets_.contains(key)) {
      drop_unused(controlnets_);
      const models::NetworkFiles files = models::find_controlnet(name, places_, unet ? &*unet : nullptr);
      const models::ControlNetConfig config = fitting_config(name, files, unet, model);
      const std::optional<at::ScalarType> asked = dtype();
      const models::WeightOptions options{device_, asked ? *asked : files.open({}).stored_dtype()};
      controlnets_[key] = std::make_shared<Resident>(
          residency_, Resident::Source{[=] { return files.open(options).bytes(); },
                                       [=] { return read_controlnet(files, config, options); }});
    }
    resident = controlnets_[key];
  }
  return read_now<models::ControlNet>(std::move(resident));
}

}  // namespace nodes
