// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Escrow} from "./Escrow.sol";
import {IDisputes} from "./interfaces/IDisputes.sol";
import {IMembers} from "./interfaces/IMembers.sol";
import {IOrders} from "./interfaces/IOrders.sol";

/// @title How a disputed milestone is decided, and by when.
contract Disputes is IDisputes, Escrow, EIP712 {
    uint16 private constant WHOLE_BPS = 10_000;
    uint8 private constant AUDITOR = 4;
    uint256 private constant PANEL = 3;
    /// Draws before a panel is given up; with six eligible auditors in ten, one in a million fails.
    uint256 private constant MAX_DRAWS = 48;
    uint64 private constant PENALTY_PARTS = 10;
    bytes32 private constant INSPECTION_TYPE =
        keccak256("Inspection(bytes32 order,uint32 index,uint8 round,uint8 milestone,bytes32 evidence,bool conforms)");

    /// What is known of a disputed milestone.
    struct Matter {
        bytes32 order;
        uint32 index;
        uint8 round;
        uint8 milestone;
        address customer;
        address provider;
        uint64 stake;
        uint256 since;
        uint256 window;
    }

    /// @inheritdoc IDisputes
    IOrders public immutable orders;

    /// @inheritdoc IDisputes
    IMembers public immutable members;

    mapping(bytes32 key => Case) private _cases;

    constructor(IERC20 token_, IOrders orders_, IMembers members_) Escrow(token_) EIP712("Guildmark Disputes", "1") {
        orders = orders_;
        members = members_;
    }

    /// @inheritdoc IDisputes
    function propose(bytes32 order, uint32 index, uint16 shareBps) external {
        Matter memory matter = _matter(order, index);
        _requireParty(matter);
        if (shareBps > WHOLE_BPS) revert BadShare(shareBps);

        Case storage found = _caseOf(matter);
        uint16 asked = WHOLE_BPS - found.concededBps;
        uint16 offered = found.offeredBps;
        emit Proposed(order, index, msg.sender, shareBps);
        if (msg.sender == matter.customer) {
            found.offeredBps = shareBps;
            if (shareBps >= asked) _decide(matter, found, Outcome.Settled, _share(matter.stake, asked));
        } else {
            found.concededBps = WHOLE_BPS - shareBps;
            if (shareBps <= offered) _decide(matter, found, Outcome.Settled, _share(matter.stake, offered));
        }
    }

    /// @inheritdoc IDisputes
    function measure(Inspection calldata inspection, bytes calldata signature) external {
        Matter memory matter = _matter(inspection.order, inspection.index);
        if (inspection.round != matter.round || inspection.milestone != matter.milestone) {
            revert NotDisputed(inspection.order, inspection.index);
        }
        address inspector = _inspectorOf(inspection.order, inspection.index);
        if (msg.sender != inspector) _requireSigned(inspector, inspection, signature);

        emit Measured(matter.order, matter.index, inspector, inspection.evidence, inspection.conforms);
        _decide(matter, _caseOf(matter), Outcome.Measured, inspection.conforms ? matter.stake : 0);
    }

    /// @inheritdoc IDisputes
    function summon(bytes32 order, uint32 index) external {
        Matter memory matter = _matter(order, index);
        _requireParty(matter);
        _requireBefore(matter, 1);
        Case storage found = _caseOf(matter);
        if (found.drawBlock != 0) revert AlreadySummoned();

        uint64 fee = orders.orderOf(order).disputeFee;
        found.summoner = msg.sender;
        found.fee = fee;
        found.drawBlock = uint48(block.number + 1);
        emit Summoned(order, index, msg.sender, fee, found.drawBlock);
        _lock(fee);
    }

    /// @inheritdoc IDisputes
    function draw(bytes32 order, uint32 index) external {
        Matter memory matter = _matter(order, index);
        Case storage found = _caseOf(matter);
        if (found.drawBlock == 0) revert NotSummoned();
        if (found.panel.length != 0) revert AlreadyDrawn();
        _requireBefore(matter, 2);
        if (block.number <= found.drawBlock) revert TooEarly(found.drawBlock);

        bytes32 seed = blockhash(found.drawBlock);
        if (seed == 0) {
            found.drawBlock = uint48(block.number + 1);
            emit Summoned(order, index, found.summoner, found.fee, found.drawBlock);
            return;
        }
        address[] memory panel = _drawn(matter, seed);
        for (uint256 seat = 0; seat < PANEL; ++seat) {
            found.panel.push().account = panel[seat];
        }
        emit Drawn(order, index, panel);
    }

    /// @inheritdoc IDisputes
    function vote(bytes32 order, uint32 index, bytes32 seal) external {
        Matter memory matter = _matter(order, index);
        Juror storage juror = _jurorOf(_caseOf(matter));
        _requireBefore(matter, 3);
        if (juror.seal != 0) revert AlreadyVoted(msg.sender);

        juror.seal = seal;
        emit VoteSealed(order, index, msg.sender);
    }

    /// @inheritdoc IDisputes
    function openVote(bytes32 order, uint32 index, uint16 shareBps, bytes32 salt) external {
        Matter memory matter = _matter(order, index);
        Case storage found = _caseOf(matter);
        Juror storage juror = _jurorOf(found);
        if (juror.opened) revert AlreadyVoted(msg.sender);
        if (shareBps > WHOLE_BPS) revert BadShare(shareBps);
        if (!_allSealed(found)) {
            uint256 sealing = _quarter(matter, 3);
            if (block.timestamp <= sealing) revert TooEarly(sealing);
        }
        _requireBefore(matter, 4);
        if (_voteSeal(matter, shareBps, salt) != juror.seal) revert WrongOpening(juror.seal);

        juror.opened = true;
        juror.shareBps = shareBps;
        emit VoteOpened(order, index, msg.sender, shareBps);
    }

    /// @inheritdoc IDisputes
    function close(bytes32 order, uint32 index) external {
        Matter memory matter = _matter(order, index);
        Case storage found = _caseOf(matter);
        uint256 votes = _opened(found);
        uint256 last = _quarter(matter, 4);
        if (votes != PANEL && block.timestamp <= last) revert TooEarly(last);

        if (votes < 2) {
            _decide(matter, found, Outcome.Lapsed, matter.stake / 2);
            return;
        }
        uint16 share = _verdict(found, votes);
        _decide(matter, found, Outcome.Judged, _bearFee(matter, found, share));
        if (share == 0) {
            bytes32 evidence = keccak256(abi.encode("verdict", _keyOf(matter)));
            members.slash(matter.provider, matter.stake / PENALTY_PARTS, evidence, matter.customer);
        }
    }

    /// @inheritdoc IDisputes
    function convict(
        address inspector,
        Inspection calldata one,
        bytes calldata signatureOfOne,
        Inspection calldata other,
        bytes calldata signatureOfOther
    ) external {
        bytes32 key = _keyOf(one.order, one.index, one.round, one.milestone);
        bool same = key == _keyOf(other.order, other.index, other.round, other.milestone);
        if (!same || one.conforms == other.conforms) revert NoContradiction();
        _requireSigned(inspector, one, signatureOfOne);
        _requireSigned(inspector, other, signatureOfOther);

        emit Equivocated(one.order, one.index, inspector);
        bytes32 evidence = keccak256(abi.encode("equivocation", key, inspector));
        members.slash(inspector, members.minimumBond(), evidence, orders.treasury());
    }

    /// @inheritdoc IDisputes
    function caseOf(bytes32 order, uint32 index, uint8 round, uint8 milestone) external view returns (Case memory) {
        return _cases[_keyOf(order, index, round, milestone)];
    }

    /// @inheritdoc IDisputes
    function digestOf(Inspection calldata inspection) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(INSPECTION_TYPE, inspection)));
    }

    /// End the case: pay the jurors, punish those who stayed away, and let the order pay.
    function _decide(Matter memory matter, Case storage found, Outcome outcome, uint64 toProvider) private {
        found.outcome = outcome;
        uint64 earned = 0;
        for (uint256 seat = 0; seat < found.panel.length; ++seat) {
            Juror storage juror = found.panel[seat];
            if (!juror.opened) continue;
            earned += found.fee / uint64(PANEL);
            _release(juror.account, found.fee / uint64(PANEL));
        }
        _release(found.summoner, found.fee - earned);
        emit Decided(matter.order, matter.index, outcome, toProvider, matter.stake);
        if (outcome == Outcome.Judged || outcome == Outcome.Lapsed) _punishAbsent(matter, found);
        orders.rule(matter.order, matter.index, toProvider);
    }

    /// Take a tenth of the minimum bond of each juror who opened no vote.
    function _punishAbsent(Matter memory matter, Case storage found) private {
        for (uint256 seat = 0; seat < found.panel.length; ++seat) {
            Juror storage juror = found.panel[seat];
            if (juror.opened) continue;
            bytes32 evidence = keccak256(abi.encode("absence", _keyOf(matter), juror.account));
            members.slash(juror.account, members.minimumBond() / PENALTY_PARTS, evidence, orders.treasury());
        }
    }

    /// The panel's share in cents, with what the loser owes the summoner of the fee.
    function _bearFee(Matter memory matter, Case storage found, uint16 share) private view returns (uint64) {
        uint64 toProvider = _share(matter.stake, share);
        uint64 fee = found.fee;
        if (found.summoner == matter.provider && share > WHOLE_BPS / 2) {
            return fee < matter.stake - toProvider ? toProvider + fee : matter.stake;
        }
        if (found.summoner == matter.customer && share < WHOLE_BPS / 2) {
            return fee < toProvider ? toProvider - fee : 0;
        }
        return toProvider;
    }

    function _drawn(Matter memory matter, bytes32 seed) private view returns (address[] memory panel) {
        uint256 count = members.auditorCount();
        if (count < PANEL) revert NoPanel();
        panel = new address[](PANEL);
        uint256 seats = 0;
        for (uint256 number = 0; number < MAX_DRAWS && seats < PANEL; ++number) {
            address drawn = members.auditorAt(uint256(keccak256(abi.encode(seed, _keyOf(matter), number))) % count);
            bool party = drawn == matter.customer || drawn == matter.provider;
            bool seated = drawn == panel[0] || drawn == panel[1];
            if (!party && !seated && members.holds(drawn, AUDITOR)) panel[seats++] = drawn;
        }
        if (seats < PANEL) revert NoPanel();
    }

    function _matter(bytes32 order, uint32 index) private view returns (Matter memory) {
        IOrders.Work memory work = orders.assignmentOf(order, index);
        if (work.state != IOrders.AssignmentState.Disputed) revert NotDisputed(order, index);
        IOrders.Order memory terms = orders.orderOf(order);
        return Matter({
            order: order,
            index: index,
            round: work.round,
            milestone: work.approved,
            customer: terms.customer,
            provider: work.provider,
            stake: orders.atStake(order, index),
            since: work.since,
            window: terms.disputeSeconds
        });
    }

    function _inspectorOf(bytes32 order, uint32 index) private view returns (address) {
        IOrders.Work memory work = orders.assignmentOf(order, index);
        if (work.inspection == 0) revert NoInspector(order, index);
        IOrders.Work memory inspecting = orders.assignmentOf(order, work.inspection - 1);
        if (inspecting.round != work.inspectionRound) revert NoInspector(order, index);
        return inspecting.provider;
    }

    function _keyOf(Matter memory matter) private pure returns (bytes32) {
        return _keyOf(matter.order, matter.index, matter.round, matter.milestone);
    }

    function _keyOf(bytes32 order, uint32 index, uint8 round, uint8 milestone) private pure returns (bytes32) {
        return keccak256(abi.encode(order, index, round, milestone));
    }

    function _caseOf(Matter memory matter) private view returns (Case storage) {
        return _cases[_keyOf(matter)];
    }

    function _jurorOf(Case storage found) private view returns (Juror storage) {
        if (found.panel.length == 0) revert NotDrawn();
        for (uint256 seat = 0; seat < PANEL; ++seat) {
            if (found.panel[seat].account == msg.sender) return found.panel[seat];
        }
        revert NotJuror(msg.sender);
    }

    function _voteSeal(Matter memory matter, uint16 shareBps, bytes32 salt) private view returns (bytes32) {
        return sha256(
            abi.encodePacked(
                "guildmark/vote/1",
                block.chainid,
                address(this),
                matter.order,
                matter.index,
                matter.round,
                matter.milestone,
                msg.sender,
                shareBps,
                salt
            )
        );
    }

    function _allSealed(Case storage found) private view returns (bool) {
        for (uint256 seat = 0; seat < PANEL; ++seat) {
            if (found.panel[seat].seal == 0) return false;
        }
        return true;
    }

    function _opened(Case storage found) private view returns (uint256 votes) {
        for (uint256 seat = 0; seat < found.panel.length; ++seat) {
            if (found.panel[seat].opened) ++votes;
        }
    }

    /// The middle of three votes, the mean of two.
    function _verdict(Case storage found, uint256 votes) private view returns (uint16) {
        uint256 sum = 0;
        uint256 least = WHOLE_BPS;
        uint256 most = 0;
        for (uint256 seat = 0; seat < PANEL; ++seat) {
            if (!found.panel[seat].opened) continue;
            uint256 share = found.panel[seat].shareBps;
            sum += share;
            if (share < least) least = share;
            if (share > most) most = share;
        }
        return uint16(votes == PANEL ? sum - least - most : sum / 2);
    }

    function _requireParty(Matter memory matter) private view {
        if (msg.sender != matter.customer && msg.sender != matter.provider) revert NotParty(msg.sender);
    }

    function _requireSigned(address inspector, Inspection calldata inspection, bytes calldata signature) private view {
        bool signed = SignatureChecker.isValidSignatureNowCalldata(inspector, digestOf(inspection), signature);
        if (!signed) revert BadSignature(inspector);
    }

    /// Not after the end of this quarter of the window.
    function _requireBefore(Matter memory matter, uint256 quarter) private view {
        uint256 last = _quarter(matter, quarter);
        if (block.timestamp > last) revert TooLate(last);
    }

    function _quarter(Matter memory matter, uint256 quarter) private pure returns (uint256) {
        return matter.since + matter.window * quarter / 4;
    }

    function _share(uint64 whole, uint16 bps) private pure returns (uint64) {
        return uint64(uint256(whole) * bps / WHOLE_BPS);
    }
}
