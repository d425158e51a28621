"""The benchmark: what the books cost, as ratios to peers and floors measured in the same run.

``make bench`` builds a made-up campaign year and measures every line of `lines.py`. Ours and the floor (or the peer)
take turns, so that what else the machine does meets both. Each side is a process of its own (`programs/`) that is told
what to do next; this process only asks, divides and writes down.

    world.py     the made-up year        places.py    throwaway databases with durable settings
    lines.py     what is promised        helpers.py   talking to the measured processes
    rows/        how each is measured    report.py    the table and BENCHMARKS.md
"""
