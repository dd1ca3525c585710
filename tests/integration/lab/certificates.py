# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificates, made by the openssl command at run time.

Keys live in a temporary directory that goes with the lab. They are readable by
everybody, because a server that drops its privileges has to read them.
"""
import base64
import datetime
import functools
import os
import subprocess
import threading

SERVER_NAMES = ("localhost", "api.lab.test", "*.wild.lab.test")

P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
P384 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
ED25519 = ("-algorithm", "ED25519")

# openssl ca is the one way to choose both dates that works in every 3.x.
AUTHORITY_CONFIGURATION = """
[ca]
default_ca = throwaway
[throwaway]
database = {folder}/index.txt
new_certs_dir = {folder}
default_crl_days = 30
rand_serial = yes
default_md = sha256
unique_subject = no
preserve = yes
policy = anything
[anything]
organizationName = optional
commonName = optional
[req]
distinguished_name = anything
"""

CA_EXTENSIONS = """
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""

LEAF_EXTENSIONS = """
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = {usage}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
{names}
"""


def openssl(*arguments, stdin=None):
    """Runs openssl and returns its standard output as bytes."""
    done = subprocess.run(
        ["openssl", *arguments], input=stdin, capture_output=True, check=False
    )
    if done.returncode != 0:
        words = done.stderr.decode(errors="replace")
        raise RuntimeError(f"openssl {' '.join(arguments)}: {words}")
    return done.stdout


def days_from_now(days):
    moment = datetime.datetime.now(datetime.timezone.utc)
    moment += datetime.timedelta(days=days)
    return moment.strftime("%Y%m%d%H%M%SZ")


class Identity:
    """A certificate and its key: NAME.crt and NAME.key in one directory."""

    def __init__(self, directory, name):
        self.name = name
        self.certificate = os.path.join(directory, name + ".crt")
        self.key = os.path.join(directory, name + ".key")
        self.key_password_file = None

    def make_key(self, parameters=P256):
        openssl("genpkey", *parameters, "-out", self.key)
        os.chmod(self.key, 0o644)


class Authority(Identity):
    """A CA that can issue leaf certificates with any dates; self-signed, or an
    intermediate of its issuer."""

    def __init__(self, directory, name, subject, issuer=None):
        super().__init__(directory, name)
        self.directory = directory
        self.folder = os.path.join(directory, name + ".ca")
        os.mkdir(self.folder)
        self.configuration = self._write("ca.cnf", self._configuration_text())
        self._write("index.txt", "")
        self.make_key()
        self._make_certificate(subject, issuer)

    def issue(self, name, subject, usage, names="", start=-1, end=30, key=P256):
        """A leaf valid from start to end, both in days from now."""
        leaf = Identity(self.directory, name)
        leaf.make_key(key)
        request = os.path.join(self.folder, name + ".csr")
        self._request(leaf.key, subject, request)
        extensions = LEAF_EXTENSIONS.format(usage=usage, names=names)
        self.sign(
            ("-in", request, "-out", leaf.certificate),
            self._write(name + ".ext", extensions),
            start,
            end,
        )
        return leaf

    def _configuration_text(self):
        return AUTHORITY_CONFIGURATION.format(folder=self.folder)

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def _request(self, key, subject, out):
        options = ("-config", self.configuration, "-utf8", "-subj", subject)
        openssl("req", "-new", "-key", key, *options, "-out", out)

    def revoke(self, identity):
        openssl("ca", *self._signer(), "-revoke", identity.certificate)

    def revocation_list(self):
        """The path of its CRL, made now."""
        path = os.path.join(self.folder, self.name + ".crl")
        openssl("ca", *self._signer(), "-gencrl", "-out", path)
        return path

    def _signer(self):
        files = ("-keyfile", self.key, "-cert", self.certificate)
        return ("-config", self.configuration, *files)

    def _make_certificate(self, subject, issuer):
        request = os.path.join(self.folder, "self.csr")
        self._request(self.key, subject, request)
        extensions = self._write("self.ext", CA_EXTENSIONS)
        files = ("-in", request, "-out", self.certificate)
        if issuer is None:
            self.sign(("-selfsign", *files), extensions, -30, 300)
        else:
            issuer.sign(files, extensions, -30, 300)

    def sign(self, files, extensions, start, end):
        signer = self._signer()
        if "-selfsign" in files:
            signer = signer[:-2]  # there is no certificate yet
        dates = ("-startdate", days_from_now(start), "-enddate", days_from_now(end))
        options = ("-batch", "-notext", "-extfile", extensions)
        openssl("ca", *signer, *files, *dates, *options)


