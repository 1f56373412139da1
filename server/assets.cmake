# Files inside the binary: writes gen/assets.c, a table of server/api/assets.h, and adds it to the library `api`.
# Run by cmake -P it writes the table; included by CMakeLists.txt it adds the rule for that.
if(CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS ${LIST} files)
  set(text "/* Written by server/assets.cmake. */\n#include \"server/api/assets.h\"\n\n")
  set(table "")
  set(i 0)
  foreach(path IN LISTS files)
    file(SHA256 ${ROOT}/${path} sha256)
    string(APPEND text "extern const char asset_${i}[], asset_${i}_end[];\n"
      "__asm__(\".pushsection .rodata\\n.balign 16\\nasset_${i}:\\n.incbin \\\"${ROOT}/${path}\\\"\\n\"\n"
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
list(APPEND assets fixtures/movies/instructions.jsonl)
foreach(catalog jobs listings)
  foreach(rows items members interactions instructions)
    list(APPEND assets fixtures/${catalog}/${rows}.jsonl)
  endforeach()
endforeach()
list(JOIN assets "\n" lines)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/gen/assets.list CONTENT "${lines}\n" @ONLY)
list(TRANSFORM assets PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE asset_files)
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/gen/assets.c
  COMMAND ${CMAKE_COMMAND} -DLIST=${CMAKE_BINARY_DIR}/gen/assets.list -DROOT=${CMAKE_SOURCE_DIR}
    -DOUT=${CMAKE_BINARY_DIR}/gen/assets.c -P ${CMAKE_SOURCE_DIR}/server/assets.cmake
  DEPENDS ${asset_files} ${CMAKE_BINARY_DIR}/gen/assets.list ${CMAKE_SOURCE_DIR}/server/assets.cmake
  VERBATIM)
target_sources(api PRIVATE ${CMAKE_BINARY_DIR}/gen/assets.c)
