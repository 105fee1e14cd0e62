"""What the how-to pages tell people to type is what the programs take, and what they show is what they print."""

import json
import re
import runpy
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from devnet.deploy import PACK
from governance.__main__ import main, report
from governance.bounds import PARAMETERS
from governance.proposals import changes
from ledger.bundle import Bundle
from ledger.chain import Chain
from ledger.deployment import Deployment
from ledger.embedded.server import EmbeddedConfig, EmbeddedServer
from ledger.rules import Rules
from node.cli import cli
from node.config import NodeConfig
from protocol.rules import RulePack
from protocol.units import UnixSeconds
from protocol.wire import encode
from tests.unit.governance.examples import OPENED, bundle
from tests.unit.governance.test_past import RULES, History
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


def test_the_example_proposal_prints_what_the_page_shows() -> None:
    (proposal,) = blocks(PROPOSE, "toml")
    (shown,) = blocks(PROPOSE, "text")
    clean, dirty = offer(0, 1, 2, 110_00, co2=5_000), offer(0, 1, 2, 100_00, co2=60_000)
    asked = call(rule_pack=PACK.digest, operations=(operation(0),))
    past = bundle(asked, ("clean", bid("clean", clean)), ("dirty", bid("dirty", dirty)))
    assert "\n".join(report(proposal, [past], History({0: PACK}), RULES)) + "\n" == shown


def test_two_bundles_of_one_job_are_one_auction() -> None:
    (proposal,) = blocks(PROPOSE, "toml")
    asked = call(rule_pack=PACK.digest, operations=(operation(0),))
    past = bundle(asked, ("mill", bid("mill", offer(0, 1, 2, 100_00))))
    lines = list(report(proposal, [past, past], History({0: PACK}), RULES))
    assert lines[-1].startswith("auctions 1,")


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

    def governance(self, *arguments: str) -> str:
        """What the command prints; it must say that the proposal can be adopted."""
        assert main(arguments) == 0
        return self.capsys.readouterr().out


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reader:
    monkeypatch.chdir(tmp_path)
    return Reader(folder=tmp_path, monkeypatch=monkeypatch, capsys=capsys)


@pytest.fixture
def scripts() -> dict[str, str]:
    """The pages' files by the names that they are saved under."""
    deploy, pay = blocks(CONNECT, "python")
    (adopt,), (proposal,) = blocks(PROPOSE, "python"), blocks(PROPOSE, "toml")
    return {"deploy.py": deploy, "pay.py": pay, "adopt.py": adopt, "proposal.toml": proposal}


@pytest.mark.slow
def test_the_pages_scripts_deploy_pay_propose_and_adopt(scripts: dict[str, str], chain: Chain, reader: Reader) -> None:
    for name, content in scripts.items():
        reader.write(name, content)
    assert reader.python("deploy.py", chain.url, str(CHAIN_ID)).endswith("written: deployment.json\n")
    account = "0x" + "ab" * 20
    assert reader.python("pay.py", chain.url, account, "5000000") == f"{account} holds 5000000 cents\n"

    rules = Rules(Deployment.from_json((reader.folder / "deployment.json").read_text()).rules)
    before = rules.pack(chain)
    (reader.folder / "part.bundle").write_bytes(encode(past_job(before, chain.head().number)))
    where = ("part.bundle", "--ledger", chain.url, "--deployment", "deployment.json")
    told = reader.governance("proposal.toml", *where)
    assert "lowest carbon price of a tonne: 100.00 -> 600.00" in told
    assert "auctions 1, refused 0" in told

    devnet = reader.folder / ".guildmark/devnet"
    devnet.mkdir(parents=True)
    for name in ("deployment.json", "steward.json"):
        shutil.copy(reader.folder / name, devnet)
    (devnet / "ports.json").write_text(json.dumps({"ledger": int(chain.url.rsplit(":", 1)[1])}))
    assert reader.python("adopt.py") == "version 2 is in force\n"
    assert [change.parameter.name for change in changes(before, rules.pack(chain))] == ["fee", "carbon"]

    # The job ran under the first pack, which only the ledger's history knows now.
    reader.write("free.toml", 'reason = "no fee at all"\nfee = 0\n')
    assert "price 100.00 -> 100.00, fee 1.50 -> 0.00" in reader.governance("free.toml", *where)


def past_job(pack: RulePack, block: int) -> Bundle:
    """The bundle of a job under ``pack`` whose order was opened in ``block``."""
    asked = call(
        rule_pack=pack.digest,
        operations=(operation(0),),
        commit_by=UnixSeconds(OPENED + pack.min_commit),
        reveal_by=UnixSeconds(OPENED + pack.min_commit + pack.min_reveal),
    )
    return bundle(asked, ("mill", bid("mill", offer(0, 1, 2, 100_00))), block=block)


@pytest.mark.slow
def test_the_exit_code_says_whose_fault_it_is(scripts: dict[str, str], chain: Chain, reader: Reader) -> None:
    for name, content in scripts.items():
        reader.write(name, content)
    reader.python("deploy.py", chain.url, str(CHAIN_ID))
    where = ("--ledger", chain.url, "--deployment", "deployment.json")
    reader.write("dear.toml", 'reason = "half of everything"\nfee = 5_000\n')
    assert main(["dear.toml", *where]) == 3
    assert "fee is 5000, outside 0 to 1000" in reader.capsys.readouterr().err
    assert main(["proposal.toml", "--ledger", "http://127.0.0.1:1", "--deployment", "deployment.json"]) == 1
    with pytest.raises(SystemExit) as wrong_use:
        main(["nowhere.toml", *where])
    assert wrong_use.value.code == 2
