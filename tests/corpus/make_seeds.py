#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets: small inputs of our own, good and bad, one folder for each target.

Run it from anywhere; it writes beside itself. Certificates and time-stamp queries come from the `openssl` program, with
fresh keys each time, so those files differ from run to run and are kept as they were first made (--all makes them anew).
Findings of the fuzzers are kept in the same folders, named after what they showed.
"""

import base64
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def keep(target, name, content, replace=True):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    path = folder / name
    if replace or not path.exists():
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def heads():
    good = "POST /r1/T/GOV/1/s/svc?x=%20 HTTP/1.1\r\nHost: a.example:8080\r\nX-Road-Client: T/GOV/2/c\r\n"
    keep("http_request", "length", good + "Content-Length: 5\r\n\r\nhello")
    keep("http_request", "chunked", good + "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n")
    keep("http_request", "both", good + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    keep("http_request", "trailer", good + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Road-Client: a\r\n\r\n")
    keep("http_request", "folded", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n")
    keep("http_request", "expect", good + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    keep("http_response", "length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-hash-algorithm: SHA-512\r\n\r\nok")
    keep("http_response", "close", "HTTP/1.1 500 \r\nConnection: close\r\n\r\n")
    keep("http_response", "continue", "HTTP/1.1 100 Continue\r\n\r\n")
    keep("url", "plain", "http://127.0.0.1:8080/a/b?c=d")
    keep("url", "tls", "https://[::1]/x")
    keep("url", "odd", "http://0x7f.1@b:99999/#f")


def identifiers():
    keep("identifiers", "client", "ZA-WC/GOV/HOME/people")
    keep("identifiers", "escaped", "ZA/G%C3%96V/a%20b/c+d")
    keep("identifiers", "bad", "ZA/GOV/%2F/%zz")
    keep("identifiers", "target", "/r1/ZA/GOV/1/s/svc/a/b%20c?d=e")
    keep("service_path", "plain", "/a/*/c\n/a/b/c")
    keep("service_path", "stars", "/**/x\\*\n/%41/b/x*")
    keep("service_path", "dots", "**\n/a/%2e%2e/b")
    keep("service_path", "slash", "/*\n/a%2fb")


def envelopes():
    head = ('<c:client i:objectType="MEMBER"><i:xRoadInstance>T</i:xRoadInstance><i:memberClass>G</i:memberClass>'
            '<i:memberCode>1</i:memberCode></c:client><c:service i:objectType="SERVICE"><i:xRoadInstance>T</i:xRoadInstance>'
            '<i:memberClass>G</i:memberClass><i:memberCode>2</i:memberCode><i:serviceCode>s</i:serviceCode></c:service>')
    more = "<c:id>1</c:id><c:protocolVersion>4.0</c:protocolVersion>"

    def envelope(header, body, declaration=""):
        return (declaration + '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://x-road.eu/xsd/xroad.xsd"'
                f' xmlns:i="http://x-road.eu/xsd/identifiers"><e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>')

    keep("soap_envelope", "plain", envelope(head + more, "<s><serviceCode>a</serviceCode></s>"))
    keep("soap_envelope", "own_hash", envelope("<c:requestHash/>" + head + more, "<sResponse/>"))
    keep("soap_envelope", "own_prefix", envelope(head + more.replace("<c:id>", '<i:id xmlns:i="http://x-road.eu/xsd/xroad.xsd">')
                                                 .replace("</c:id>", "</i:id>"), "<s/>"))
    keep("soap_envelope", "default_space", envelope(head + more.replace("<c:id>", '<id xmlns="http://x-road.eu/xsd/xroad.xsd">')
                                                    .replace("</c:id>", "</id>"), "<s/>"))
    keep("soap_envelope", "marked", "\ufeff" + envelope(head + more, "<!-- c --><s/>"))
    keep("soap_envelope", "latin", envelope(head + more + "<c:issue>\u00f5</c:issue>", "<s/>",
                                            "<?xml version='1.0' encoding='ISO-8859-1'?>").encode("iso-8859-1"))
    keep("soap_envelope", "wide", ("\ufeff" + envelope(head + more, "<s/>")).encode("utf-16-le"))
    keep("soap_envelope", "fault", envelope("", "<e:Fault><faultcode>a</faultcode><detail><faultDetail>b</faultDetail></detail></e:Fault>"))
    keep("soap_envelope", "party", envelope(head + more + '<r:representedParty xmlns:r="http://x-road.eu/xsd/representation.xsd">'
                                            "<r:partyCode>7</r:partyCode></r:representedParty>", "<s/>"))


def messages():
    part = "POST\r\n/r1/T/GOV/1/s/svc/a?b=c\r\nAccept:*/*\r\nX-Road-Client:T/GOV/2/c\r\nx-road-request-id:u\r\nx-road-id:i\r\n"
    keep("rest_parts", "request", part)
    keep("rest_parts", "response", "200\r\nOK\r\nContent-Type:a/b\r\nx-road-id:i\r\nx-road-client:T/GOV/2/c\r\n"
         "x-road-service:T/GOV/1/s/svc\r\nx-road-request-id:u\r\nx-road-request-hash:" + base64.b64encode(bytes(64)).decode() + "\r\n")
    keep("rest_parts", "empty_line", part + "\r\n")
    keep("mime", "two_parts", "--b\r\ncontent-type: text/plain\r\n\r\nhello\r\n--b\r\nA: c\r\nD: e\r\n\r\n\r\n\r\n--b--\r\n")
    keep("mime", "line_feeds", "--b\nA: c\n\n--b--\n")
    keep("mime", "headers_only", "--b\r\nExpire-date: x\r\nVersion: 6\r\n\r\n--b\r\nA: c\r\n\r\nx\r\n--b--\r\n")
    keep("mime", "near_miss", "--b\r\n\r\n--bb\r\n--c\r\r\n--b\r\n\r\n--b-\r\n--b--\r\n")
    keep("fault_document", "fault", '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
         "<e:Body><e:Fault><faultcode>server.x</faultcode><faultstring>t</faultstring><faultactor/>"
         "<detail><faultDetail>d</faultDetail></detail></e:Fault></e:Body></e:Envelope>")
    keep("fault_document", "no_fault", '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><a/></e:Body></e:Envelope>')
    keep("text", "base64", "aGVsbG8=")
    keep("text", "time", "2026-02-02T10:15:30.123+02:00")
    keep("text", "hex", "00ffA0")


def transport():
    part = "GET\r\n/r1/T/GOV/1/s/svc\r\nX-Road-Client:T/GOV/2/c\r\nx-road-request-id:u\r\nx-road-id:i\r\n"
    ocsp = bytes.fromhex("30030a0106")

    def multipart(*parts):
        octets = b"".join((b"\r\n" if n else b"") + b"--b\r\ncontent-type: " + kind.encode() + b"\r\n\r\n" +
                          (body.encode() if isinstance(body, str) else body) for n, (kind, body) in enumerate(parts))
        return octets + b"\r\n--b--\r\n"

    request, body = ("application/x-road-rest-request", part), ("application/x-road-rest-body", "hello")
    signature = ("signature/bdoc-1.0/ts", "<a/>")
    keep("transport", "request", multipart(("application/ocsp-response", ocsp), request, body, signature))
    keep("transport", "chain", multipart(request, body, ("application/hash-chain-result", "<r/>"),
                                         ("application/hash-chain", "<c/>"), signature))
    keep("transport", "behind_signature", multipart(request, signature, body))
    keep("transport", "fault", multipart(("text/xml; charset=UTF-8", (HERE / "fault_document/fault").read_bytes())))
    keep("transport", "nested", multipart(("text/xml", "<a/>"), ("multipart/mixed; boundary=c", "\r\n--c\r\n\r\nx\r\n--c--\r\n")))
    client = "".join(f"<i:{name}>T</i:{name}>" for name in ("xRoadInstance", "memberClass", "memberCode", "subsystemCode"))
    envelope = ('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:x="http://x-road.eu/xsd/xroad.xsd" '
                'xmlns:i="http://x-road.eu/xsd/identifiers"><e:Header>'
                f'<x:client i:objectType="SUBSYSTEM">{client}</x:client>'
                f'<x:service i:objectType="SERVICE">{client}<i:serviceCode>g</i:serviceCode></x:service>'
                "<x:id>1</x:id><x:protocolVersion>4.0</x:protocolVersion></e:Header><e:Body><g/></e:Body></e:Envelope>")
    attached = ("multipart/mixed; boundary=c", "\r\n--c\r\ncontent-type: a/b\r\nContent-ID: <1>\r\n\r\nx\r\n"
                "--c\r\ncontent-type: a/b\r\n\r\n\r\n--c--\r\n")
    keep("transport", "soap", multipart(("application/ocsp-response", ocsp), ("text/xml", envelope), signature))
    keep("transport", "soap_with_attachments", multipart(("text/xml", envelope), attached, signature))


def related():
    soap = b"--b\r\nContent-Type: text/xml; charset=UTF-8\r\nContent-ID: <soap>\r\n\r\n<e/>\r\n"
    one = b"--b\r\nContent-Type: a/b\r\nX-Folded: a\r\n b\r\nContent-Transfer-Encoding: base64\r\n\r\nAA==\r\n"
    inner = (b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: a/1\r\n\r\n1\r\n"
             b"--c\r\nContent-Type: a/2\r\n\r\n\r\n--c--\r\n\r\n")
    keep("related", "alone", soap + b"--b--\r\n")
    keep("related", "attachments", soap + one + b"--b\r\nContent-Type: c/d\r\n\r\n\x00\x01\r\n--b--\r\n")
    keep("related", "nested", soap + inner + one + b"--b--")
    keep("related", "line_feeds", (b"preamble\n" + soap + one + b"--b--\nepilogue").replace(b"\r\n", b"\n"))
    keep("related", "cut", soap + one[:-9])
    keep("related", "no_part", b"--b--\r\n")
    keep("related", "no_type", soap + b"--b\r\nX: y\r\n\r\n--b--\r\n")


def documents():
    keep("xml", "namespaces", '<a:r xmlns:a="urn:a" xmlns="urn:b" a:x="1" y="&#13;&amp;"><c xmlns:a="urn:c"/>t<!-- n --><?p q?></a:r>')
    keep("xml", "doctype", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    keep("xml", "latin", '<?xml version="1.0" encoding="ISO-8859-1"?><a/>')
    digest = base64.b64encode(bytes(range(64))).decode()
    result = ('<h:HashChainResult xmlns:h="http://cyber.ee/hashchain" xmlns="http://www.w3.org/2000/09/xmldsig#" '
              'URI="/sig-hashchain.xml#STEP0"><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>'
              f"<DigestValue>{digest}</DigestValue></h:HashChainResult>")
    steps = "".join(f'<h:HashStep id="STEP{n}"><h:StepRef URI="#STEP{n + 1}"/><h:HashValue><DigestValue>{digest}</DigestValue>'
                    "</h:HashValue></h:HashStep>" for n in range(2))
    chain = ('<h:HashChain xmlns:h="http://cyber.ee/hashchain" xmlns="http://www.w3.org/2000/09/xmldsig#">'
             '<h:DefaultDigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/>' + steps +
             f'<h:HashStep id="STEP2"><h:DataRef URI="/message.xml"><DigestValue>{digest}</DigestValue></h:DataRef>'
             f'<h:DataRef URI="/attachment1"><DigestValue>{digest}</DigestValue></h:DataRef></h:HashStep></h:HashChain>')
    keep("hash_chain", "chain", chain)
    keep("hash_chain", "result", result)
    keep("hash_chain", "both", result + "\0" + chain)
    keep("hash_chain", "cycle", result + "\0" + chain.replace("#STEP2", "#STEP0"))
    keep("signature", "skeleton", '<?xml version="1.0"?><asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" '
         'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xades="http://uri.etsi.org/01903/v1.3.2#">'
         '<ds:Signature Id="signature"><ds:SignedInfo><ds:CanonicalizationMethod '
         'Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/><ds:SignatureMethod '
         'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"/><ds:Reference URI="/message.xml"><ds:DigestMethod '
         f'Algorithm="http://www.w3.org/2001/04/xmlenc#sha512"/><ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>'
         f"</ds:SignedInfo><ds:SignatureValue>{digest}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>AA==</ds:X509Certificate>"
         '</ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties Target="#signature"/></ds:Object></ds:Signature></asic:XAdESSignatures>')
    keep("configuration", "directory",
         "Content-Type: multipart/related; charset=UTF-8; boundary=o\r\n\r\n--o\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n"
         "--i\r\nExpire-date: 2026-01-01T12:10:00Z\r\nVersion: 6\r\n\r\n--i\r\nContent-type: application/octet-stream\r\n"
         "Content-transfer-encoding: base64\r\nContent-identifier: SHARED-PARAMETERS; instance='T'\r\nContent-location: /V6/s.xml\r\n"
         f"Hash-algorithm-id: http://www.w3.org/2001/04/xmlenc#sha512\r\n\r\n{digest}\r\n--i--\r\n\r\n--o\r\n"
         "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
         "Signature-Algorithm-Id: http://www.w3.org/2001/04/xmldsig-more#rsa-sha512\r\n"
         f'Verification-certificate-hash: {digest}; hash-algorithm-id="http://www.w3.org/2001/04/xmlenc#sha512"\r\n\r\n{digest}\r\n--o--\r\n')
    keep("configuration", "anchor", '<x:configurationAnchor xmlns:x="http://x-road.eu/xsd/xroad.xsd"><generatedAt>2026-01-01T11:00:00.000Z'
         "</generatedAt><instanceIdentifier>T</instanceIdentifier><source><downloadURL>http://a/internalconf</downloadURL>"
         "<verificationCert>AAAA</verificationCert></source></x:configurationAnchor>")
    keep("configuration", "shared", '<x:conf xmlns:x="http://x-road.eu/xsd/xroad.xsd"><instanceIdentifier>T</instanceIdentifier>'
         "<source><address>a</address><internalVerificationCert>AAAA</internalVerificationCert></source>"
         '<member id="id0"><memberClass><code>GOV</code><description>G</description></memberClass><memberCode>1</memberCode>'
         '<name>N</name><subsystem id="id1"><subsystemCode>s</subsystemCode></subsystem></member><securityServer><owner>id0</owner>'
         "<serverCode>ss</serverCode><address>a</address><client>id1</client></securityServer>"
         "<globalSettings><ocspFreshnessSeconds>3600</ocspFreshnessSeconds></globalSettings></x:conf>")
    keep("configuration", "fetch_interval", '<x:conf xmlns:x="http://x-road.eu/xsd/xroad.xsd"><ocspFetchInterval>60</ocspFetchInterval></x:conf>')


def containers():
    def packed(entries, method):
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", method) as writer:
            for name, content in entries:
                writer.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
        return target.getvalue()

    kind = "application/vnd.etsi.asic-e+zip"
    entries = [("mimetype", kind), ("message.xml", "GET\r\n/r1/T/GOV/1/s/svc\r\nX-Road-Client:T/GOV/2/c\r\nx-road-id:i\r\n"),
               ("META-INF/signatures.xml", "<a/>")]
    keep("container", "stored", packed(entries, zipfile.ZIP_STORED))
    keep("container", "deflated", packed(entries, zipfile.ZIP_DEFLATED))
    keep("container", "name_outside", packed([("../x", "y")], zipfile.ZIP_STORED))
    keep("container", "many_zeros", packed([("mimetype", kind), ("message.xml", bytes(100_000))], zipfile.ZIP_DEFLATED))


def number(value):
    octets = bytearray()
    while value >= 0x80:
        octets.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(octets + bytes([value]))


def records():
    """Packs of the message log; the 15 octets before each say what its row would say."""
    def text(octets):
        return number(len(octets)) + octets

    at = 1_795_000_000_000
    ids = b"an id" + b"6a60c558-16f1-40f0-8450-7caefeed3225"
    lengths = number(5) + number(36)

    def record(flags, later, texts, middle=b""):
        marks = number(flags) + number(later) + number(3) + lengths
        if flags & 4:
            marks += number(len(texts[0]))
        rest = texts[1:] if flags & 4 else texts
        return marks + middle + b"".join(number(len(t)) for t in rest), ids + b"".join(texts)

    def pack_of(*records):
        marks, texts = (b"".join(column) for column in zip(*records))
        return (len(marks) + 4).to_bytes(4, "big") + marks + texts

    plain = record(1, at * 2, [b"200\r\nOK\r\n"])
    refused = record(2 | 4, 0, [b"access_denied", b"POST\r\n/r1/x\r\n"])
    holder = record(8 | 16 | 32 | 64 | 128, 0, [b"GET\r\n", b"a body"],
                    number(0) + text(b"\x01\x01\x00") + text(b"\x00<r/>") + text(b"\x00<c/>"))
    other = record(8 | 64, 3, [b"GET\r\n"], number(1) + text(b"\x00<c/>"))
    in_file = record(256, 1, [b"PUT\r\n"], number(17))

    def row(accepted, pressed=0):
        return bytes([5, *accepted]) + pressed.to_bytes(2, "big") + at.to_bytes(8, "big")

    pack = pack_of(plain, refused, holder, other, in_file)
    keep("record", "five", row([3, 1, 0, 0]) + pack)
    keep("record", "four_of_five", row([3, 1, 0, 0]) + pack_of(plain, refused, holder, other))
    keep("record", "counts_others", row([4, 1, 0, 0]) + pack)
    keep("record", "left_over", row([3, 1, 0, 0]) + pack + b"x")
    keep("record", "no_holder", row([3, 1, 0, 0]) + pack_of(plain, refused, other, holder, in_file))

    def parts(*each):
        return number(len(each)) + b"".join(number(size << 1 | kept) + digest for size, kept, digest in each)

    digest = b"d" * 64
    together = record(1 | 128 | 512, at * 2, [b"<e/>", b"onethree"], parts((3, 1, b""), (0, 1, b""), (5, 1, b"")))
    one_left_out = record(128 | 512, 0, [b"<e/>", b"two"], parts((1 << 30, 0, digest), (3, 1, b"")))
    beside = record(256 | 512, 0, [b"<e/>"], number(17) + parts((1 << 30, 1, digest), (7, 0, digest)))
    none_kept = record(512, 0, [b"<e/>"], parts((9, 0, digest)))
    too_short = record(128 | 512, 0, [b"<e/>", b"two"], parts((4, 1, b"")))
    keep("record", "attachments", bytes([4, 3, 1, 0, 0, 0, 0]) + at.to_bytes(8, "big")
         + pack_of(together, one_left_out, beside, none_kept))
    keep("record", "attachments_too_short", bytes([1, 1, 0, 0, 0, 0, 0]) + bytes(8) + pack_of(too_short))

    # Frames of zstd: one block that holds its octets as they are, and one octet that stands for 65,535.
    raw = b"\x28\xb5\x2f\xfd\x60" + (len(pack) - 256).to_bytes(2, "little") + (len(pack) << 3 | 1).to_bytes(3, "little")
    keep("record", "pressed", row([3, 1, 0, 0], len(pack)) + raw + pack)
    bomb = b"\x28\xb5\x2f\xfd\x60" + (65_535 - 256).to_bytes(2, "little") + (65_535 << 3 | 3).to_bytes(3, "little")
    keep("record", "pressed_bomb", row([3, 1, 0, 0], 65_535) + bomb + b"a")


def openssl_made(replace):
    with tempfile.TemporaryDirectory() as folder:
        def openssl(*arguments):
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem",
                "-subj", "/CN=Seed CA/O=Seed", "-days", "36500", "-out", "c.pem", "-addext", "keyUsage=nonRepudiation")
        openssl("x509", "-in", "c.pem", "-outform", "DER", "-out", "c.der")
        openssl("req", "-new", "-key", "k.pem", "-subj", "/C=ZA/CN=Seed", "-outform", "DER", "-out", "r.der")
        openssl("pkey", "-in", "k.pem", "-pubout", "-outform", "DER", "-out", "p.der")
        openssl("ocsp", "-issuer", "c.pem", "-cert", "c.pem", "-no_nonce", "-reqout", "q.der")
        (Path(folder) / "index.txt").write_text("")
        openssl("ocsp", "-index", "index.txt", "-CA", "c.pem", "-rsigner", "c.pem", "-rkey", "k.pem", "-reqin", "q.der",
                "-respout", "a.der")
        openssl("ts", "-query", "-digest", "00" * 64, "-sha512", "-cert", "-out", "t.tsq")
        for target, files in {"certificate": ["c.der", "c.pem", "r.der", "p.der"], "ocsp": ["q.der", "a.der"],
                              "timestamp": ["t.tsq"]}.items():
            for file in files:
                keep(target, file, (Path(folder) / file).read_bytes(), replace)


def operators_files():
    keep("server_file", "whole", """[server]
