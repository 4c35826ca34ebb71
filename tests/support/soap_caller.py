"""A SOAP caller of few parts: envelopes written by hand, multipart bodies, and answers as octets. Nothing here interprets
what a server says beyond what a test asks for."""

import http.client
import re
import xml.etree.ElementTree as xml

SOAP, XROAD, IDENTIFIERS = ("http://schemas.xmlsoap.org/soap/envelope/", "http://x-road.eu/xsd/xroad.xsd",
                            "http://x-road.eu/xsd/identifiers")
PARTS_OF_SERVICE = ("xRoadInstance", "memberClass", "memberCode", "subsystemCode", "serviceCode", "serviceVersion")
BOUNDARY = "parts-of-a-test"


def identifier(element, kind, text, names=PARTS_OF_SERVICE):
    """`xrd:ELEMENT` for an identifier in slash form."""
    inner = "".join(f"<id:{name}>{value}</id:{name}>" for name, value in zip(names, text.split("/")))
    return f'<xrd:{element} id:objectType="{kind}">{inner}</xrd:{element}>'


def envelope(client, service, body, message_id="1", *, server=None, user_id=None, issue=None, more=""):
    """A request as octets. `service` ends in code, or code and version; `body` is XML."""
    header = identifier("client", "SUBSYSTEM", client) + "\n" + identifier("service", "SERVICE", service) + "\n"
    if server:
        header += identifier("securityServer", "SERVER", server, (*PARTS_OF_SERVICE[:3], "serverCode")) + "\n"
    for name, value in (("userId", user_id), ("issue", issue)):
        header += f"<xrd:{name}>{value}</xrd:{name}>\n" if value is not None else ""
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xrd="{XROAD}" '
            f'xmlns:id="{IDENTIFIERS}">\n<soapenv:Header>\n{header}<xrd:id>{message_id}</xrd:id>\n'
            f"<xrd:protocolVersion>4.0</xrd:protocolVersion>\n{more}</soapenv:Header>\n"
            f"<soapenv:Body>{body}</soapenv:Body>\n</soapenv:Envelope>\n").encode()


def metadata_body(code, inner=""):
    return f"<xrd:{code}>{inner}</xrd:{code}>"


def multipart(parts, *, root="text/xml"):
    """Content type and body of parts, (fields, octets) each."""
    body = b""
    for fields, content in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in fields)
        body += f"--{BOUNDARY}\r\n{head}\r\n".encode() + content + b"\r\n"
    return f'multipart/related; type="{root}"; boundary="{BOUNDARY}"', body + f"--{BOUNDARY}--\r\n".encode()


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def content_type(self):
        return self.fields.get("Content-Type", "")

    def parts(self):
        """(fields by small name, octets) of each part; of a body that is not multipart the one that it is."""
        boundary = re.match(r'multipart/.*boundary="?([^";]+)', self.content_type, re.I)
        if not boundary:
            return [({"content-type": self.content_type}, self.body)]
        pieces = (b"\r\n" + self.body).split(b"\r\n--" + boundary[1].encode())
        if pieces[0] or not pieces[-1].startswith(b"--"):
            raise ValueError(f"this multipart body does not begin or end as it should: {self.body[:200]!r}")
        found = []
        for piece in pieces[1:-1]:
            head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
            lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n"))
            found.append(({name.lower(): value.strip() for name, _, value in lines}, content))
        return found

    def envelope(self):
        return xml.fromstring(self.parts()[0][1])

    def fault(self):
        """Code, text and detail (octets between its tags) of a fault; None when there is none."""
        fault = self.envelope().find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
        if fault is None:
            return None
        detail = re.search(rb"<detail>(.*)</detail>", self.body, re.S)
        return fault.findtext("faultcode"), fault.findtext("faultstring"), detail[1] if detail else b""

    def header(self, name, space=XROAD):
        """The text of a header element; None when it is absent."""
        return self.envelope().findtext(f"{{{SOAP}}}Header/{{{space}}}{name}")

    def find(self, name):
        """The texts of all elements of a local name, in order."""
        return [element.text for element in self.envelope().iter() if element.tag.rpartition("}")[2] == name]

    def services(self):
        """(code, version or None) of each service that listMethods or allowedMethods names in the body."""
        listed = self.envelope().find(f"{{{SOAP}}}Body").iter(f"{{{XROAD}}}service")
        return [(one.findtext(f"{{{IDENTIFIERS}}}serviceCode"), one.findtext(f"{{{IDENTIFIERS}}}serviceVersion")) for one in listed]


def post(server, body, content_type="text/xml; charset=utf-8", *, path="/", fields=(), timeout=30):
    """One request of an information system to its security server, or to any server of that address and port."""
    line = http.client.HTTPConnection(server["address"], server["http_port"], timeout=timeout)
    try:
        line.request("POST", path, body, {"Content-Type": content_type, "SOAPAction": '""', **dict(fields)})
        answer = line.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        line.close()
