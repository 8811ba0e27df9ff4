# SPDX-License-Identifier: Apache-2.0
"""A zoo of certificates, good and bad, made with openssl(1) while a test runs; for nodes and for clients alike."""
import dataclasses
import datetime
import pathlib
import subprocess

DAY = datetime.timedelta(days=1)

CONFIG = """
[ca]
default_ca = this
[this]
database = {folder}/index.txt
serial = {folder}/serial
crlnumber = {folder}/crlnumber
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
default_md = sha256
default_crl_days = 30
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[req]
distinguished_name = none
prompt = no
[none]
"""

AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
SERVER, CLIENT = "serverAuth", "clientAuth"


def openssl(*arguments) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"openssl {' '.join(map(str, arguments))}: {done.stderr}"


def utc(moment: datetime.datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%SZ")


@dataclasses.dataclass(frozen=True)
class Identity:
    """Files of a certificate: `certificate` as a server shows it, the chain behind it; `alone` without."""

    certificate: pathlib.Path
    key: pathlib.Path
    alone: pathlib.Path


class Authority:
    """A CA of its own, or one below `above`."""

    def __init__(self, folder: pathlib.Path, name: str, above: "Authority | None" = None, can_sign: bool = True,
                 stored_as: str | None = None):
        self.folder = folder / (stored_as or name).replace(" ", "-")
        self.folder.mkdir()
        self.above = above
        self.certificate = self.folder / "ca.pem"
        self._key = self.folder / "ca.key"
        self._count = 0
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("1000\n", encoding="ascii")
        (self.folder / "crlnumber").write_text("01\n", encoding="ascii")
        (self.folder / "ca.cnf").write_text(CONFIG.format(folder=self.folder), encoding="ascii")
        extensions = AUTHORITY if can_sign else "basicConstraints=CA:FALSE\n"
        self._make_key(self._key)
        if above is None:
            self._request(self._key, name, self.certificate, "-x509", "-days", "3650", "-extensions", "mine",
                          extensions="[mine]\n" + extensions)
        else:
            request = self.folder / "ca.csr"
            self._request(self._key, name, request)
            above.sign(request, self.certificate, extensions)

    @property
    def chain(self) -> list[pathlib.Path]:
        """What a server shows behind its own certificate; the root stays at home."""
        return [] if self.above is None else [self.certificate, *self.above.chain]

    def issue(self, name: str, alternatives: str | None = None, *, use: str = SERVER, usage: str = "digitalSignature",
              start: datetime.timedelta = -DAY, end: datetime.timedelta = 90 * DAY, chain: bool = True,
              more: str = "") -> Identity:
        """A leaf. `alternatives` as subjectAltName takes it, DNS:name by default; times are relative to now;
        `more` are further extensions."""
        self._count += 1
        stem = self.folder / f"leaf-{self._count}"
        key, alone, shown = (stem.with_suffix(ending) for ending in (".key", ".alone.pem", ".pem"))
        request = stem.with_suffix(".csr")
        self._make_key(key)
        self._request(key, name, request)
        self.sign(request, alone, "basicConstraints=CA:FALSE\n"
                  f"keyUsage=critical,{usage}\nextendedKeyUsage={use}\n"
                  f"subjectAltName={alternatives or 'DNS:' + name}\n{more}", start, end)
        parts = [alone, *(self.chain if chain else [])]
        shown.write_text("".join(part.read_text(encoding="ascii") for part in parts), encoding="ascii")
        return Identity(shown, key, alone)

    def self_signed(self, name: str) -> Identity:
        """A certificate nobody else vouches for."""
        self._count += 1
        stem = self.folder / f"self-{self._count}"
        key, shown = stem.with_suffix(".key"), stem.with_suffix(".pem")
        self._make_key(key)
        self._request(key, name, shown, "-x509", "-days", "30", "-extensions", "mine",
                      extensions=f"[mine]\nsubjectAltName=DNS:{name}\n")
        return Identity(shown, key, shown)

    def sign(self, request, out, extensions, start=-DAY, end=3650 * DAY) -> None:
        file = self.folder / "extensions.cnf"
        file.write_text(extensions, encoding="ascii")
        now = datetime.datetime.now(datetime.timezone.utc)
        openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", "-extfile", file,
                "-startdate", utc(now + start), "-enddate", utc(now + end), "-in", request, "-out", out)

    def revoke(self, identity: Identity) -> None:
        openssl("ca", "-config", self.folder / "ca.cnf", "-revoke", identity.alone)

    def crl(self, name: str = "crl.pem") -> pathlib.Path:
        """The list of what was revoked so far."""
        file = self.folder / name
        openssl("ca", "-config", self.folder / "ca.cnf", "-gencrl", "-out", file)
        return file

    @staticmethod
    def _make_key(file) -> None:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file)

    def _request(self, key, name, out, *more, extensions: str = "") -> None:
        config = self.folder / "request.cnf"
        config.write_text(CONFIG.format(folder=self.folder) + extensions, encoding="ascii")
        openssl("req", "-new", "-config", config, "-key", key, "-subj", f"/CN={name}", "-out", out, *more)


class Zoo:
    """A root everybody here trusts, an intermediate below it that issues, a stranger's root, and one that
    only bears the root's name."""

    def __init__(self, folder: pathlib.Path):
        home = folder / "pki"
        home.mkdir()
        self.root = Authority(home, "sluice test root")
        self.issuing = Authority(home, "sluice test issuing", self.root)
        self.stranger = Authority(home, "a strange root")
        self.namesake = Authority(home, "sluice test root", stored_as="namesake")
        self.no_authority = Authority(home, "no authority", self.issuing, can_sign=False)

    @property
    def trusted(self) -> pathlib.Path:
        """What goes into `ca`."""
        return self.root.certificate

    def crls(self) -> pathlib.Path:
        """The lists of the whole chain in one file."""
        file = self.root.folder / "all-crls.pem"
        lists = [one.crl().read_text(encoding="ascii") for one in (self.root, self.issuing)]
        file.write_text("".join(lists), encoding="ascii")
        return file

    def good(self, name: str = "node.test", alternatives: str | None = None, **terms) -> Identity:
        return self.issuing.issue(name, alternatives, **terms)

    def expired(self, name: str = "node.test", **terms) -> Identity:
        return self.good(name, start=-30 * DAY, end=-DAY, **terms)

    def not_yet_valid(self, name: str = "node.test", **terms) -> Identity:
        return self.good(name, start=DAY, end=30 * DAY, **terms)

    def untrusted(self, name: str = "node.test", **terms) -> Identity:
        return self.stranger.issue(name, **terms)

    def forged(self, name: str = "node.test", **terms) -> Identity:
        """By an authority with the name of the trusted root and a key of its own, which the leaf does not name: else
        its issuer would not be found at all."""
        return self.namesake.issue(name, more="authorityKeyIdentifier=none\n", **terms)

    def missing_intermediate(self, name: str = "node.test", **terms) -> Identity:
        return self.good(name, chain=False, **terms)

    def self_signed(self, name: str = "node.test") -> Identity:
        return self.root.self_signed(name)

    def issued_by_a_leaf(self, name: str = "node.test", **terms) -> Identity:
        return self.no_authority.issue(name, **terms)

    def revoked(self, name: str = "node.test", **terms) -> Identity:
        made = self.good(name, **terms)
        self.issuing.revoke(made)
        return made
