# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificates, made by the openssl command at run time.

Keys live in a temporary directory that goes with the lab. They are readable by
everybody, because a server that drops its privileges has to read them.
"""
import base64
import datetime
import os
import subprocess

SERVER_NAMES = ("localhost", "api.lab.test", "*.wild.lab.test")

# openssl ca is the one way to choose both dates that works in every 3.x.
AUTHORITY_CONFIGURATION = """
[ca]
default_ca = throwaway
[throwaway]
database = {folder}/index.txt
new_certs_dir = {folder}
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

    def make_key(self):
        parameters = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        openssl("genpkey", *parameters, "-out", self.key)
        os.chmod(self.key, 0o644)


class Authority(Identity):
    """A self-signed CA that can issue leaf certificates with any dates."""

    def __init__(self, directory, name, subject):
        super().__init__(directory, name)
        self.directory = directory
        self.folder = os.path.join(directory, name + ".ca")
        os.mkdir(self.folder)
        self.configuration = self._write("ca.cnf", self._configuration_text())
        self._write("index.txt", "")
        self.make_key()
        self._make_certificate(subject)

    def issue(self, name, subject, usage, names="", start=-1, end=30):
        """A leaf valid from start to end, both in days from now."""
        leaf = Identity(self.directory, name)
        leaf.make_key()
        request = os.path.join(self.folder, name + ".csr")
        self._request(leaf.key, subject, request)
        extensions = LEAF_EXTENSIONS.format(usage=usage, names=names)
        self._sign(
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

    def _make_certificate(self, subject):
        request = os.path.join(self.folder, "self.csr")
        self._request(self.key, subject, request)
        extensions = self._write("self.ext", CA_EXTENSIONS)
        files = ("-selfsign", "-in", request, "-out", self.certificate)
        self._sign(files, extensions, -30, 300)

    def _sign(self, files, extensions, start, end):
        signer = ("-keyfile", self.key)
        if "-selfsign" not in files:
            signer += ("-cert", self.certificate)
        dates = ("-startdate", days_from_now(start), "-enddate", days_from_now(end))
        options = ("-batch", "-notext", "-extfile", extensions)
        openssl("ca", "-config", self.configuration, *signer, *files, *dates, *options)


class Pki:
    """Every certificate of the lab, as attributes and by name."""

    def __init__(self, directory):
        self.directory = directory
        os.chmod(directory, 0o755)
        self._make_authorities()
        self._make_clients()
        self._make_servers()
        self.all_authorities = self._bundle(
            "all-authorities.crt", self.server_ca, self.interception_ca
        )

    def path(self, name):
        return os.path.join(self.directory, name)

    def client(self, name):
        """The client identity called good, other-ca, expired ...; None for none."""
        return None if name == "none" else self.clients[name]

    def _authority(self, name, common_name):
        return Authority(self.directory, name, f"/O=Lab/CN={common_name}")

    def _make_authorities(self):
        self.client_ca = self._authority("client-ca", "Lab Client CA")
        self.other_client_ca = self._authority("other-client-ca", "Another Client CA")
        self.server_ca = self._authority("server-ca", "Lab Server CA")
        self.untrusted_ca = self._authority("untrusted-ca", "Untrusted Server CA")
        self.interception_ca = self._authority("interception-ca", "Lab Interception CA")

    def _make_clients(self):
        good, other = self.client_ca, self.other_client_ca
        self.clients = {
            "good": self._client(good, "good"),
            "other-ca": self._client(other, "other-ca"),
            "expired": self._client(good, "expired", start=-20, end=-2),
            "not-yet-valid": self._client(good, "not-yet-valid", start=2, end=20),
            "wrong-usage": self._client(good, "wrong-usage", usage="serverAuth"),
        }
        self._encrypt_key(self.clients["good"])

    def _client(self, authority, name, usage="clientAuth", **dates):
        subject = f"/O=Lab/CN=client {name}"
        return authority.issue("client-" + name, subject, usage, **dates)

    def _encrypt_key(self, identity):
        self.encrypted_key = self.path("client-encrypted.key")
        self.key_password = self.path("client-encrypted.password")
        with open(self.key_password, "w", encoding="ascii") as file:
            file.write("correct horse\n")
        openssl(
            *("pkcs8", "-topk8", "-v2", "aes256", "-in", identity.key),
            *("-passout", "file:" + self.key_password, "-out", self.encrypted_key),
        )

    def _make_servers(self):
        here = ["IP:127.0.0.1", "IP:::1"] + ["DNS:" + name for name in SERVER_NAMES]
        right, wrong = ",".join(here), "DNS:elsewhere.lab.test"
        ours, untrusted = self.server_ca, self.untrusted_ca
        self.servers = {
            "good": self._server(ours, "good", right),
            "expired": self._server(ours, "expired", right, start=-20, end=-2),
            "not-yet-valid": self._server(
                ours, "not-yet-valid", right, start=2, end=20
            ),
            "wrong-name": self._server(ours, "wrong-name", wrong),
            "untrusted": self._server(untrusted, "untrusted", right),
            "interceptor": self._server(self.interception_ca, "interceptor", right),
        }

    def _server(self, authority, name, names, **dates):
        subject = f"/O=Lab/CN=server {name}"
        alternative = "subjectAltName = " + names
        return authority.issue(
            "server-" + name, subject, "serverAuth", alternative, **dates
        )

    def _bundle(self, name, *authorities):
        bundle = self.path(name)
        with open(bundle, "wb") as out:
            for authority in authorities:
                with open(authority.certificate, "rb") as file:
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
