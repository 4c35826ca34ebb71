"""The promises, held against what was measured. A floor is a name, what is needed, what was got, and whether it holds."""

import statistics

RATIO, RATIO_AIMS = 0.10, (0.15, 0.25)    # of the nginx chain, at 64 connections
SOAP_RATIO = 0.77                         # of REST, 1 KiB at 64 connections
WAITING_TIMES = 3                         # p50 at one connection: at most so many times the unavoidable
SERVER_KIB, GROWTH_KIB = 64 * 1024, 16 * 1024
LOG_OCTETS = 2_048                        # of an exchange at one side, beside the two bodies
MANY_CONNECTIONS = 0.9                    # of the throughput at 64
ACCEPTED_WHEN_OVERLOADED = 0.8            # of the best throughput
REFUSAL_P99_US, ACCEPTED_P99_US = 250_000, 1_000_000


def at_least(name, need, got):
    return {"name": name, "need": need, "got": got, "ok": got >= need, "at": "least"}


def at_most(name, need, got):
    return {"name": name, "need": need, "got": got, "ok": got <= need, "at": "most"}


def medians(runs):
    """One entry for each case, chain and number of connections: the median of its runs, in the order of the first."""
    groups = {}
    for run in runs:
        groups.setdefault((run["case"], run["chain"], run["connections"]), []).append(run)
    return [{"case": case, "chain": chain, "connections": connections}
            | {key: statistics.median(run[key] for run in mine) for key in ("rps", "p50_us", "p99_us")}
            for (case, chain, connections), mine in groups.items()]


def median_of(found, case, chain, connections):
    return next(entry for entry in found
                if (entry["case"], entry["chain"], entry["connections"]) == (case, chain, connections))


def ratios(found):
    """Requests per second over those of nginx, for each case and number of connections that has both."""
    theirs = {(entry["case"].removesuffix("-ec"), entry["connections"]): entry["rps"]
              for entry in found if entry["chain"] == "nginx"}
    return {f"{entry['case']}/{entry['connections']}": round(entry["rps"] / yardstick, 4)
            for entry in found if entry["chain"] == "onceway"
            and (yardstick := theirs.get((entry["case"].removesuffix("-ec"), entry["connections"])))}


def of_rest(found):
    """SOAP's requests per second over those of REST, measured in turn with it."""
    rates = {entry["case"]: entry["rps"] for entry in found if entry["chain"] == "onceway" and entry["connections"] == 64}
    return {"soap-1k/64": round(rates["soap-1k"] / rates["rest-1k-beside"], 4)}


def soap(ratios):
    return [at_least("of_rest/soap-1k", SOAP_RATIO, ratios["soap-1k/64"])]


def per_commit(before, after):
    """Records for each commit between two counts of (records, commits)."""
    records, commits = (now - then for then, now in zip(before, after))
    return round(records / commits, 1) if commits else 0.0


def unavoidable_us(nginx_p50_us, primitives):
    """What one exchange alone cannot do without: the way itself, two signatures, four synced commits."""
    return nginx_p50_us + 2 * primitives["rsa2048_sign_us"] + 4 * primitives["commit_4k_us"]


def speed(found, primitives):
    waiting = WAITING_TIMES * unavoidable_us(median_of(found, "rest-1k", "nginx", 1)["p50_us"], primitives)
    return [at_least("ratio/64", RATIO, ratios(found)["rest-1k/64"]),
            at_most("p50_us/1", round(waiting), median_of(found, "rest-1k", "onceway", 1)["p50_us"])]


def many_connections(found):
    few, many = (median_of(found, "surge-1k", "onceway", connections)["rps"] for connections in (64, 512))
    return [at_least("throughput/512", round(MANY_CONNECTIONS * few), many)]


def overload(found, best):
    """`found` is what came of twice the load that gave `best` answers a second."""
    fine = [at_least("overload/accepted_rps", round(ACCEPTED_WHEN_OVERLOADED * best), found["rps"]),
            at_most("overload/accepted_p99_us", ACCEPTED_P99_US, found["p99_us"]),
            at_least("overload/refused", 1, found["refused"]),
            at_most("overload/refusal_p99_us", REFUSAL_P99_US, found["refused_p99_us"]),
            at_most("overload/errors", 0, found["errors"] + found["overdue"])]
    unclear = sum(count for why, count in found["whys"].items() if not why.endswith("overloaded"))
    return fine + [at_most("overload/unclear_refusals", 0, unclear)]