id = "T/GOV/1/ss1"
data = "."
threads = 2
pooled_connections = true
[listen]
inside = "127.0.0.1"
outside = "127.0.0.2"
http = 8080
[health]
address = "127.0.0.1"
port = 5588
[registry]
anchor = "anchor.xml"
refresh_s = 60
[keys]
pin_file = "pin"
[message_log]
folder = "messages"
body_limit = 10485760
[log]
level = "info"
format = "json"
""")
    keep("server_file", "wrong", '[server]\nid = "T/GOV"\nthreads = -1\n[listn]\ninside = "here"\n')
    keep("declared_state", "whole", """[[client]]
id = "T/GOV/1/people"
connection = "https-no-authentication"
[[client.service]]
code = "register"
type = "openapi"
url = "https://10.0.1.7/api"
timeout_s = 60
verify_certificate = false
disabled = "Back on Monday"
[[client.right]]
to = "T/GOV/2/admission"
service = "register"
method = "GET"
path = "/persons/*"
[[client.right]]
to = "group:T/schools"
service = "register"
[[client.group]]
code = "schools"
description = "Schools that may ask"
members = ["T/GOV/2/admission"]
""")
    keep("declared_state", "described", """[[client]]
id = "T/GOV/1/grants"
[[client.description]]
type = "wsdl"
url = "http://10.0.1.7/grants?wsdl"
disabled = "Out of order"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
read_at = "2026-02-02T10:15:30.000Z"
[[client.description]]
type = "openapi"
url = "http://10.0.1.7/openapi.yaml"
code = "pets"
disabled = false
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
[[client.service]]
code = "apply"
version = "v1"
description = "http://10.0.1.7/grants?wsdl"
title = "Apply"
url = "https://10.0.1.7/grants"
verify_certificate = false
[[client.service]]
code = "pets"
description = "http://10.0.1.7/openapi.yaml"
url = "http://10.0.1.7/v1"
endpoints = ["* /by/**"]
generated_endpoints = ["GET /pets/*"]
[[client.right]]
to = "T/GOV/2/admission"
service = "apply"
""")
    keep("declared_state", "twice", '[[client]]\nid = "T/GOV/1/a"\n[[client]]\nid = "T/GOV/1/a"\n')
    keep("registry_state", "whole", """instance = "T"
