"""The embedded chain: py-evm with a SQLite database behind Ethereum JSON-RPC. The only home of py-evm."""
