// SPDX-License-Identifier: Apache-2.0
// Beast, compiled once for the whole project (BOOST_BEAST_SEPARATE_COMPILATION). Only
// `sluice backend` and tests read its headers.
#include <boost/beast/src.hpp>
