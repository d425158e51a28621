"""What the file says under its table: how each line is measured, so that nobody has to believe it."""

HOW = """\
## How each line is measured

Both sides of a ratio run on the same machine in the same minutes, each in a process of its own, on a database of its
own made from the same migrated template; rounds alternate which side goes first, and a first round warms up and is
not counted. Durability is a charity's: PostgreSQL with fsync, synchronous commit and full page writes, SQLite with a
write-ahead log and `synchronous=FULL`, on the same disk.

- **`post-*`, `four-*`**: a settled gift, from its recipe to its commit, with channel and commitment as the site posts
  it. *Raw psycopg* replays the statements that were recorded at the driver while our own `post()` ran elsewhere: same
  text, same parameters, same binding, same guarded tables, one transaction a gift. *django-hordak* is
  `Account.transfer_to` with its own triggers, *django-ledger* is `commit_txs` of a posted journal entry, both as
  their documentation has it. In four processes a round lasts until the slowest is ready.
- **`post-sqlite-raw`**: sqlite3 writes the rows that `post()` has just written into the same tables without triggers
  and with foreign keys off, one transaction a gift.
- **`bulk-*`**: the year comes in slices. After each slice of `post_many` (from the recipes on; making the world up is
  not in the time) the floor takes the same rows, as Python values in memory, into the same tables and indexes without
  triggers and foreign keys, in one transaction: COPY on PostgreSQL, executemany on SQLite.
- **`sequencer-*`**: after each slice everything waits; the time is from then until all is numbered and the checkpoint
  signed. The floor hashes up to 20,000 of the same leaves, whose bytes are in memory already, and grows the frontier.
- **`verify-*`**: the command `manage.py verify --processes 2` from its start to its verdict, over the year with the
  site's own rows of each gift, award and match; the verdict stands beside the figure. The floor's two processes,
  timed from their start as well, each read half of the rows with one query, add up, canonicalise, hash and sum
  balances; their leaves are held against those of the log, so that the floor does the whole of it.
- **`auditor`**: `ledger.auditor` over the folder that `manage.py log_export` wrote, never seen before. The floor
  reads the same bundles, parses, canonicalises and hashes every leaf and grows the frontier; it must arrive at the
  checkpoint's root.
- **`trace-*`, `balance-*`, `figures-*`**: the same questions to the whole year and to one of 10,000 gifts; the time
  is the median question of a round, asked through our functions with the cache emptied before each. Spendings are
  among the largest twentieth, so that there are fifty gifts to show.
- **`spending-*`**: one fund of equal gifts; awards over many and over few of them in turns.
- **`settlement-*`**: the year's gifts as one CSV file of a platform (number, kind, amount, fee, moment, project, donor,
  word), written before the time begins; then from its bytes to COMPLETE: kept, counted, each row raw and normal, donor
  and gift, entry, control totals, notice. The floor is `post_many` of the same gifts into books of its own, by turns;
  the whole year is taken in once or twice only. `memory-settlement-*` is of the process that took it in.
- **`hot-pot`**: four processes of donors, each of whom asks for a hold and then pays, and one worker; a turn lasts from
  the first question until the last gift is answered. All at one pot, beside each process at a pot, a project and a
  charity of its own: what a pot that was split could gain at the most.
- **`statements`**: pages a second. Ours is from finance's wish to the ZIP on the disk, in the turns that the worker
  takes: receipts read from PostgreSQL, template, PDF, each statement noted, index, packing. The floor is WeasyPrint
  with the same PDF options in two processes that hold the same pages as HTML in memory, and drops what it has drawn.
  It reads the style in each page and collects garbage at Python's own pace; ours reads the style once and collects
  after each paper. A hundredth as many donors as gifts, a thousand at most, with one to twelve receipts each.
- **`bytes`**: `pg_table_size` and `pg_indexes_size` of every table of the books after the year, through the number of
  gifts: matches, spendings, leaves, lots, tiles and snapshots are in it, the site's own rows (who gave, what was
  written) are not.
- After the year is built PostgreSQL gets one plain `VACUUM ANALYZE`, as its autovacuum would do; `bytes` and the lines
  that only read come after it.
- **`memory-*`**: the largest resident set of the process that did it (`VmHWM`), over the whole year.
"""
