// SPDX-License-Identifier: MIT
#include "base/home.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

TEST(Home, StandsForATildeAtTheBeginning) {
  const char* const before = getenv("HOME");
  const std::string kept = before == nullptr ? "" : before;
  setenv("HOME", "/h", 1);
  EXPECT_EQ(base::with_home("~"), "/h");
  EXPECT_EQ(base::with_home("~/models/a"), "/h/models/a");
  for (const char* path : {"", "a", "a/~", "~user/a", "a~", "/~/x"}) EXPECT_EQ(base::with_home(path), path);
  unsetenv("HOME");
  EXPECT_EQ(base::with_home("~/a"), "~/a");
  if (before != nullptr) setenv("HOME", kept.c_str(), 1);
}
