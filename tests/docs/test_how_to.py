"""What the how-to pages tell people to type is what the programs take, and what they show is what they print."""

import re
import runpy
import shlex
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from governance.bounds import PARAMETERS
from governance.in_force import pack_at
from governance.past import past_auction
from governance.preview import Preview, preview
from governance.proposals import check_proposal, parse_proposal
from ledger.bundle import Bundle
from ledger.chain import Chain
from ledger.deployment import Deployment
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer
from ledger.rules import Rules
from node.cli import cli
from node.commands.gov import preview_text
from node.config import NodeConfig
from node.workflows.vote import preview_document
from protocol.rules import RulePack
from protocol.units import UnixSeconds
from tests.unit.governance.examples import OPENED, PACK, bundle
from tests.unit.protocol.examples import bid, call, offer, operation

HOW_TO = Path(__file__).parents[2] / "docs/how-to"
PAGES = sorted(HOW_TO.glob("*.md"))
PROPOSE = HOW_TO / "propose-a-rule-change.md"
CONNECT = HOW_TO / "connect-another-ledger.md"
CHAIN_ID = 1337


def blocks(page: Path, language: str) -> list[str]:
    """The page's fenced blocks in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every ``guildmark`` command on the pages, in words."""
    for page in PAGES:
        text = page.read_text()
        inline = re.findall(r"`(guildmark [^`]+)`", text)
        lines = [line for block in blocks(page, "console") for line in block.splitlines()]
        for line in [*inline, *lines]:
            words = shlex.split(line)
            if words[0].endswith("guildmark"):
                yield f"{page.stem}: {line}", words[1:]


@pytest.mark.parametrize("words", [pytest.param(words, id=name) for name, words in commands()])
def test_every_command_on_a_page_is_one_that_the_program_takes(words: list[str]) -> None:
    options = {option: parameter for parameter in cli.params for option in parameter.opts}
    while words[0].startswith("-"):
        parameter = options[words[0]]
        assert isinstance(parameter, click.Option)
        words = words[1 if parameter.is_flag else 2 :]
    words = list(words)
    command: click.Command | None = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(click.Context(command), words.pop(0))
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
    assert {word for word in words if word.startswith("-")} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_on_a_page_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text())
    assert [target for target in targets if not target.startswith("http") and not (page.parent / target).exists()] == []


def test_the_provider_s_example_is_a_configuration() -> None:
    (example,) = blocks(HOW_TO / "run-a-provider.md", "toml")
    assert NodeConfig.model_validate(tomllib.loads(example)).roles == ("provider",)


def tried(text: str, *bundles: Bundle) -> Preview:
    """The proposal in ``text`` beside the examples' pack, tried on these auctions."""
    proposal = parse_proposal(text, PACK)
    check_proposal(PACK, proposal)
    return preview(PACK, proposal, bundles, lambda _digest, _block: PACK)


def test_the_example_proposal_prints_what_the_page_shows() -> None:
    proposal, _ = blocks(PROPOSE, "toml")
    (shown,) = blocks(PROPOSE, "text")
    clean, dirty = offer(0, 1, 2, 110_00, co2=5_000), offer(0, 1, 2, 100_00, co2=60_000)
    asked = call(rule_pack=PACK.digest, operations=(operation(0),))
    past = bundle(asked, ("clean", bid("clean", clean)), ("dirty", bid("dirty", dirty)))
    assert preview_text(preview_document(tried(proposal, past))) + "\n" == shown


def test_the_example_of_a_share_is_a_proposal() -> None:
    _, share = blocks(PROPOSE, "toml")
    assert tried(share).changes == ("1,200.00 of the treasury to 0x" + "ab" * 20,)


def test_two_bundles_of_one_job_are_one_auction() -> None:
    proposal, _ = blocks(PROPOSE, "toml")
    asked = call(rule_pack=PACK.digest, operations=(operation(0),))
    past = bundle(asked, ("mill", bid("mill", offer(0, 1, 2, 100_00))))
    assert tried(proposal, past, past).total.startswith("auctions 1,")


def test_the_page_gives_every_parameter_with_its_bounds() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d,]+) to ([\d,]+) \|", PROPOSE.read_text(), re.MULTILINE)
    assert rows == [(p.name, f"{p.least:,}", f"{p.most:,}") for p in PARAMETERS]


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    server = EmbeddedServer(EmbeddedConfig(database=tmp_path / "chain.sqlite", chain_id=CHAIN_ID, block_seconds=0.1))
    server.start()
    try:
        yield Chain(server.url, CHAIN_ID)
    finally:
        server.close()


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Somebody who follows the pages in a folder of their own."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content)

    def python(self, name: str, *arguments: str) -> str:
        """What a script prints."""
        self.monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(name, run_name="__main__")
        return self.capsys.readouterr().out


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reader:
    monkeypatch.chdir(tmp_path)
    return Reader(folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)


@pytest.fixture
def scripts() -> dict[str, str]:
    """The pages' files by the names that they are saved under."""
    deploy, pay = blocks(CONNECT, "python")
    return {"deploy.py": deploy, "pay.py": pay}


@pytest.mark.slow
def test_the_pages_scripts_deploy_and_pay(scripts: dict[str, str], chain: Chain, reader: Reader) -> None:
    for name, content in scripts.items():
        reader.write(name, content)
    assert reader.python("deploy.py", chain.url, str(CHAIN_ID)).endswith("written: deployment.json\n")
    account = "0x" + "ab" * 20
    assert reader.python("pay.py", chain.url, account, "5000000") == f"{account} holds 5000000 cents\n"

    rules = Rules(Deployment.from_json((reader.folder / "deployment.json").read_text()).rules)
    in_force, head = rules.pack(chain), chain.head().number
    found = past_auction(
        past_job(in_force, head), lambda digest, block: pack_at(chain, rules, digest=digest, block=block)
    )
    assert found.pack == in_force


def past_job(pack: RulePack, block: int) -> Bundle:
    """The bundle of a job under ``pack`` whose order was opened in ``block``."""
    asked = call(
        rule_pack=pack.digest,
        operations=(operation(0),),
        commit_by=UnixSeconds(OPENED + pack.min_commit),
        reveal_by=UnixSeconds(OPENED + pack.min_commit + pack.min_reveal),
    )
    return bundle(asked, ("mill", bid("mill", offer(0, 1, 2, 100_00))), block=block)
