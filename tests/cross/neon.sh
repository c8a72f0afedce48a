#!/bin/bash
# The kernels of the engine for 64-bit Arm, cross-compiled and tested under emulation: tests/cross/neon.sh BUILD_FOLDER
# Exits 77 (skipped) where the compiler or the emulator is missing.

set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

readonly BUILD=$1 GTEST=/usr/src/googletest/googletest
command -v aarch64-linux-gnu-g++ qemu-aarch64 >/dev/null && [[ -f $GTEST/src/gtest-all.cc ]] ||
  { echo "skipped: needs g++-aarch64-linux-gnu, qemu-user and libgtest-dev"; exit 77; }
mkdir -p "$BUILD"

# compile OBJECT SOURCE [options…]: again only where something is newer
compile() {
  local object=$BUILD/$1 source=$2; shift 2
  [[ -f $object && -z $(find src/engine src/base "$source" "${BASH_SOURCE[0]}" -newer "$object" -print -quit) ]] && return
  ${CCACHE:+"$CCACHE"} aarch64-linux-gnu-g++ -std=c++20 -O2 -DFMT_HEADER_ONLY -Isrc -I"$BUILD/fmt" -I"$GTEST/include" -I"$GTEST" "$@" \
    -c "$source" -o "$object"
}

# Only fmt's and the test library's headers are taken from this machine: they are plain source.
mkdir -p "$BUILD/fmt" && ln -sfn /usr/include/fmt "$BUILD/fmt/fmt"
compile gtest.o "$GTEST/src/gtest-all.cc"
compile main.o "$GTEST/src/gtest_main.cc"
compile check.o src/base/check.cc -Wall -Wextra -Werror
for file in dispatch reference kernels_test; do compile $file.o src/engine/kernels/$file.cc -Wall -Wextra -Werror; done
compile neon.o src/engine/kernels/neon.cc -Wall -Wextra -Werror -march=armv8.2-a+dotprod -ffp-contract=fast
aarch64-linux-gnu-g++ -static "$BUILD"/*.o -o "$BUILD/neon_test"
qemu-aarch64 -cpu max "$BUILD/neon_test" --gtest_brief=1
qemu-aarch64 -cpu max "$BUILD/neon_test" --gtest_list_tests | grep -q '/neon' || { echo "the NEON kernels were not chosen"; exit 1; }
