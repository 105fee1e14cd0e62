"""Run and look at a ledger."""

import sys
from pathlib import Path

import click

from node.commands.shared import Group

ACCOUNT_BYTES = 20


@click.group(cls=Group)
def ledger() -> None:
    """Run a ledger of your own."""


def _accounts(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> tuple[bytes, ...]:
    try:
        accounts = tuple(bytes.fromhex(account.removeprefix("0x")) for account in given)
    except ValueError as error:
        raise click.BadParameter(f"an account is 0x and 40 hexadecimal digits: {error}") from error
    if any(len(account) != ACCOUNT_BYTES for account in accounts):
        raise click.BadParameter("an account is 0x and 40 hexadecimal digits")
    return accounts


@ledger.command()
@click.argument("database", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--port", default=8545, show_default=True, type=click.IntRange(0, 65_535), help="0 takes a free one.")
@click.option("--chain-id", default=7117, show_default=True, type=click.IntRange(1))
@click.option(
    "--block-seconds",
    default=0.1,
    show_default=True,
    type=click.FloatRange(min=0),
    help="That a transaction waits for others to share its block; 0 makes blocks on evm_mine only.",
)
@click.option("--fund", multiple=True, callback=_accounts, help="An account that holds ether at genesis; repeatable.")
@click.option("--gas-price", is_flag=True, help="Let gas cost ether, as on a public chain (EIP-1559).")
def serve(
    *, database: Path, port: int, chain_id: int, block_seconds: float, fund: tuple[bytes, ...], gas_price: bool
) -> None:
    """Serve the embedded chain kept in the file DATABASE, on loopback, until it is interrupted.

    Chain id, funds and gas price are decided when the file is made.
    """
    from ledger.embedded.process import serve as run
    from ledger.embedded.server import EmbeddedConfig

    sys.exit(
        run(
            EmbeddedConfig(
                database=database,
                port=port,
                chain_id=chain_id,
                block_seconds=block_seconds,
                fund=fund,
                free_gas=not gas_price,
            )
        )
    )
