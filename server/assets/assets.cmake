# Files inside the binary: writes gen/assets.c, a table of server/assets/assets.h, and adds it to the library `assets`.
# A line of assets.list is a file's path in the tree, or PATH|FILE for a file that lies elsewhere.
# Run by cmake -P it writes the table; included by CMakeLists.txt it adds the rule for that.
if(CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS ${LIST} files)
  set(text "/* Written by server/assets/assets.cmake. */\n#include \"server/assets/assets.h\"\n\n")
  set(table "")
  set(i 0)
  foreach(line IN LISTS files)
    string(REGEX REPLACE "[|].*" "" path "${line}")
    set(source ${ROOT}/${path})
    if(line MATCHES "[|](.+)")
      set(source ${CMAKE_MATCH_1})
    endif()
    file(SHA256 ${source} sha256)
    string(APPEND text "extern const char asset_${i}[], asset_${i}_end[];\n"
      "__asm__(\".pushsection .rodata\\n.balign 16\\nasset_${i}:\\n.incbin \\\"${source}\\\"\\n\"\n"
      "        \"asset_${i}_end:\\n.byte 0\\n.popsection\\n\");\n")
    string(APPEND table "    {\"${path}\", asset_${i}, asset_${i}_end, \"${sha256}\"},\n")
    math(EXPR i "${i} + 1")
  endforeach()
  file(WRITE ${OUT} "${text}\nconst struct asset asset_table[] = {\n${table}};\nconst int asset_count = ${i};\n")
  return()
endif()

set(endings html js mjs css svg json png woff2 txt)
list(TRANSFORM endings PREPEND "web/*." OUTPUT_VARIABLE patterns)
list(TRANSFORM patterns PREPEND "${CMAKE_SOURCE_DIR}/")
file(GLOB_RECURSE assets CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${patterns})
foreach(surface generic movies jobs listings feed)
  list(APPEND assets server/surface/builtin/${surface}.json)
endforeach()
list(APPEND assets fixtures/movies/instructions.jsonl fixtures/brew/pairs.jsonl fixtures/brew/trl.py fixtures/brew/house.gguf server/api/openapi.yaml)
file(GLOB judged CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/fixtures/lists/*.jsonl
  ${CMAKE_SOURCE_DIR}/fixtures/judged/*.jsonl)
list(APPEND assets ${judged})
foreach(catalog jobs listings)
  foreach(rows items members interactions instructions)
    list(APPEND assets fixtures/${catalog}/${rows}.jsonl)
  endforeach()
endforeach()
# The chart library, from Debian's libjs-chart.js; the page loads it only for a view with a chart.
find_file(CHART_JS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH)
if(NOT CHART_JS)
  message(FATAL_ERROR "chart.min.js is missing: install libjs-chart.js, or give its path as -DCHART_JS=FILE")
endif()
list(JOIN assets "\n" lines)
string(APPEND lines "\nweb/chart.js|${CHART_JS}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/gen/assets.list CONTENT "${lines}\n" @ONLY)
list(TRANSFORM assets PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE asset_files)
list(APPEND asset_files ${CHART_JS})
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen/assets.c
  COMMAND ${CMAKE_COMMAND} -DLIST=${CMAKE_BINARY_DIR}/gen/assets.list -DROOT=${CMAKE_SOURCE_DIR}
    -DOUT=${CMAKE_BINARY_DIR}/gen/assets.c -P ${CMAKE_SOURCE_DIR}/server/assets/assets.cmake
  DEPENDS ${asset_files} ${CMAKE_BINARY_DIR}/gen/assets.list ${CMAKE_SOURCE_DIR}/server/assets/assets.cmake
  VERBATIM)
target_sources(assets PRIVATE ${CMAKE_BINARY_DIR}/gen/assets.c)
