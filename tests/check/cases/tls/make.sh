#!/usr/bin/env bash
# Makes the certificates, keys and lists of this folder anew; only needed when a case wants another one. They are kept
# in the repository because the kept texts name their dates. None of them protects anything.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source-path=SCRIPTDIR source=../../../../scripts/small_authority.sh
. ../../../../scripts/small_authority.sh

leaf() { # NAME SAN [FROM TO]
    [ -f "$1.key" ] || key "$1.key"
    request "$1.key" "/CN=$1" -addext "subjectAltName=$2"
    issue ca "$1" leaf "${@:3}"
}

rm -f ./*.key
authority ca "/CN=clients of the example"
authority other_ca "/CN=somebody else"
leaf site "DNS:site.example.com,DNS:*.example.org"
leaf shop "DNS:shop.example.com"
leaf nameless "IP:192.0.2.1"
leaf expired "DNS:old.example.com" "$first" 20210101000000Z
leaf future "DNS:new.example.com" 21100101000000Z "$far"
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key 2> /dev/null
leaf weak "DNS:weak.example.com"
openssl pkey -in site.key -aes128 -passout pass:hunter2 -out encrypted.key
list ca ca.crl
list other_ca other_ca.crl
list ca old.crl 20210101000000Z
sed '3s/^..../####/' site.pem > broken.pem
: > empty.pem
echo "not a certificate" > not_pem.txt
rm -f ca.key other_ca.key
