#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gxx.sh: the C++ compiler on headers of its library and many templates.
. "$(dirname "$0")/lib.sh"
need g++ awk

program()
{
	awk 'BEGIN {
		print "#include <algorithm>\n#include <functional>\n#include <map>"
		print "#include <string>\n#include <vector>"
		for (i = 0; i < 8; i++) {
			printf "template <int N> struct k%d { int v[N + 1]; std::string s; bool operator<(const k%d &o) const { return v[0] < o.v[0]; } };\n", i, i
			printf "int g%d(int x) {\n", i
			printf "\tstd::map<k%d<%d>, std::vector<std::string>> m;\n", i, i
			printf "\tm[k%d<%d>{{x}, \"a\"}].push_back(std::to_string(x));\n", i, i
			printf "\tstd::vector<k%d<%d>> v(10);\n\tstd::sort(v.begin(), v.end());\n", i, i + 1
			printf "\tstd::function<int(int)> f = [&](int y) { return int(m.size()) + y + int(v.size()); };\n"
			print  "\treturn f(x);\n}"
		}
	}'
}
input work.cc program
target g++ -O1 -pipe -std=c++17 -c work.cc -o work.o || exit
nm work.o | grep -c ' [TW] '
objcopy -O binary -j .text work.o text.bin && digest < text.bin
