// SPDX-License-Identifier: Apache-2.0
// Asio, compiled once for the whole project (BOOST_ASIO_SEPARATE_COMPILATION): everyone else pays
// for declarations only.
#include <boost/asio/impl/src.hpp>
