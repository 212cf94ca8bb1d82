# coalmine::version gives `#include "version.h"`: version and git commit, brought up to date at every build
# (the header is rewritten only when they change, so nothing recompiles without need). Included, it makes the target;
# run as a script (cmake -P), it writes the header.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(version_dir ${PROJECT_BINARY_DIR}/generated)
  find_package(Git QUIET)
  add_custom_target(coalmine_version_header
    COMMAND ${CMAKE_COMMAND}
      -D SOURCE_DIR=${PROJECT_SOURCE_DIR} -D OUTPUT=${version_dir}/version.h
      -D VERSION=${PROJECT_VERSION} -D GIT=${GIT_EXECUTABLE}
      -P ${CMAKE_CURRENT_LIST_FILE}
    BYPRODUCTS ${version_dir}/version.h
    COMMENT "Reading the git commit"
    VERBATIM)
  add_library(coalmine_version INTERFACE)
  add_library(coalmine::version ALIAS coalmine_version)
  target_include_directories(coalmine_version INTERFACE ${version_dir})
  add_dependencies(coalmine_version coalmine_version_header)
  return()
endif()

set(COMMIT unknown)  # a source archive has no history
if(GIT)
  execute_process(
    COMMAND ${GIT} -C ${SOURCE_DIR} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE described OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed)
    set(COMMIT ${described})
  endif()
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/version.h.in ${OUTPUT} @ONLY)
