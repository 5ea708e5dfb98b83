# SPDX-License-Identifier: MIT
# Installs BUILD, and moves what was installed to STAGE: a path that was written down anywhere is found out.
file(REMOVE_RECURSE ${STAGE} ${STAGE}.first)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${STAGE}.first OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${STAGE}.first ${STAGE})
file(GLOB_RECURSE texts ${STAGE}/*.cmake)
foreach(text IN LISTS texts)
  file(STRINGS ${text} lines REGEX "${BUILD}")
  if(lines)
    message(FATAL_ERROR "${text} names the build folder: ${lines}")
  endif()
endforeach()
