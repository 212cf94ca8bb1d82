# How every target of ours is built: flags, warnings, and the two functions that make a room or a test.

find_package(Threads REQUIRED)
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(coalmine_flags INTERFACE)
target_include_directories(coalmine_flags INTERFACE ${PROJECT_SOURCE_DIR})
# The same bits everywhere: no contraction into fused multiply-add, no -ffast-math.
target_compile_options(coalmine_flags INTERFACE
  -ffp-contract=off -Wall -Wextra -Wconversion -Wshadow -Wpedantic
  $<$<BOOL:${COALMINE_WERROR}>:-Werror>
  $<$<CONFIG:Release>:-O3>
  # g++ 12 sees overlapping copies in its own std::string (GCC bug 105651, mended in 13).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)

# COALMINE_SANITIZE is what -fsanitize= takes: "address,undefined" or "thread". A finding ends the program.
set(COALMINE_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
if(COALMINE_SANITIZE)
  target_compile_options(coalmine_flags INTERFACE
    -fsanitize=${COALMINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # clang 14 cannot place its function-type marks in front of coroutines.
    $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>
    # g++ cannot see through its own instrumentation and warns falsely; the plain builds keep the warning.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(coalmine_flags INTERFACE -fsanitize=${COALMINE_SANITIZE})
endif()

option(COALMINE_COVERAGE "Count executed lines with gcov" OFF)
if(COALMINE_COVERAGE)
  target_compile_options(coalmine_flags INTERFACE --coverage)
  target_link_options(coalmine_flags INTERFACE --coverage)
endif()

# coalmine_room(NAME SOURCES a.cpp ... [LINK coalmine::x ...]) makes the static library of one folder.
function(coalmine_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;LINK" ${ARGN})
  add_library(coalmine_${name} STATIC ${ROOM_SOURCES})
  add_library(coalmine::${name} ALIAS coalmine_${name})
  target_link_libraries(coalmine_${name} PUBLIC coalmine_flags ${ROOM_LINK})
endfunction()

# coalmine_test(NAME SOURCES a_test.cpp ... [LINK coalmine::x ...] [LABELS slow]) makes test program NAME_test;
# every TEST_CASE in it becomes one CTest test.
function(coalmine_test name)
  cmake_parse_arguments(T "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name}_test ${T_SOURCES})
  target_link_libraries(${name}_test PRIVATE coalmine_catch_main ${T_LINK})
  target_compile_definitions(${name}_test PRIVATE COALMINE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_precompile_headers(${name}_test REUSE_FROM coalmine_catch_main)
  set(properties)
  if(T_LABELS)
    set(properties PROPERTIES LABELS "${T_LABELS}")
  endif()
  catch_discover_tests(${name}_test TEST_PREFIX "${name}: " ${properties})
endfunction()
