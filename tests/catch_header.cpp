// SPDX-License-Identifier: Apache-2.0
// Nothing of its own: CMake makes the precompiled header of a target only when a source of it wants one, and
// catch_main.cpp cannot.
