"""The outside verifier: checks a published log, or a receipt, without trusting the site that published it.

``python -m ledger.auditor LOG`` needs Python and the package ``cryptography``; no Django, no database. It reads what
everybody can read (a log's address, an exported folder, a receipt's PDF), derives the laws of the books again from the
leaves alone, and says what does not hold, what it could not look at, and nothing else.
"""