class Lazily(dict):
    """Entries that are made when somebody first asks for them, by make(name)."""

    def __init__(self, lock, make):
        super().__init__()
        self.lock = lock
        self.make = make

    def __missing__(self, name):
        with self.lock:
            if name not in self:
                self[name] = self.make(name)
            return self[name]


AUTHORITIES = {
    "client_ca": "/O=Lab/CN=Lab Client CA",
    "issuing_ca": "/O=Lab/CN=Lab Issuing CA",
    "other_client_ca": "/O=Lab/CN=Another Client CA",
    "server_ca": "/O=Lab/CN=Lab Server CA",
    "untrusted_ca": "/O=Lab/CN=Untrusted Server CA",
    "interception_ca": "/O=Lab/CN=Lab Interception CA",
}
# How each differs from a good one.
CLIENTS = {
    "good": {},
    "good-p384": {"key": P384},
    "good-rsa": {"key": RSA},
    "good-ed25519": {"key": ED25519},
    "expired": {"start": -20, "end": -2},
    "not-yet-valid": {"start": 2, "end": 20},
    "wrong-usage": {"usage": "serverAuth"},
    "revoked": {},
    "other-ca": {"authority": "other_client_ca"},
    "chain-missing": {"authority": "issuing_ca"},
}
SERVERS = {
    "good": {},
    "second": {},
    "good-p384": {"key": P384},
    "good-rsa": {"key": RSA},
    "good-ed25519": {"key": ED25519},
    "expired": {"start": -20, "end": -2},
    "not-yet-valid": {"start": 2, "end": 20},
    "wrong-name": {"names": "DNS:elsewhere.lab.test"},
    "untrusted": {"authority": "untrusted_ca"},
    "interceptor": {"authority": "interception_ca"},
}
KEY_PASSWORD = "correct horse"


