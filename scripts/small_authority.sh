# shellcheck shell=bash
# An authority for certificates that are kept in the repository: what it issues is good from 2020 to 2120 unless told
# otherwise, so that examples and cases do not expire. Nothing is protected by it. Sourced by conf/tls/make_nodes.sh and
# tests/check/cases/tls/make.sh, which want it in their own folder.
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
[client]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
[req]
distinguished_name = dn
[dn]
END
first=20200101000000Z
far=21200101000000Z

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2> /dev/null; }
request() { # KEY SUBJECT [openssl req's options...]
    local key=$1 subject=$2
    shift 2
    openssl req -new -key "$key" -subj "$subject" -config "$work/ca.conf" "$@" -out "$work/csr"
}
authority() { # NAME SUBJECT: NAME.key and NAME.pem
    key "$1.key"
    request "$1.key" "$2"
    openssl ca -batch -notext -selfsign -config "$work/ca.conf" -extensions root -keyfile "$1.key" -in "$work/csr" \
        -startdate $first -enddate $far -out "$1.pem" 2> /dev/null
}
issue() { # AUTHORITY NAME EXTENSIONS [FROM TO]: NAME.pem of the last request
    openssl ca -batch -notext -config "$work/ca.conf" -extensions "$3" -keyfile "$1.key" -cert "$1.pem" \
        -in "$work/csr" -startdate "${4:-$first}" -enddate "${5:-$far}" -out "$2.pem" 2> /dev/null
}
list() { # AUTHORITY FILE [TO]: its revocation list
    openssl ca -gencrl -config "$work/ca.conf" -keyfile "$1.key" -cert "$1.pem" -crl_lastupdate $first \
        -crl_nextupdate "${3:-$far}" -out "$2" 2> /dev/null
}
