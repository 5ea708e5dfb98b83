// SPDX-License-Identifier: MIT
/// Is a run that is ended at any moment whole after it was resumed? Runs a small collage of eight seeds, then begins it
/// again and again and ends it at a random moment, by SIGKILL or SIGTERM; every third is ended once more while it
/// resumes. Goes on until so many runs were ended before their time. Counts what was left behind, and compares the
/// files of the resumed runs, byte by byte.
///
///   kills [ended runs, 10] [KILL|TERM]
#include <signal.h>

#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include "bench/command.h"

namespace {

namespace fs = std::filesystem;
using KillClock = std::chrono::steady_clock;

struct Counts {
  int ended = 0, over = 0, wrong_codes = 0, parts = 0, torn = 0, half_files = 0, unequal = 0, files = 0;
};

/// Ends a run so long after its beginning.
void end_at(const std::vector<std::string>& words, KillClock::duration after, int signal, Counts& counts) {
  const auto start = KillClock::now();
  CommandProcess run(words);
  std::this_thread::sleep_until(start + after);
  kill(run.pid(), signal);
  const int code = run.wait();
  if (code == 0) ++counts.over;
  // A SIGTERM before the program has begun to look for it ends it as any other.
  else if (code == 128 + signal || (signal == SIGTERM && code == 130)) ++counts.ended;
  else ++counts.wrong_codes;
}

/// What is to be seen in the folder of an ended run.
void look_into(const fs::path& out, const std::map<std::string, std::string>& due, Counts& counts) {
  if (!fs::exists(out)) return;
  for (const auto& [name, bytes] : files_of_run(out)) {
    if (name.ends_with(".part")) {
      ++counts.parts;
      continue;
    }
    ++counts.files;
    const auto found = due.find(name);
    if (found == due.end() || found->second != bytes) ++counts.half_files;
  }
  const std::string journal = text_of_file(out / "items.jsonl");
  if (!journal.empty() && journal.back() != '\n') ++counts.torn;
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 10;
  const int signal = argc > 2 && std::strcmp(argv[2], "TERM") == 0 ? SIGTERM : SIGKILL;
  const fs::path folder = fs::temp_directory_path() / ("decoupage-kills-" + std::to_string(getpid()));
  run_command(small_collage(8, folder / "first"), 0);  // fills the cache of encoded pictures
  const auto start = KillClock::now();
  run_command(small_collage(8, folder / "whole"), 0);
  const auto length = KillClock::now() - start;
  const auto due = files_of_run(folder / "whole");

  std::mt19937 random(1);
  Counts counts;
  int rounds = 0;
  for (; counts.ended < wanted && rounds < 3 * wanted; ++rounds) {
    const fs::path out = folder / "ended";
    std::vector<std::string> words = small_collage(8, out);
    words.push_back("--resume");
    const auto moment = [&] {
      return std::chrono::duration_cast<KillClock::duration>(length * std::uniform_real_distribution<>(0, 1)(random));
    };
    end_at(words, moment(), signal, counts);
    look_into(out, due, counts);
    if (rounds % 3 == 2) {
      end_at(words, moment(), signal, counts);
      look_into(out, due, counts);
    }
    run_command(words, 0);
    run_command({"merge", out.string()}, 0);  // the journal knows each file as it is
    if (files_of_run(out) != due) ++counts.unequal;
    fs::remove_all(out);
  }
  fs::remove_all(folder);
  std::printf("%s at %d random moments of %.2f s: %d ended a run, %d came too late, %d ended with another code\n",
              signal == SIGTERM ? "SIGTERM" : "SIGKILL", counts.ended + counts.over + counts.wrong_codes,
              std::chrono::duration<double>(length).count(), counts.ended, counts.over, counts.wrong_codes);
  std::printf("left behind: %d files, %d of them not whole; %d temporary ones, %d torn last lines of a journal\n",
              counts.files, counts.half_files, counts.parts, counts.torn);
  std::printf("%d runs resumed, %d with files that differ from those of a run that nothing disturbed\n", rounds,
              counts.unequal);
  return counts.half_files + counts.unequal + counts.wrong_codes == 0 ? 0 : 1;
}
