"""The result, for people."""

import floors
import shares


def run_line(entry):
    processor = entry.get("processor", {})
    return (f"{entry['case']:16} {entry['chain']:8} {entry['connections']:4} connections  {entry['rps']:10,.0f} req/s"
            f"  p50 {entry['p50_us'] / 1000:8.2f} ms  p99 {entry['p99_us'] / 1000:8.2f} ms"
            + (f"  {sum(processor['us'].values()):7.1f} us of processor" if processor.get("us") else "")
            + (f"  {entry['errors']} errors" if entry.get("errors") else "")
            + (f"  DISTURBED: others used {processor['others']:.0%}" if processor.get("disturbed") else ""))


def threads(result, case):
    """What the last undisturbed run of a case used, by groups of threads; else the last one."""
    runs = [run for run in result["runs"] if (run["case"], run["chain"], run["connections"]) == (case, "onceway", 64)]
    best = [run for run in runs if not run["processor"]["disturbed"]] or runs
    together = ", ".join(f"{key} {count}" for key, count in best[-1]["records_per_commit"].items())
    return [*(f"  {group:24} {us:8.1f}" for group, us in best[-1]["processor"]["us"].items()),
            f"  records in a commit: {together}"]


def floor_line(floor):
    sign = ">=" if floor["at"] == "least" else "<="
    return f"  {'yes' if floor['ok'] else 'NO ':4} {floor['name']:28} {sign} {floor['need']:>11,}  got {floor['got']:>11,}"


def text(result):
    machine, overload, log = result["machine"], result["overload"], result["log"]
    lines = [f"Onceway {result['commit']}, {result['build']} build; {machine['cpu']}, {machine['cores']} cores, "
             f"AVX-512 IFMA {'yes' if machine['avx512_ifma'] else 'no'}, Linux {machine['kernel']}, {machine['filesystem']}, "
             f"OpenSSL {machine['openssl']}, {machine['key']}", "", "medians:"]
    lines += ["  " + run_line(entry) for entry in result["medians"]]
    lines += ["", "of the nginx chain, in this run:"]
    lines += [f"  {name:14} {ratio:7.3f}" for name, ratio in result["ratios"].items()]
    ratio = result["ratios"]["rest-1k/64"]
    lines += [f"  aim {aim:.2f}: {'reached' if ratio >= aim else 'not yet'}" for aim in floors.RATIO_AIMS]
    lines += ["", "of REST, in this run:"]
    lines += [f"  {name:14} {ratio:7.3f}" for name, ratio in result["of_rest"].items()]
    lines += ["", "processor, microseconds of an exchange (rest-1k, 64 connections):", *threads(result, "rest-1k")]
    lines += ["the same of SOAP (soap-1k):", *threads(result, "soap-1k")]
    lines += ["", "share of the servers' processor time:" + "".join(f"{kind:>10}" for kind in shares.KINDS)]
    lines += [f"  {name:12} ({share['how']:8}):" + " " * 13 + "".join(f"{share[kind]:10.0%}" for kind in shares.KINDS)
              for name, share in result["share"].items()]
    lines += ["", "single steps, microseconds:"]
    lines += [f"  {name.removesuffix('_us'):28} {us:10,.1f}" for name, us in result["primitives"].items()]
    lines += ["", f"at {overload['rate']:,} questions a second, twice what was carried: {overload['rps']:,.0f} answered, "
              f"p99 {overload['p99_us'] / 1000:.1f} ms; {overload['refused']:,} refused, p99 "
              f"{overload['refused_p99_us'] / 1000:.1f} ms; {overload['unsent']:,} found no connection free; {overload['whys']}"]
    lines += ["", "highest resident memory:"]
    lines += [f"  {entry['program']:16} {entry['pid']:8} {entry['hwm_kib'] / 1024:8.1f} MiB" for entry in result["memory"]]
    lines += [f"  {key:16} {kib / 1024:17.1f} MiB after the overload" for key, kib in result["memory_overloaded"].items()]
    lines += ["", "log of an exchange: " + ", ".join(
        f"{log[side + '_bytes']:,} octets at the {side} ({log[side + '_beside_bodies']:,} beside the two bodies)"
        for side in ("client", "provider"))]
    lines += [f"{entry['bytes'] / 2**20:,.0f} MiB in the {entry['direction']}: memory grew by "
              f"{entry['growth_kib'] / 1024:.1f} MiB, octets {'unchanged' if entry['digest_ok'] else 'NOT THE SAME'}"
              for entry in result["big"]]
    lines += ["", "held:", *map(floor_line, result["floors"])]
    for number, again in enumerate(result["repeats"], 2):
        lines += ["", f"held in pass {number}:", *map(floor_line, again["floors"])]
    if result["disturbed"]:
        lines += ["", "Something else used this machine meanwhile: a figure that is not held may be its doing."]
    return "\n".join(lines)
