// SPDX-License-Identifier: MIT
#include "program/modules.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/cores.h"
#include "graph/elements.h"
#include "graph/library.h"
#include "graph/type_text.h"
#include "program/usage_error.h"

namespace program {
namespace {

namespace fs = std::filesystem;

/// Why the loader cannot load where the module itself is sound; empty for any other reason.
std::string want_of(const std::string& why) {
  if (why.find("Too many open files") != std::string::npos) return "; raise the limit of open files (ulimit -n)";
  for (const char* memory : {"failed to map segment", "cannot allocate memory", "Cannot allocate memory"}) {
    if (why.find(memory) != std::string::npos) return "; raise the limit of memory (ulimit -v)";
  }
  return "";
}

[[noreturn]] void refuse_module(const std::string& file, const std::string& why) {
  const std::string want = want_of(why);
  throw UsageError(file + ": " + why + (want.empty() ? "; build decoupage, or install it, anew and whole" : want));
}

/// What loading a module takes of the addresses that a process may have, at least: libraries that get less crash or
/// wait for ever.
constexpr std::size_t kPictureAddresses = std::size_t{512} << 20, kModelAddresses = std::size_t{1280} << 20;

/// Throws std::runtime_error where `bytes` of addresses are not to be had.
void require_addresses(std::size_t bytes) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  void* const there = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (there != MAP_FAILED) {
    munmap(there, bytes);
    return;
  }
  throw std::runtime_error("the process may have " + std::to_string(limit.rlim_cur >> 20) +
                           " MiB of addresses, and loading this takes " + std::to_string(bytes >> 20) +
                           " MiB more: cannot allocate memory");
}

/// Whether a property `model` says something, or may.
bool names_model(const graph::GraphNode& node) {
  const int model = node.type->contract.find_prop("model");
  if (model < 0) return false;
  const graph::Expr& value = node.props[static_cast<std::size_t>(model)];
  return !value.is_constant() || !graph::to_text(value.constant).empty();
}

}  // namespace

Modules::Modules()
    : picture_types_(read_description("decoupage_picture_nodes", kPictureAddresses)),
      model_types_(read_description("decoupage_model_nodes", kModelAddresses)) {
  graph::Registry pictures;
  pictures.add_described(picture_types_.text, nullptr);
  graph::add_elements(pictures);  // nor do these need libtorch
  for (const std::string& name : pictures.type_names()) picture_names_.insert(name);
  picture_names_.insert(PictureNodes::kSavedPicture);
}

Modules::Description Modules::read_description(const std::string& name, std::size_t addresses) {
  const std::string module = (fs::path(graph::engine_folder()) / name).string();
  std::ifstream file(module + ".types", std::ios::binary);
  if (!file) refuse_module(module + ".types", "the description of the node types is not there");
  Description description{module + ".so", {std::istreambuf_iterator<char>(file), {}}, addresses};
  try {
    graph::Registry().add_described(description.text, nullptr);
  } catch (const std::exception& e) {
    refuse_module(module + ".types", e.what());
  }
  return description;
}

void Modules::add_types(const std::shared_ptr<Modules>& modules, graph::Registry& registry) {
  registry.add_described(modules->picture_types_.text, [modules](const std::string& type, const graph::Props& props) {
    return modules->pictures().types().find(type)->make(props);
  });
  registry.add_described(
      modules->model_types_.text,
      [modules](const std::string& type, const graph::Props& props) {
        return modules->models().types().find(type)->make(props);
      },
      [modules](const std::string& type) -> const graph::Keeper& { return *modules->models().types().keeper(type); });
}

bool Modules::need_models(const graph::Graph& graph) const {
  return std::ranges::any_of(graph.nodes, [this](const graph::GraphNode& node) {
    if (node.type == nullptr) return false;
    return picture_names_.count(node.type->contract.type()) == 0 || names_model(node);
  });
}

void (*Modules::entry_point(const Description& module, const char* name))() {
  try {
    require_addresses(module.addresses);
    using TypeText = void(std::string&);
    const auto type_text = reinterpret_cast<TypeText*>(graph::load_function(module.file, "decoupage_type_text"));
    std::string text;
    if (type_text != nullptr) type_text(text);
    if (text != module.text) throw std::runtime_error("it is of another build than its description");
    const auto entry = graph::load_function(module.file, name);
    if (entry == nullptr) throw std::runtime_error(std::string("it has no ") + name);
    return entry;
  } catch (const std::exception& e) {
    refuse_module(module.file, e.what());
  }
}

PictureNodes& Modules::pictures() {
  std::call_once(pictures_once_, [this] {
    const auto make = reinterpret_cast<MakePictureNodes*>(entry_point(picture_types_, "decoupage_picture_nodes"));
    pictures_.reset(make([this](const std::string& model) { return models().side_of(model); }));
    loaded_pictures_ = pictures_.get();
  });
  return *pictures_;
}

ModelNodes& Modules::models() {
  std::call_once(models_once_, [this] {
    const auto make = reinterpret_cast<MakeModelNodes*>(entry_point(model_types_, "decoupage_model_nodes"));
    models_.reset(make(embedded_model()));
    loaded_models_ = models_.get();
  });
  return *models_;
}

bool Modules::is_out_of_memory(const std::exception& error) const {
  const PictureNodes* const pictures = loaded_pictures_;
  const ModelNodes* const models = loaded_models_;
  return (pictures && pictures->is_out_of_memory(error)) || (models && models->is_out_of_memory(error));
}

fs::path embedded_model() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path installed = folder.parent_path() / "share/decoupage/assets/model";
  return fs::exists(installed, error) ? installed : folder.parent_path() / "assets/model";
}

void set_plain_lanes(graph::RunOptions& options, const graph::Plan& plan, bool deterministic) {
  if (options.lanes == 0)
    options.lanes = static_cast<int>(std::clamp<std::int64_t>(plan.items(), 1, base::usable_cores()));
  if (deterministic) options.max_batch = 1;
  options.gpu_is_cpu = true;
}

}  // namespace program
