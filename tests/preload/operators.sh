#!/bin/sh
# SPDX-License-Identifier: MIT
#
# operators.sh: operators.cc, built and run as cxx.sh does it.
. "$(dirname "$0")/cxx.sh"
