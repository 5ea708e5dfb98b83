// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

/// The command of the build that a bench belongs to, as a process of its own. Its standard output is dropped.
class CommandProcess {
 public:
  explicit CommandProcess(const std::vector<std::string>& arguments, const std::string& faults = "") {
    static const std::filesystem::path program =
        std::filesystem::canonical("/proc/self/exe").parent_path().parent_path() / "decoupage";
    std::vector<std::string> words{program.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    if (!faults.empty()) setenv("DECOUPAGE_FAULTS", faults.c_str(), 1);
    execv(argv[0], argv.data());
    std::perror(argv[0]);
    _exit(127);
  }

  pid_t pid() const { return pid_; }
  bool running() {
    if (!ended_) ended_ = wait4(pid_, &status_, WNOHANG, &usage_) == pid_;
    return !ended_;
  }
  /// Its exit code, or 128 and the number of the signal that ended it.
  int wait() {
    if (!ended_) ended_ = wait4(pid_, &status_, 0, &usage_) == pid_;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }
  /// Peak of resident memory of what has ended, MiB.
  double peak() const { return static_cast<double>(usage_.ru_maxrss) / 1024; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  rusage usage_{};
};

/// The command, to its end, which has to be this one.
inline void run_command(const std::vector<std::string>& arguments, int code) {
  const int got = CommandProcess(arguments).wait();
  if (got == code) return;
  std::fprintf(stderr, "decoupage %s … ended with %d, expected %d\n", arguments[0].c_str(), got, code);
  std::exit(1);
}

/// A collage of the embedded model and its papers: small, and with few steps.
inline std::vector<std::string> small_collage(int seeds, const std::filesystem::path& out) {
  return {"run",
          SOURCE_DIR "/configs/collagenet.yaml",
          "--source-images",
          SOURCE_DIR "/assets/papers",
          "--max-width",
          "256",
          "--steps",
          "4",
          "--name",
          "{seed:05}",
          "--seed",
          "0.." + std::to_string(seeds - 1),
          "--lanes",
          "2",
          "--quiet",
          "--output-dir",
          out.string()};
}

inline std::string text_of_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// What a run has made, by name, without its records.
inline std::map<std::string, std::string> files_of_run(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name != "run.json" && name != "items.jsonl")
      files[name] = text_of_file(entry.path());
  }
  return files;
}
