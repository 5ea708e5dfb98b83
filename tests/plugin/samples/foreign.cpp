// SPDX-License-Identifier: MIT
// A shared library that is not a plugin.
extern "C" int answer() {
  return 42;
}
