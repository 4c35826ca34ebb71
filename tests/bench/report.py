"""The result, for people."""


def run_line(entry):
    return (f"{entry['chain']:8} {entry['connections']:3} connections  {entry['rps']:10,.0f} req/s"
            f"  p50 {entry['p50_us'] / 1000:8.2f} ms  p99 {entry['p99_us'] / 1000:8.2f} ms"
            + (f"  {entry['errors']} errors" if entry.get("errors") else ""))


def text(result):
    machine = result["machine"]
    lines = [f"Onceway {result['commit']}, {result['build']} build; {machine['cpu']}, {machine['cores']} cores, "
             f"Linux {machine['kernel']}, {machine['filesystem']}", "", "1 KiB POST, 1 KiB answer; medians:"]
    lines += ["  " + run_line(entry) for entry in result["medians"]]
    lines += ["", "of the nginx chain, in this run:"]
    lines += [f"  {name:12} {ratio:7.3f}" for name, ratio in result["ratios"].items()]
    lines += ["", "highest resident memory:"]
    lines += [f"  {entry['program']:16} {entry['pid']:8} {entry['hwm_kib'] / 1024:8.1f} MiB" for entry in result["memory"]]
    lines += ["", f"log of an exchange: {result['log']['client_bytes']} octets at the client, "
                  f"{result['log']['provider_bytes']} at the provider", ""]
    for entry in result["big"]:
        lines.append(f"{entry['bytes'] / 2**20:,.0f} MiB in the {entry['direction']}: memory grew by "
                     f"{entry['growth_kib'] / 1024:.1f} MiB, octets {'unchanged' if entry['digest_ok'] else 'NOT THE SAME'}")
    lines += ["", "held:"]
    lines += [f"  {'yes' if floor['ok'] else 'NO ':4} {floor['name']:22} need {floor['need']:>9,}  got {floor['got']:>9,}"
              for floor in result["floors"]]
    return "\n".join(lines)
