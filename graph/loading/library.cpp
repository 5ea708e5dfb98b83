// SPDX-License-Identifier: MIT
#include "graph/library.h"

#include <dlfcn.h>

#include <filesystem>
#include <stdexcept>

namespace graph {

void (*load_function(const std::string& file, const char* name))() {
  // Local: two libraries may use the same names. Now: a symbol that is missing is an error here, not in mid run.
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(std::string("cannot be loaded: ") + dlerror());
  return reinterpret_cast<void (*)()>(dlsym(library, name));
}

std::string engine_folder() {
  Dl_info engine{};
  if (dladdr(reinterpret_cast<void*>(&engine_folder), &engine) == 0 || engine.dli_fname == nullptr)
    throw std::runtime_error("the dynamic loader does not know where the engine's library lies");
  return std::filesystem::canonical(engine.dli_fname).parent_path().string();
}

}  // namespace graph
