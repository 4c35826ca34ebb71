"""The arithmetic behind the figures of `./dev bench`."""

import email
import sys
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]
import floors  # noqa: E402
import load  # noqa: E402
import processor  # noqa: E402
import shares  # noqa: E402
import soap  # noqa: E402


def run(case, chain, connections, rps, p50=100):
    return {"case": case, "chain": chain, "connections": connections, "rps": rps, "p50_us": p50, "p99_us": 2 * p50}


class Floors(unittest.TestCase):
    def test_a_median_is_of_one_case_chain_and_number_of_connections(self):
        found = floors.medians([run("rest-1k", "onceway", 64, rps) for rps in (10, 400, 30)]
                               + [run("rest-1k", "nginx", 64, 300), run("rest-1k", "onceway", 1, 5)])
        self.assertEqual([entry["rps"] for entry in found], [30, 300, 5])

    def test_a_ratio_needs_nginx_with_as_many_connections_and_ec_keys_share_the_yardstick(self):
        found = [run("rest-1k", "onceway", 64, 30), run("rest-1k", "nginx", 64, 300), run("rest-1k-ec", "onceway", 64, 60),
                 run("surge-1k", "onceway", 64, 31), run("rest-1k", "onceway", 1, 5)]
        self.assertEqual(floors.ratios(found), {"rest-1k/64": 0.1, "rest-1k-ec/64": 0.2})

    def test_speed_holds_at_the_floor_itself_and_not_below(self):
        primitives = {"rsa2048_sign_us": 300.0, "commit_4k_us": 200.0}
        for ours, waited, holds in ((100, 4500, [True, True]), (99, 4501, [False, False])):
            found = [run("rest-1k", "onceway", 64, ours), run("rest-1k", "nginx", 64, 1000),
                     run("rest-1k", "onceway", 1, 1, waited), run("rest-1k", "nginx", 1, 1, 100)]
            self.assertEqual([floor["ok"] for floor in floors.speed(found, primitives)], holds)

    def test_soap_is_held_against_the_rest_that_ran_in_turn_with_it(self):
        for rps, holds in ((77, True), (76, False)):
            found = [run("rest-1k", "onceway", 64, 500), run("rest-1k-beside", "onceway", 64, 100),
                     run("soap-1k", "onceway", 64, rps)]
            self.assertEqual(floors.of_rest(found), {"soap-1k/64": rps / 100})
            self.assertEqual([floor["ok"] for floor in floors.soap(floors.of_rest(found))], [holds])

    def test_records_are_told_for_each_commit_of_a_run(self):
        self.assertEqual(floors.per_commit((10, 10), (110, 20)), 10.0)
        self.assertEqual(floors.per_commit((10, 10), (10, 10)), 0.0)

    def test_an_overload_is_refused_early_clearly_and_for_the_right_reason(self):
        fine = {"rps": 800.0, "p99_us": 900_000, "refused": 5, "refused_p99_us": 1_000, "errors": 0, "overdue": 0,
                "whys": {"server.clientproxy.overloaded": 5}}
        self.assertTrue(all(floor["ok"] for floor in floors.overload(fine, 1000)))
        for change, broken in (({"rps": 799.0}, "overload/accepted_rps"), ({"p99_us": 1_000_001}, "overload/accepted_p99_us"),
                               ({"refused": 0}, "overload/refused"), ({"refused_p99_us": 250_001}, "overload/refusal_p99_us"),
                               ({"overdue": 1}, "overload/errors"),
                               ({"whys": {"server.clientproxy.timed_out": 5}}, "overload/unclear_refusals")):
            self.assertEqual([floor["name"] for floor in floors.overload(fine | change, 1000) if not floor["ok"]], [broken])