class Pki:
    """Every certificate of the lab, as attributes and by name."""

    def __init__(self, directory):
        self.directory = directory
        self.lock = threading.RLock()
        os.chmod(directory, 0o755)
        self._make_authorities()
        self.clients = Lazily(self.lock, self._client)
        self.look_alikes = Lazily(self.lock, self._look_alike)
        self.impostors = Lazily(self.lock, self._impostor)
        self.servers = Lazily(self.lock, self._server)
        self.key_password = self.path("client-encrypted.password")
        with open(self.key_password, "w", encoding="ascii") as file:
            file.write(KEY_PASSWORD + "\n")
        self.all_authorities = self._bundle(
            "all-authorities.crt",
            self.server_ca.certificate,
            self.interception_ca.certificate,
        )

    def path(self, name):
        return os.path.join(self.directory, name)

    def client(self, name):
        """The client identity called good, other-ca, expired ...; None for none."""
        return None if name == "none" else self.clients[name]

    @property
    def encrypted_key(self):
        return self.clients["encrypted-key"].key

    @functools.cached_property
    def revocation_list(self):
        """What the clients' CAs say of them: that "revoked" is."""
        with self.lock:
            self.client_ca.revoke(self.clients["revoked"])
            lists = (self.client_ca.revocation_list(), self.issuing_ca.revocation_list())
            return self._bundle("clients.crl", *lists)

    def _make_authorities(self):
        def authority(attribute, issuer=None):
            name = attribute.replace("_", "-")
            return Authority(self.directory, name, AUTHORITIES[attribute], issuer)

        self.client_ca = authority("client_ca")
        self.issuing_ca = authority("issuing_ca", self.client_ca)
        self.other_client_ca = authority("other_client_ca")
        self.server_ca = authority("server_ca")
        self.untrusted_ca = authority("untrusted_ca")
        self.interception_ca = authority("interception_ca")

    def _client(self, name):
        if name == "chain":
            return self._with_chain(self.clients["chain-missing"])
        if name == "encrypted-key":
            return self._with_encrypted_key(self.clients["good"])
        settings = {"authority": "client_ca", "usage": "clientAuth"} | CLIENTS[name]
        authority = getattr(self, settings.pop("authority"))
        return authority.issue("client-" + name, f"/O=Lab/CN=client {name}", **settings)

    def _look_alike(self, name):
        """What is to the client of that name as `untrusted` is to ours: equal but for the
        keys, its own and its CA's."""
        if name == "chain":
            return self._with_chain(self.look_alikes["chain-missing"], "look-alike-chain")
        if name == "encrypted-key":
            return self.look_alikes["good"]
        settings = {"authority": "client_ca", "usage": "clientAuth"} | CLIENTS[name]
        impostor = self.impostors[settings.pop("authority")]
        return impostor.issue("look-alike-" + name, f"/O=Lab/CN=client {name}", **settings)

    def _impostor(self, authority):
        """A CA with the name of another."""
        return Authority(self.directory, "impostor-" + authority, AUTHORITIES[authority])

    def _with_chain(self, leaf, name="client-chain"):
        """The same leaf with the certificate of the intermediate that issued it."""
        chain = Identity(self.directory, name)
        chain.key = leaf.key
        self._bundle(name + ".crt", leaf.certificate, self.issuing_ca.certificate)
        return chain

    def _with_encrypted_key(self, plain):
        encrypted = Identity(self.directory, "client-encrypted")
        encrypted.certificate = plain.certificate
        encrypted.key_password_file = self.key_password
        openssl(
            *("pkcs8", "-topk8", "-v2", "aes256", "-in", plain.key),
            *("-passout", "file:" + self.key_password, "-out", encrypted.key),
        )
        return encrypted

    def _server(self, name):
        here = ["IP:127.0.0.1", "IP:::1"] + ["DNS:" + one for one in SERVER_NAMES]
        settings = {"authority": "server_ca", "names": ",".join(here)} | SERVERS[name]
        authority = getattr(self, settings.pop("authority"))
        settings["names"] = "subjectAltName = " + settings["names"]
        subject = f"/O=Lab/CN=server {name}"
        return authority.issue("server-" + name, subject, "serverAuth", **settings)

    def _bundle(self, name, *paths):
        bundle = self.path(name)
        with open(bundle, "wb") as out:
            for path in paths:
                with open(path, "rb") as file:
                    out.write(file.read())
        return bundle


def der_of(path):
    """The DER of the first certificate in a PEM file."""
    return openssl("x509", "-in", path, "-outform", "DER")


def pem_of(der):
    lines = base64.encodebytes(der).decode("ascii")
    return f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"


def rewritten(certificate, signing_key, replacements):
    """The DER of a certificate with bytes of its body replaced by others of the
    same length, and signed again: openssl would not write what a hostile CA can."""
    der = der_of(certificate)
    body = _elements(_content(der)[0])[0]
    for old, new in replacements.items():
        if len(old) != len(new) or old not in body:
            raise ValueError(f"cannot replace {old!r} by {new!r}")
        body = body.replace(old, new)
    algorithm = _elements(_content(der)[0])[1]
    signature = openssl("dgst", "-sha256", "-sign", signing_key, stdin=body)
    return _element(0x30, body + algorithm + _element(0x03, b"\0" + signature))


def _element(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def _content(der):
    """The content of the first element, and the length of the whole element."""
    first = der[1]
    if first < 0x80:
        return der[2 : 2 + first], 2 + first
    count = first & 0x7F
    length = int.from_bytes(der[2 : 2 + count], "big")
    return der[2 + count : 2 + count + length], 2 + count + length


def _elements(content):
    found = []
    while content:
        size = _content(content)[1]
        found.append(content[:size])
        content = content[size:]
    return found
