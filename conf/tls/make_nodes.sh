#!/usr/bin/env bash
# Makes what conf/full.yaml shows of TLS to nodes: their authority, its list, and what the gateway shows them.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=../../scripts/small_authority.sh
. ../../scripts/small_authority.sh

authority nodes_ca "/CN=example authority of nodes"
key gateway.key
request gateway.key "/CN=example gateway"
issue nodes_ca gateway client
list nodes_ca nodes.crl
rm -f nodes_ca.key
