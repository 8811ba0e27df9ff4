#!/usr/bin/env bash
# Makes what conf/full.yaml shows of TLS to nodes: their authority, its list, and what the gateway shows them. Good
# until 2120, so that the example loads; nothing is protected by it.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export WORK=$work
: > "$work/index"
echo 1000 > "$work/serial"
echo 1000 > "$work/crlnumber"
cat > "$work/ca.conf" <<'END'
[ca]
default_ca = here
[here]
database = $ENV::WORK/index
serial = $ENV::WORK/serial
crlnumber = $ENV::WORK/crlnumber
new_certs_dir = $ENV::WORK
default_md = sha256
policy = any
[any]
commonName = supplied
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[client]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[req]
distinguished_name = dn
[dn]
END
begin=20200101000000Z
end=21200101000000Z
sign() { openssl ca -batch -notext -config "$work/ca.conf" -startdate $begin -enddate $end -in "$work/csr" "$@" 2> /dev/null; }
request() { # key, subject
    openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null
    openssl req -new -key "$1" -subj "$2" -config "$work/ca.conf" -out "$work/csr"
}
request "$work/ca.key" "/CN=example authority of nodes"
sign -selfsign -extensions root -keyfile "$work/ca.key" -out nodes_ca.pem
request gateway.key "/CN=example gateway"
sign -extensions client -keyfile "$work/ca.key" -cert nodes_ca.pem -out gateway.pem
openssl ca -gencrl -config "$work/ca.conf" -keyfile "$work/ca.key" -cert nodes_ca.pem -crl_lastupdate $begin \
    -crl_nextupdate $end -out nodes.crl 2> /dev/null