time_stamping_interval_seconds = 60
ocsp_freshness_seconds = 900
[publication]
every_seconds = 5
valid_seconds = 50
[management]
provider = "GOV/1/MANAGEMENT"
[classes]
GOV = "Government"
[[members]]
class = "GOV"
code = "1"
name = "One"
subsystems = ["MANAGEMENT", "people"]
[[servers]]
owner = "GOV/1"
code = "ss1"
address = "127.0.0.1"
certificates = []
clients = ["GOV/1/people"]
[[groups]]
code = "all"
description = "All"
members = ["GOV/1/people"]
""")
    keep("registry_state", "certificate_missing", '[[certification_services]]\nname = "CA"\ncertificate = "ca.pem"\n')
    keep("declaration", "whole", """database = "a.db"
port = 9002
title = "A"
[[endpoint]]
path = "/persons/{id}/{since}"
result = "many"
limit = 5
sql = "SELECT a, b FROM t WHERE a = :id AND b > :since"
columns = [{ column = "a", nullable = false }, { column = "b", json = "c", type = "date" }]
parameters.id = { type = "string", pattern = "[0-9]{13}(-(a|b)*)?", max_length = 20 }
parameters.since = { type = "date" }
""")
    keep("declaration", "patterns", """database = "a.db"
title = "A"
[[endpoint]]
path = "/a"
sql = "SELECT :x"
columns = [{ column = "x" }]
parameters.x = { type = "string", pattern = "^(\\\\d+|[^a-z&&[x]])*(?=b)$" }
""")


def small_doors():
    digest = "00112233445566778899aabbccddeeff00112233"
    keep("adapter_request", "get", "/persons/100")
    keep("adapter_request", "post", '/persons\n{"name":"Anna","since":"2000-01-01","old":true,"least":3}')
    keep("adapter_request", "wrong", '/persons?least=1000&least=%zz\n{"name":7,"since":"2000-02-30","more":[[[]]]}')
    for verb in ("status", "state.show", "key.list", "internal_tls.show", "peer.call"):
        keep("administration", verb, '{"do":"' + verb + '","address":"127.0.0.1"}')
    keep("administration", "compare", '{"do":"state.compare","state":"[[client]]\\nid = \\"T/GOV/1/a\\"\\n"}')
    keep("administration", "change", '{"do":"state.change","change":{"kind":"client.add","client":"T/GOV/1/a"}}')
    keep("administration", "group", '{"do":"state.change","change":{"kind":"group.join","client":"T/GOV/1/a",'
         '"group":"g","members":["T/GOV/1/b"]}}')
    keep("administration", "csr", '{"do":"key.csr","key":"x","profile":"basic","fields":{"C":"ZA"},"dns":"a.example"}')
    keep("administration", "refused", '{"ok":false,"code":"pin_incorrect","detail":"The PIN is wrong."}')
    keep("request_targets", "ocsp", f"/?cert={digest}&cert_hash=1&cert={digest}")
    keep("request_targets", "configuration", "/internalconf?version=6&version=2")
    keep("request_targets", "content", "/V6/20260101/shared-params.xml")
    keep("request_targets", "outside", "/V6/..%2f../x?queryId=%zz+%41")
    keep("request_targets", "persons", "/persons/a%20b/children/%C3%96?a=1&b=x+y")
    keep("inspect", "identifier", 'identifier\n{"id":1,"data":"WkEvR09WLzEvcw==","with":{"form":"header"}}\n')
    keep("inspect", "mime", 'mime\n{"id":"x","data":"' + base64.b64encode(b"--b\r\n\r\nx\r\n--b--\r\n").decode()
         + '","with":{"boundary":"b"}}\nno json\n')
    keep("inspect", "http_head", 'http_head\n{"data":"' + base64.b64encode(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").decode()
         + '","with":{"kind":"request"}}\n{"data":7}\n')


def recorded():
    keep("message_facts", "rest", (HERE / "rest_parts/request").read_bytes())
    keep("message_facts", "soap", '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
         'xmlns:x="http://x-road.eu/xsd/xroad.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"><s:Header>'
         '<x:client id:objectType="SUBSYSTEM"><id:xRoadInstance>T</id:xRoadInstance><id:memberClass>GOV</id:memberClass>'
         "<id:memberCode>2</id:memberCode><id:subsystemCode>c</id:subsystemCode></x:client>"
         '<x:service id:objectType="SERVICE"><id:xRoadInstance>T</id:xRoadInstance><id:memberClass>GOV</id:memberClass>'
         "<id:memberCode>1</id:memberCode><id:subsystemCode>s</id:subsystemCode><id:serviceCode>svc</id:serviceCode></x:service>"
         "<x:userId>u</x:userId><x:id>i</x:id><x:protocolVersion>4.0</x:protocolVersion></s:Header>"
         "<s:Body><svc/></s:Body></s:Envelope>")
    keep("chain_scan", "two_of_three", b"\x02\x01")
    keep("chain_scan", "alone", b"\x00\x00")
    keep("chain_scan", "many", b"\x27\x26")
    for name in ("chain", "both", "cycle"):
        keep("chain_scan", name, (HERE / "hash_chain" / name).read_bytes())
    # Edits of a valid message: document, place, octets that go, octets that come.
    keep("signature_memory", "digest", b"\x00\x02\xc0\x01\x01A")
    keep("signature_memory", "line_in_certificate", b"\x00\x06\x00\x00\x06&#13;\n")
    keep("signature_memory", "result", b"\x01\x01\x20\x01\x01B")
    keep("signature_memory", "chain", b"\x02\x01\x40\x01\x01C")
    keep("signature_memory", "blank_in_chain", b"\x02\x01\x00\x00\x01 ")
    keep("signature_memory", "all_three", b"\x00\x04\x00\x05\x00\x01\x00\x10\x00\x02==\x02\x00\x99\x02\x03<a>")


def descriptions():
    binding = ('<binding name="b" type="t:p"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>'
               '<operation name="apply"><x:version>v1</x:version></operation></binding>')
    wsdl = ('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" '
            'xmlns:t="urn:t" xmlns:x="http://x-road.eu/xsd/xroad.xsd"><portType name="p"><operation name="apply">'
            "<documentation><x:title>Apply</x:title></documentation></operation></portType>" + binding +
            '<service name="s"><port binding="t:b"><soap:address location="http://10.0.0.1/a"/></port></service></definitions>')
    keep("wsdl", "whole", wsdl)
    keep("wsdl", "newer", wsdl.replace("wsdl/soap/", "wsdl/soap12/"))
    keep("wsdl", "look_alikes", wsdl.replace("<soap:address", "<!-- <soap:address location='b'/> --><![CDATA[<soap:address"
         " location='c'/>]]><soap:address\n\tb='>'\n location = 'd' x:location='e'><y xmlns:soap='urn:y'/></soap:address><soap:address"))
    keep("wsdl", "reference_in_namespace", '<address xmlns="http:&#x2f;/schemas.xmlsoap.org/wsdl/soap/" location="a"/>')
    keep("wsdl", "latin", b'<?xml version="1.0" encoding="ISO-8859-1"?>' + wsdl.replace("Apply", "\u00e4").encode("latin-1"))
    keep("wsdl", "wide", ("\ufeff" + wsdl).encode("utf-16-le"))
    keep("openapi", "json", 'j{"openapi":"3.0.0","info":{"title":"T\\u00e4"},"servers":[{"url":"https:\\/\\/h/a"}],'
         '"paths":{"/a/{b}":{"get":{"parameters":[{"in":"path","name":"b"}]}}},"x":[1,-2e3,null,true]}')
    keep("openapi", "yaml", """y%YAML 1.1
---
openapi: "3.1.0"
info: {title: 'T'}   # a
servers:
  - url: &u !!str https://h/a
  - url: >-
      https://h/b
  - {url: *u, x: "\\u00e4"}
paths:
  /a/{b}.{c}:
    <<: &m {put: {}}
    get:
      parameters: [{$ref: '#/components/parameters/b'}]
      servers: [{"url":"https://h"}]
components: {parameters: {b: {in: path, name: b}}}
...
""")
    keep("openapi", "laughs", "ya: &a [b, b]\nc: &c [*a, *a]\nd: [*c, *c, {<<: [*c]}]\n")
    keep("openapi", "itself", "ya: &a {b: [*a]}\n")
    keep("openapi", "wide_breaks", "yopenapi: 3.0.0\nservers: [{url: &a\u2028 'http://h/a'}, {url: !!str\u0085\"http://h\"}]\n")


heads()
identifiers()
messages()
envelopes()
transport()
related()
documents()
containers()
operators_files()
small_doors()
recorded()
records()
descriptions()
openssl_made("--all" in sys.argv)
