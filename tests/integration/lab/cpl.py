# SPDX-License-Identifier: GPL-3.0-or-later
"""Content Policy Language, as much of it as a policy for tunnels needs: a parser of
the grammar in the ProxySG Content Policy Language Guide, and what a policy says of
one CONNECT request. Whatever it does not know is an error.
"""
import ipaddress
import re

SPECIAL = "&|()<>[];!=\"'"  # must be quoted in a word
WORD = re.compile(r"[^\s" + re.escape(SPECIAL) + r"]+")
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
HOST_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")
# Which conditions and properties a layer knows: "Layers", "Condition Reference".
URL_CONDITIONS = ("url.host.exact.no_lookup", "url.host.exact", "url.address", "url.port")
LAYERS = {
    "Proxy": ("detect_protocol", "authenticate"),
    "SSL-Intercept": ("ssl.forward_proxy",),
}


class CplError(Exception):
    pass


class Policy:
    """properties: what each layer sets for a request, by {"Proxy": {...}, ...}."""

    def __init__(self, text):
        self.conditions = {}
        self.layers = []
        lines = _logical_lines(text)
        while lines:
            tokens = lines.pop(0)
            if _words(tokens)[:2] == ["define", "condition"]:
                self._define(_words(tokens)[2:], lines)
            elif tokens[0] == ("special", "<"):
                self.layers.append((_layer_type(tokens), []))
            elif self.layers:
                self.layers[-1][1].append(self._rule(tokens, self.layers[-1][0]))
            else:
                raise CplError(f"a rule outside of a layer: {tokens}")

    def properties(self, host, port):
        found = {}
        for layer, rules in self.layers:
            of_layer = found.setdefault(layer, {})
            for label, properties in rules:
                if self._matches(label, host, port):  # the first rule that matches
                    of_layer.update(properties)
                    break
        return found

    def _define(self, header, lines):
        label = _label(header)
        if label in self.conditions:
            raise CplError(f"defined twice: {label}")
        alternatives = []
        while lines:
            tokens = lines.pop(0)
            if tokens[0] == ("word", "end"):
                if _words(tokens)[1:] not in ([], ["condition", label]):
                    raise CplError(f"wrong end: {tokens}")
                if not alternatives:
                    raise CplError(f"an empty condition: {label}")
                self.conditions[label] = alternatives
                return
            alternatives.append([_test(one) for one in _expressions(tokens)])
        raise CplError(f"no end of condition {label}")

    def _rule(self, tokens, layer):
        expressions = _expressions(tokens)
        kind, name, label = expressions[0]
        if (kind, name) != ("=", "condition") or label not in self.conditions:
            raise CplError(f"no such condition: {expressions[0]}")
        properties = {}
        for kind, name, value in expressions[1:]:
            if kind != "()" or name not in LAYERS[layer] or value != "no":
                raise CplError(f"no property of <{layer}>: {name} {value}")
            properties[name] = value
        return label, properties

    def _matches(self, label, host, port):
        return any(
            all(_holds(test, host, port) for test in tests)
            for tests in self.conditions[label]
        )


def _logical_lines(text):
    """Each line's tokens, without comments; a "\\" at the end goes on below."""
    if not text.isascii() or not text.endswith("\n"):
        raise CplError("not ASCII text of whole lines")
    lines, tokens = [], []
    for line in text.splitlines():
        more, goes_on = _tokens(line)
        tokens += more
        if tokens and not goes_on:
            lines.append(tokens)
            tokens = []
    if tokens:
        raise CplError("ends in a continued line")
    return lines


def _tokens(line):
    found, at = [], 0
    while at < len(line):
        character = line[at]
        if character == ";":
            return found, False
        if line[at:] == "\\":
            return found, True
        if character in "\"'":
            end = line.find(character, at + 1)
            if end < 0:
                raise CplError(f"a quote without its end: {line!r}")
            found.append(("quoted", line[at + 1 : end]))
            at = end + 1
        elif character.isspace():
            at += 1
            found.append(("space", " "))
        elif character in SPECIAL:
            found.append(("special", character))
            at += 1
        else:
            word = WORD.match(line, at).group()
            found.append(("word", word))
            at += len(word)
    return _without_margins(found), False


def _without_margins(tokens):
    """Spaces only where they part two expressions: at most one, none at the ends."""
    kept = []
    for token in tokens:
        if token[0] != "space" or (kept and kept[-1][0] != "space"):
            kept.append(token)
    return kept[:-1] if kept and kept[-1][0] == "space" else kept


def _groups(tokens):
    group = []
    for token in tokens + [("space", " ")]:
        if token[0] != "space":
            group.append(token)
        elif group:
            yield group
            group = []


def _expressions(tokens):
    return [_expression(group) for group in _groups(tokens)]


def _expression(group):
    """name=value or name(value)"""
    kinds = "".join({"word": "w", "quoted": "q"}.get(kind, text) for kind, text in group)
    if kinds in ("w=w", "w=q"):
        return "=", group[0][1], group[2][1]
    if kinds == "w(w)":
        return "()", group[0][1], group[2][1]
    raise CplError(f"no expression: {group}")


def _test(expression):
    kind, name, value = expression
    if kind != "=" or name not in URL_CONDITIONS:
        raise CplError(f"no condition that both layers know: {expression}")
    if name == "url.port":
        if not 1 <= int(value) <= 65535:
            raise CplError(f"no port: {value}")
        return name, int(value)
    if name == "url.address":
        return name, ipaddress.ip_address(value)
    if not HOST_NAME.match(value):
        raise CplError(f"no host name: {value!r}")
    return name, value.lower()


def _holds(test, host, port):
    name, value = test
    if name == "url.port":
        return port == value
    if name == "url.address":
        try:
            return ipaddress.ip_address(host) == value
        except ValueError:
            return False
    return host.lower() == value


def _words(tokens):
    """The words of a line that has nothing but words; else none."""
    if any(kind not in ("word", "space") for kind, _ in tokens):
        return []
    return [text for kind, text in tokens if kind == "word"]


def _label(words):
    if len(words) != 1 or not LABEL.match(words[0]):
        raise CplError(f"no label: {words}")
    return words[0]


def _layer_type(tokens):
    """<Type> or <Type label>"""
    words = _words(tokens[1:-1])
    if tokens[-1] != ("special", ">") or not words or words[0] not in LAYERS:
        raise CplError(f"no layer: {tokens}")
    if len(words) > 1:
        _label(words[1:])
    return words[0]
