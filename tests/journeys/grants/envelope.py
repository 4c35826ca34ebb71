"""Envelopes and multipart bodies as the register reads and writes them."""

import re
import uuid
import xml.etree.ElementTree as xml

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
XROAD = "http://x-road.eu/xsd/xroad.xsd"
IDENTIFIERS = "http://x-road.eu/xsd/identifiers"
INCLUDE = "{http://www.w3.org/2004/08/xop/include}Include"
GRANTS = "http://grants.example.org/v1"
for prefix, space in (("soapenv", SOAP), ("xrd", XROAD), ("id", IDENTIFIERS), ("g", GRANTS)):
    xml.register_namespace(prefix, space)


class Problem(Exception):
    """What the register refuses: `code` for programs, the text for people, `about` names the operation or parameter."""

    def __init__(self, code, text, about=""):
        super().__init__(text)
        self.code, self.about = code, about


class Part:
    """One part of a multipart body, or a whole body: fields by small name, and octets."""

    def __init__(self, fields, content):
        self.fields, self.content = fields, content

    @property
    def content_type(self):
        return self.fields.get("content-type", "")


def parts_of(content_type, body):
    """The parts of a multipart body, in order; of any other body one, itself."""
    if not content_type.lower().startswith("multipart/"):
        return [Part({"content-type": content_type}, body)]
    boundary = re.search(r'boundary="?([^";]+)"?', content_type)
    if not boundary:
        raise Problem("MalformedMessage", "The content type names no boundary.", "Content-Type")
    delimiter = b"--" + boundary[1].strip().encode()
    pieces = (b"\r\n" + body).split(b"\r\n" + delimiter)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Problem("MalformedMessage", "The parts do not end with a closing boundary.", "Content-Type")
    return [part_of(piece) for piece in pieces[1:-1]]


def part_of(piece):
    head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    fields = {}
    for line in head.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return Part(fields, content)


class Request:
    """One request: the header elements as they came, the one element of the body, and the attachments."""

    def __init__(self, content_type, body):
        first, *self.attachments = parts_of(content_type, body)
        if b"<!DOCTYPE" in first.content:
            raise Problem("MalformedMessage", "A message has no document type.", "Envelope")
        try:
            envelope = xml.fromstring(first.content)
        except xml.ParseError as error:
            raise Problem("MalformedMessage", f"This is no XML: {error}.", "Envelope") from None
        header, body = envelope.find(f"{{{SOAP}}}Header"), envelope.find(f"{{{SOAP}}}Body")
        if envelope.tag != f"{{{SOAP}}}Envelope" or body is None or len(body) != 1:
            raise Problem("MalformedMessage", "A message is a SOAP 1.1 envelope whose body holds one element.", "Envelope")
        self.headers, self.operation = list(header if header is not None else ()), body[0]

    @property
    def version(self):
        """What the caller wrote as serviceVersion; None without."""
        for header in self.headers:
            if header.tag == f"{{{XROAD}}}service":
                return header.findtext(f"{{{IDENTIFIERS}}}serviceVersion")
        return None

    def parameter(self, name):
        element = self.operation.find(f"{{{GRANTS}}}{name}")
        if element is None or not (element.text or "").strip():
            raise Problem("MissingParameter", f"{local_name(self.operation)} needs {name}.", name)
        return element.text.strip()


def local_name(element):
    return element.tag.rpartition("}")[2]


def grants_element(name, text=None, children=()):
    element = xml.Element(f"{{{GRANTS}}}{name}")
    element.text = text
    element.extend(children)
    return element


def written(headers, content):
    """An envelope with the header elements of the request, as every service on the bus repeats them."""
    envelope = xml.Element(f"{{{SOAP}}}Envelope")
    if headers:
        xml.SubElement(envelope, f"{{{SOAP}}}Header").extend(headers)
    xml.SubElement(envelope, f"{{{SOAP}}}Body").append(content)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(envelope, encoding="utf-8")


def written_fault(problem):
    """The fault that says no: its code names whose fault it is, its detail says what a program needs."""
    fault = xml.Element(f"{{{SOAP}}}Fault")
    xml.SubElement(fault, "faultcode").text = f"soapenv:Client.{problem.code}"
    xml.SubElement(fault, "faultstring").text = str(problem)
    detail = grants_element("problem", None, [grants_element("code", problem.code), grants_element("about", problem.about)])
    xml.SubElement(fault, "detail").append(detail)
    return written((), fault)


def multipart(parts):
    """Content type and body of `parts`, (fields, octets) each; the first is the envelope."""
    boundary = f"grants-{uuid.uuid4().hex}"
    body = b""
    for fields, content in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        body += f"--{boundary}\r\n{head}\r\n".encode() + content + b"\r\n"
    return f'multipart/related; type="text/xml"; boundary="{boundary}"', body + f"--{boundary}--\r\n".encode()
