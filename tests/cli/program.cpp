// SPDX-License-Identifier: MIT
#include "tests/cli/program.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace testing_cli {
namespace {

namespace fs = std::filesystem;

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string temporary_file() {
  std::string name = fs::temp_directory_path() / "decoupage-out-XXXXXX";
  const int file = mkstemp(name.data());
  if (file < 0) throw std::runtime_error("mkstemp");
  close(file);
  return name;
}

[[noreturn]] void become(const std::vector<std::string>& words, const Start& start, const std::string& out,
                         const std::string& err) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_TRUNC), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_TRUNC), STDERR_FILENO);
  if (start.file_limit) {
    const rlimit limit{static_cast<rlim_t>(*start.file_limit), static_cast<rlim_t>(*start.file_limit)};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  for (const auto& [which, most] : start.limits) {
    rlimit limit{};
    getrlimit(which, &limit);
    limit.rlim_cur = static_cast<rlim_t>(most);
    if (!start.soft) limit.rlim_max = limit.rlim_cur;
    setrlimit(which, &limit);
  }
  if (start.user && (setgid(*start.user) != 0 || setuid(*start.user) != 0)) _exit(125);
  for (const std::string& name : start.unset) unsetenv(name.c_str());
  for (const auto& [name, value] : start.env) setenv(name.c_str(), value.c_str(), 1);
  if (!start.folder.empty() && chdir(start.folder.c_str()) != 0) _exit(126);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

Folder::Folder() {
  path_ = fs::temp_directory_path() / "decoupage-test-XXXXXX";
  if (!mkdtemp(path_.data())) throw std::runtime_error("mkdtemp");
}

Folder::~Folder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  const fs::path path = fs::path(path_) / name;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

std::string Folder::text_of(const std::string& path) {
  return slurp(path);
}

std::map<std::string, std::string> Folder::outputs(const std::string& folder) const {
  std::map<std::string, std::string> files;
  for (const std::string& name : names(folder)) {
    const std::string last = fs::path(name).filename().string();
    if (name.starts_with("runs/") || last == "run.json" || last.starts_with("items") || last.starts_with(".")) continue;
    files[name] = slurp(*this / folder + "/" + name);
  }
  return files;
}

std::vector<std::string> Folder::names(const std::string& folder) const {
  std::vector<std::string> names;
  const fs::path root = fs::path(path_) / folder;
  if (!fs::exists(root)) return names;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(root).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string difference(const std::map<std::string, std::string>& got, const std::map<std::string, std::string>& due) {
  std::string text;
  const auto say = [&](const std::string& what) { text += (text.empty() ? "" : ", ") + what; };
  for (const auto& [name, bytes] : due) {
    const auto found = got.find(name);
    if (found == got.end()) say(name + " is missing");
    else if (found->second != bytes) say(name + " differs");
  }
  for (const auto& [name, bytes] : got) {
    if (due.count(name) == 0) say(name + " is more");
  }
  return text;
}

Program::Program(const std::vector<std::string>& args, const Start& start, const std::string& program)
    : out_(temporary_file()), err_(temporary_file()) {
  std::vector<std::string> words{program};
  words.insert(words.end(), args.begin(), args.end());
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) become(words, start, out_, err_);
}

Program::~Program() {
  if (!status_) {
    kill(pid_, SIGKILL);
    wait();
  }
  fs::remove(out_);
  fs::remove(err_);
}

void Program::signal(int number) const {
  if (!status_) kill(pid_, number);
}

bool Program::wait_until_stopped() {
  int status = 0;
  if (status_ || waitpid(pid_, &status, WUNTRACED) != pid_) return false;
  if (WIFSTOPPED(status)) return true;
  status_ = status;
  return false;
}

bool Program::running() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return !status_;
}

Result Program::wait() {
  if (!status_) {
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = status;
  }
  const int code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  return {code, slurp(out_), slurp(err_)};
}

std::string Program::out_so_far() const {
  return slurp(out_);
}

std::string Program::err_so_far() const {
  return slurp(err_);
}

Result decoupage(const std::vector<std::string>& args, const Start& start) {
  return Program(args, start).wait();
}

}  // namespace testing_cli