class Questions(unittest.TestCase):
    way = load.Way("onceway", "127.0.0.1:1", "/r1", "ZA/GOV/101/education", "ZA/GOV/202/home")

    def question(self, case):
        wording = case.wording(self.way)
        return wording["BENCH_HEAD"].replace("{id}", "7") + "x" * int(wording["BENCH_LETTERS"]) + wording["BENCH_TAIL"]

    def test_a_rest_question_has_as_many_octets_as_its_case_says(self):
        for case in (load.SMALL, *load.CASES):
            self.assertEqual(len(self.question(case)), case.octets)

    def test_a_soap_question_is_an_envelope_with_a_kibibyte_in_its_body(self):
        envelope = xml.fromstring(self.question(load.SMALL_SOAP))
        header, body = envelope
        self.assertEqual([child.tag.split("}")[1] for child in header],
                         ["client", "service", "userId", "id", "protocolVersion"])
        self.assertEqual([part.text for part in header[1]], ["ZA", "GOV", "202", "home", soap.SERVICE])
        self.assertEqual((body[0].tag, len(body[0][0].text)), ("{urn:bench}" + soap.SERVICE, 1024))

    def test_an_attached_question_is_a_multipart_of_envelope_and_attachment(self):
        head = f"Content-Type: {soap.MULTIPART}\r\n\r\n"
        envelope, attachment = email.message_from_string(head + self.question(load.ATTACHED)).get_payload()
        self.assertEqual(xml.fromstring(envelope.get_payload())[1][0][0].text, "1048576")
        self.assertEqual(attachment.get_payload(), "x" * (1 << 20))


class Processor(unittest.TestCase):
    def test_a_thread_may_be_named_with_spaces_and_brackets(self):
        line = "7 (a (b) c) S 2 7 7 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 0 0 0"
        self.assertEqual(processor.parse_stat(line), ("a (b) c", 2, 42))

    def test_only_the_cores_of_the_run_count_and_interrupts_do_not(self):
        text = "cpu  9 9 9 9 9 9 9 9\ncpu0 100 10 90 7 7 50 50 20\ncpu1 1000 0 0 0 0 0 0 0\nintr 5\n"
        busy, stolen = processor.parse_cores(text, {0})
        self.assertAlmostEqual(busy, 200 * processor.TICK)
        self.assertAlmostEqual(stolen, 20 * processor.TICK)

    def test_a_run_is_disturbed_when_others_used_more_than_a_twentieth(self):
        for others, disturbed in ((0.4, False), (0.6, True)):
            account = processor.account({"home/io": 5.0}, 1.0, 7.0, others, 0.0, 10.0)
            self.assertEqual(account["disturbed"], disturbed)

    def test_what_is_used_is_told_for_each_exchange(self):
        groups = {"home/io": 0.5, "home/log": 0.0000001}
        self.assertEqual(processor.per_exchange(groups, 1000), {"home/io": 500.0})
        self.assertEqual(processor.per_exchange(groups, 0), {})


class Shares(unittest.TestCase):
    def test_a_thread_with_one_purpose_decides_and_elsewhere_the_innermost_frame_that_fits(self):
        for thread, frames, kind in (
                ("io", ["aesni_gcm", "SSL_write", "onceway::signature::verify(x)"], "tls"),
                ("io", ["mul", "EVP_PKEY_verify", "onceway::keys::PublicKey::verify(x)"], "verifying"),
                ("io", ["memcpy", "onceway::message::read(x)"], "rest"),
                ("signer", ["mul", "EVP_PKEY_sign"], "signing"),
                ("signer", ["onceway::signature::write_batch"], "signing"),
                ("log", ["copy_page", "write"], "disk"),
                ("io", ["onceway::records::unpack", "onceway::message::read(x)"], "disk"),
                ("io", ["memcpy", "boost::asio::complete<onceway::records::(anonymous namespace)::wake()>", "clone3"], "rest"),
                ("io", ["memcpy", "onceway::records::(anonymous namespace)::wake"], "rest"),
                ("io", [], "rest")):
            self.assertEqual(shares.kind_of(thread, frames), kind, frames)

    def test_samples_are_read_as_perf_prints_them(self):
        lines = ["io ", "      7f1 malloc", "      55d onceway::f(int, long)", "", "log ", "   ffff fsync", ""]
        self.assertEqual(list(shares.stacks(lines)),
                         [("io", ["malloc", "onceway::f(int, long)"]), ("log", ["fsync"])])

    def test_parts_add_up(self):
        self.assertEqual(shares.parts({"signing": 1, "rest": 3}),
                         {"signing": 0.25, "verifying": 0.0, "tls": 0.0, "disk": 0.0, "rest": 0.75})
        self.assertEqual(shares.parts({})["rest"], 0.0)


if __name__ == "__main__":
    unittest.main()
