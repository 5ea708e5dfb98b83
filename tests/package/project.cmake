# SPDX-License-Identifier: MIT
# Configures and builds the project SOURCE in BINARY against STAGE, and nothing else of this tree; with TESTS runs its
# tests; with RUN runs that program there and looks for the regular expression EXPECT in what it prints.
file(REMOVE_RECURSE ${BINARY})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BINARY} -G Ninja -D CMAKE_PREFIX_PATH=${STAGE} -D CMAKE_BUILD_TYPE=Debug
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -D CMAKE_FIND_USE_PACKAGE_REGISTRY=OFF
    -D "CMAKE_CXX_FLAGS=-Wall -Wextra -Werror"
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${BINARY} COMMAND_ERROR_IS_FATAL ANY)
if(TESTS)
  execute_process(COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${BINARY} --output-on-failure --no-tests=error
    COMMAND_ERROR_IS_FATAL ANY)
endif()
if(RUN)
  execute_process(COMMAND ${RUN} WORKING_DIRECTORY ${BINARY} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  message("${output}")
  if(NOT output MATCHES "${EXPECT}")
    message(FATAL_ERROR "expected a match of: ${EXPECT}")
  endif()
endif()
