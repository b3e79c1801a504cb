# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a C string of a text file: cmake -DIN=deck.txt -DOUT=deck_text.c -P deck.cmake
file(READ ${IN} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
file(WRITE ${OUT} "#include \"common/deck.h\"\n\nconst char deck_text[] =\n    \"${text}\";\n")
