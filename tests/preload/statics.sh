#!/bin/sh
# SPDX-License-Identifier: MIT
#
# statics.sh: statics.cc, built and run as cxx.sh does it.
. "$(dirname "$0")/cxx.sh"
