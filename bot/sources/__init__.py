"""Where papers come from: Hugging Face, fetched and parsed.

An answer can have up to 4 MiB, counted while it is decompressed in pieces of 64 KiB, and 100,000 objects and
arrays; a list up to 50 pages, 5,000 papers and 32 MiB. A broken item costs only that item. Why a list could
not be read is one of `errors.ProblemKind`; only the log has the details, with credentials, addresses, hosts
and paths redacted.
"""
