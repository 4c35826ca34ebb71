# How every target of this project is built: language, warnings, hardening, sanitizers, one precompiled header; and the
# functions with which a room says what it consists of.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(ONCEWAY_WERROR "Warnings are errors" OFF)
option(ONCEWAY_FUZZ "Build the libFuzzer targets (clang)" OFF)
option(ONCEWAY_FAILPOINTS "Failpoints in every build but a release (schemas/base/failpoint.hpp)" ON)
set(ONCEWAY_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(OpenSSL 3.0 REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
pkg_check_modules(TOMLPP REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)

add_library(onceway_options INTERFACE)
target_include_directories(onceway_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(onceway_options INTERFACE -Wall -Wextra -Wpedantic -Wno-missing-field-initializers
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-mismatched-new-delete>
                       $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>
                       $<$<BOOL:${ONCEWAY_WERROR}>:-Werror>
                       -fPIE -fstack-protector-strong $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>)
target_compile_definitions(onceway_options INTERFACE
                           ONCEWAY_VERSION="${PROJECT_VERSION}"
                           BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                           $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>
                           $<$<AND:$<CONFIG:Debug>,$<BOOL:${ONCEWAY_FAILPOINTS}>>:ONCEWAY_FAILPOINTS>
                           $<$<CONFIG:Release>:_FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS>)
target_link_options(onceway_options INTERFACE -pie -Wl,-z,relro,-z,now)
target_link_libraries(onceway_options INTERFACE Threads::Threads fmt::fmt Boost::headers)
if(ONCEWAY_SANITIZE)
  target_compile_options(onceway_options INTERFACE -fsanitize=${ONCEWAY_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(onceway_options INTERFACE -fsanitize=${ONCEWAY_SANITIZE})
  if(ONCEWAY_SANITIZE MATCHES undefined)
    target_compile_options(onceway_options INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(ONCEWAY_FUZZ)
  target_compile_options(onceway_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# onceway_library(NAME FOLDERS folder… USES target…): every .cpp of the folders but main.cpp, as one target `onceway::NAME`.
function(onceway_library name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;USES" ${ARGN})
  set(sources "")
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(FILTER found EXCLUDE REGEX "/main\\.cpp$")
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    add_library(onceway_${name} INTERFACE)
    target_link_libraries(onceway_${name} INTERFACE onceway_options ${ARG_USES})
  else()
    add_library(onceway_${name} STATIC ${sources})
    target_link_libraries(onceway_${name} PUBLIC onceway_options ${ARG_USES})
    onceway_precompiled(onceway_${name})
  endif()
  add_library(onceway::${name} ALIAS onceway_${name})
endfunction()

# The one small precompiled header: built by schemas, reused by everybody.
function(onceway_precompiled target)
  if(target STREQUAL onceway_schemas)
    target_precompile_headers(${target} PRIVATE ${CMAKE_SOURCE_DIR}/schemas/base/precompiled.hpp)
  elseif(TARGET onceway_schemas)
    target_precompile_headers(${target} REUSE_FROM onceway_schemas)
  endif()
endfunction()

# onceway_program(NAME MAIN file USES target…): a program of its own, placed in bin/.
function(onceway_program name)
  cmake_parse_arguments(ARG "" "MAIN" "USES" ${ARGN})
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_MAIN})
    return()
  endif()
  add_executable(${name} ${ARG_MAIN})
  target_link_libraries(${name} PRIVATE onceway_options ${ARG_USES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  onceway_precompiled(${name})
endfunction()

# onceway_tests(NAME FOLDERS folder… [WORLDS file…] USES target… [CONCURRENT]): one program of doctest cases, one ctest entry
# for each *_test.cpp. The folders' other .cpp files, and WORLDS of folders that belong to another program, hold what several
# tests share. CONCURRENT marks what also runs under ThreadSanitizer.
function(onceway_tests name)
  cmake_parse_arguments(ARG "CONCURRENT" "TIMEOUT" "FOLDERS;WORLDS;USES" ${ARGN})
  set(sources "")
  set(worlds ${ARG_WORLDS})
  foreach(folder IN LISTS ARG_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    set(tests ${found})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER found EXCLUDE REGEX "_test\\.cpp$")
    list(APPEND sources ${tests})
    list(APPEND worlds ${found})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_executable(tests_${name} ${sources} ${worlds})
  target_link_libraries(tests_${name} PRIVATE onceway_options onceway_test_main ${ARG_USES})
  set_target_properties(tests_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  target_compile_definitions(tests_${name} PRIVATE ONCEWAY_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             ONCEWAY_BINARY_DIR="${CMAKE_BINARY_DIR}")
  onceway_precompiled(tests_${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  foreach(source IN LISTS sources)
    get_filename_component(stem ${source} NAME_WE)
    file(RELATIVE_PATH path ${CMAKE_CURRENT_SOURCE_DIR} ${source})
    string(REPLACE "_test.cpp" "" path ${path})
    add_test(NAME ${path} COMMAND tests_${name} --source-file=*/${path}_test.cpp)
    set_tests_properties(${path} PROPERTIES TIMEOUT ${ARG_TIMEOUT} SKIP_RETURN_CODE 77)
    if(ARG_CONCURRENT)
      set_tests_properties(${path} PROPERTIES LABELS concurrent)
    endif()
  endforeach()
endfunction()
