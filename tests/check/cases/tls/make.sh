#!/usr/bin/env bash
# Makes the certificates, keys and lists of this folder anew; only needed when a case wants another one. They are kept
# in the repository because the kept texts name their dates. None of them protects anything.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

far=21200101000000Z
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
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
organizationName = optional
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
[leaf]
basicConstraints = CA:FALSE
[req]
distinguished_name = dn
[dn]
END
export WORK=$work
: > "$work/index"
echo 1000 > "$work/serial"
echo 1000 > "$work/crlnumber"

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null; }
root() { # name, subject
    key "$1.key"
    openssl req -new -key "$1.key" -subj "$2" -config "$work/ca.conf" -out "$work/csr"
    openssl ca -batch -notext -selfsign -config "$work/ca.conf" -extensions root -keyfile "$1.key" -in "$work/csr" \
        -startdate 20200101000000Z -enddate $far -out "$1.pem" 2> /dev/null
}
leaf() { # name, SAN, start, end
    [ -f "$1.key" ] || key "$1.key"
    openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$2" -config "$work/ca.conf" -out "$work/csr"
    openssl ca -batch -notext -config "$work/ca.conf" -extensions leaf -keyfile ca.key -cert ca.pem -in "$work/csr" \
        -startdate "$3" -enddate "$4" -out "$1.pem" 2> /dev/null
}

rm -f ./*.key
root ca "/CN=clients of the example"
root other_ca "/CN=somebody else"
leaf site "DNS:site.example.com,DNS:*.example.org" 20200101000000Z $far
leaf shop "DNS:shop.example.com" 20200101000000Z $far
leaf nameless "IP:192.0.2.1" 20200101000000Z $far
leaf expired "DNS:old.example.com" 20200101000000Z 20210101000000Z
leaf future "DNS:new.example.com" 21100101000000Z $far
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key 2> /dev/null
leaf weak "DNS:weak.example.com" 20200101000000Z $far
openssl pkey -in site.key -aes128 -passout pass:hunter2 -out encrypted.key
for name in ca other_ca; do
    openssl ca -gencrl -config "$work/ca.conf" -keyfile $name.key -cert $name.pem -crl_lastupdate 20200101000000Z \
        -crl_nextupdate $far -out $name.crl 2> /dev/null
done
openssl ca -gencrl -config "$work/ca.conf" -keyfile ca.key -cert ca.pem -crl_lastupdate 20200101000000Z \
    -crl_nextupdate 20210101000000Z -out old.crl 2> /dev/null
sed '3s/^..../####/' site.pem > broken.pem
: > empty.pem
echo "not a certificate" > not_pem.txt
rm -f ca.key other_ca.key weak.srl
