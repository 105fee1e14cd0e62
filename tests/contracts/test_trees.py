"""The trees are the specification: every external function has one, and every leaf is a test."""

import json
import re
from pathlib import Path

import pytest

from ledger import bindings

HERE = Path(__file__).parent
TREES = {path.stem: path for path in sorted((HERE / "trees").glob("*.tree"))}
ARTEFACTS = {path.stem: path for path in sorted((Path(bindings.__file__).parent / "artefacts").glob("*.json"))}

VOTES = {"delegate", "delegateBySig", "delegates", "getPastTotalSupply", "getPastVotes", "getVotes", "nonces"}
RECEIVERS = {"onERC1155BatchReceived", "onERC1155Received", "onERC721Received", "supportsInterface"}
LIBRARY = {
    "Members": VOTES | {"eip712Domain"},
    "Disputes": {"eip712Domain"},
    "Passports": {
        *("approve", "balanceOf", "getApproved", "isApprovedForAll", "name", "ownerOf", "safeTransferFrom"),
        *("setApprovalForAll", "symbol", "tokenURI", "transferFrom"),
    },
    "SettlementToken": {"allowance", "approve", "balanceOf", "name", "symbol", "transfer", "transferFrom"},
    "Timelock": RECEIVERS
    | {"CANCELLER_ROLE", "DEFAULT_ADMIN_ROLE", "EXECUTOR_ROLE", "PROPOSER_ROLE", "getRoleAdmin"}
    | {"getOperationState", "getTimestamp", "hashOperation", "hashOperationBatch"}
    | {"isOperation", "isOperationDone", "isOperationPending", "isOperationReady"},
    "GuildGovernor": RECEIVERS
    | {"BALLOT_TYPEHASH", "CLOCK_MODE", "COUNTING_MODE", "EXTENDED_BALLOT_TYPEHASH", "clock", "eip712Domain"}
    | {"castVoteBySig", "castVoteWithReasonAndParams", "castVoteWithReasonAndParamsBySig", "nonces"}
    | {"getProposalId", "getVotes", "getVotesWithParams", "hasVoted", "hashProposal", "name", "version"}
    | {"lateQuorumVoteExtension", "proposalEta", "proposalProposer", "proposalSnapshot", "proposalVotes"}
    | {"quorum", "quorumDenominator", "quorumNumerator", "timelock", "token", "votingDelay", "votingPeriod"},
}
"""What OpenZeppelin specifies and tests, and none of our sources overrides or relies on in another way."""

ESCROWS = ("Members", "Orders", "Disputes", "Treasury")


def external(contract: str) -> set[str]:
    entries = json.loads(ARTEFACTS[contract].read_text())["abi"]
    return {entry["name"] for entry in entries if entry["type"] == "function"}


def specified(contract: str) -> dict[str, list[str]]:
    """The leaves below each function of one tree."""
    blocks = TREES[contract].read_text().strip().split("\n\n")
    found = {block.splitlines()[0]: re.findall(r"^[├└]── (.+)$", block, re.MULTILINE) for block in blocks}
    assert all(name.startswith(f"{contract}.") for name in found)
    assert sum(len(leaves) + 1 for leaves in found.values()) == sum(len(block.splitlines()) for block in blocks)
    return {name.removeprefix(f"{contract}."): leaves for name, leaves in found.items()}


@pytest.mark.parametrize("contract", ARTEFACTS)
def test_every_external_function_has_a_tree_and_every_tree_a_function(contract: str) -> None:
    shared = set(specified("Escrow")) if contract in ESCROWS else set()
    assert external(contract) == set(specified(contract)) | shared | LIBRARY.get(contract, set())
    assert not set(specified(contract)) & (shared | LIBRARY.get(contract, set()))


@pytest.mark.parametrize("contract", TREES)
def test_every_leaf_is_a_test(contract: str) -> None:
    tests = {
        name
        for file in HERE.glob("test_*.py")
        for name in re.findall(r"^def test_(\w+)", file.read_text(), re.MULTILINE)
    }
    for function, leaves in specified(contract).items():
        assert leaves, function
        assert {leaf.replace(" ", "_") for leaf in leaves} <= tests, function
